"""Limits: who has which, what counts, that nobody gets past one, and what he hears who tries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from backend import house
from backend.lib import clock
from backend.quotas import admission, days
from backend.quotas.errors import QuotaExceeded
from backend.quotas.limits import limits_of
from backend.quotas.models import DailyUse, Seat, UserLimits
from backend.quotas.state import state_of

pytestmark = pytest.mark.django_db


def limit(**values):
    house.change(values, along=lambda changes: None)


def admit(user, n=1):
    with transaction.atomic():
        return admission.admit(user, n)


def refusal(user, n=1):
    with pytest.raises(QuotaExceeded) as refused:
        admit(user, n)
    return refused.value


def test_it_works(user):
    limit(messages_per_day_user=2)
    assert admit(user).n_messages == 1
    assert admit(user).n_messages == 2
    refused = refusal(user)
    assert (refused.limit, refused.allowed, refused.http_status) == ("messages_per_day", 2, 429)
    assert DailyUse.objects.get(user=user).n_messages == 2, "who is refused is not counted"


def test_a_user_s_own_limits_stand_above_his_role_s_and_zero_is_none(user, staff, admin):
    limit(messages_per_day_user=2, messages_per_day_staff=3, priority_weight_admin=5)
    assert [limits_of(who).messages_per_day for who in (user, staff, admin)] == [2, 3, 0]
    assert limits_of(admin).priority_weight == 5
    UserLimits.objects.create(user=user, messages_per_day=0, priority_weight=7)
    assert (limits_of(user).messages_per_day, limits_of(user).priority_weight) == (0, 7)
    assert limits_of(user).tokens_per_day == 0


def test_the_refusal_says_when_it_begins_anew_in_the_house_s_time_zone(user):
    limit(messages_per_day_user=1, time_zone="Asia/Seoul")
    admit(user)
    body = refusal(user).as_dict("ko")
    assert (body["code"], body["limit"], body["allowed"]) == ("quota_exceeded", "messages_per_day", 1)
    assert body["resets_at"].endswith("T00:00:00+09:00")
    assert 0 < body["retry_after_s"] <= 24 * 3600
    assert "00:00 (KST)에 다시 시작됩니다" in body["detail"]


def test_the_next_day_begins_anew(user, monkeypatch):
    limit(messages_per_day_user=1)
    admit(user)
    refusal(user)
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert admit(user).n_messages == 1
    assert days.resets_at() > tomorrow


def test_tokens_that_were_used_count_against_the_day(user):
    limit(tokens_per_day_user=100)
    admit(user)
    assert admission.tokens_left(limits_of(user), user.pk) == 100
    admission.charge(user.pk, 60)
    assert admission.tokens_left(limits_of(user), user.pk) == 40
    admission.charge(user.pk, 60)
    assert refusal(user).limit == "tokens_per_day"
    assert admission.tokens_left(limits_of(user), user.pk) == 1


def test_places_are_counted_with_what_other_apps_run_and_are_given_back(user):
    limit(concurrent_turns_user=2)
    _, seats = admission.admit_seats(user, 2)
    refused = refusal(user)
    assert (refused.limit, refused.resets_at, refused.retry_after_s) == ("concurrent_turns", None, 5)
    admission.settle([admission.Due(user.pk, seats=tuple(seats), n_tokens=10)])
    admit(user)
    assert DailyUse.objects.get(user=user).n_tokens == 10


def test_a_place_whose_process_died_runs_out(user):
    limit(concurrent_turns_user=1)
    admission.admit_seats(user, 1)
    refusal(user)
    Seat.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    admit(user)


def test_a_warning_comes_near_the_end(user):
    limit(messages_per_day_user=5)
    assert [len(admit(user).near()) for _ in range(5)] == [0, 0, 0, 1, 1]


def test_who_was_erased_meanwhile_is_not_charged(user):
    admission.charge(user.pk + 1_000, 5)
    assert not DailyUse.objects.exists()


def test_what_one_sees_of_it(api, user):
    limit(messages_per_day_user=5, upload_max_mib_user=3)
    admit(user)
    body = api(user).get("/api/quota/").json()
    assert body["messages_per_day"] == {"allowed": 5, "used": 1}
    assert body["upload_max_bytes"] == 3 * 1024 * 1024
    assert body == state_of(user)
