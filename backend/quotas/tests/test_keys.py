"""An API key's own limits: below its owner's, counted by key, refused by name, and gone with the key."""

from __future__ import annotations

import pytest
from django.db import transaction

from backend import house
from backend.accounts.models import ApiKey
from backend.lib.errors import NotAuthenticated
from backend.quotas import admission
from backend.quotas.errors import QuotaExceeded
from backend.quotas.keys import set_limits, states_of
from backend.quotas.limits import limits_of
from backend.quotas.models import DailyUse, KeyUse, Seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(user):
    return [ApiKey.objects.create(user=user, name=name, scopes=["chat"], digest=name) for name in ("one", "two")]


def admit(user, key=None, n=1):
    user.by_key_id = None if key is None else key.pk
    with transaction.atomic():
        return admission.admit(user, n)


def refusal(user, key, n=1):
    with pytest.raises(QuotaExceeded) as refused:
        admit(user, key, n)
    return refused.value


def test_it_works(user, keys):
    one, two = keys
    set_limits(one.pk, {"messages_per_day": 2})
    for _ in range(2):
        admit(user, one)
    refused = refusal(user, one)
    assert (refused.limit, refused.allowed, refused.of_key) == ("messages_per_day", 2, True)
    assert 0 < refused.retry_after_s <= 24 * 3600
    assert "This API key has used all 2 messages" in refused.text("en")
    assert refused.as_dict("ko")["detail"].startswith("이 API 키가 오늘 보낼 수 있는 메시지 2개를")
    admit(user, two)
    admit(user)
    assert DailyUse.objects.get(user=user).n_messages == 4, "who is refused is counted nowhere"
    assert dict(KeyUse.objects.values_list("key_id", "n_messages")) == {one.pk: 2, two.pk: 1}


def test_the_owner_s_limits_stand_above_a_key_s(user, keys):
    house.change({"messages_per_day_user": 1}, along=lambda changes: None)
    set_limits(keys[0].pk, {"messages_per_day": 50})
    admit(user, keys[0])
    refused = refusal(user, keys[0])
    assert (refused.allowed, refused.of_key) == (1, False)
    assert KeyUse.objects.get().n_messages == 1


def test_tokens_of_a_key_bound_its_next_answer(user, keys):
    house.change({"tokens_per_day_user": 1_000}, along=lambda changes: None)
    one = keys[0]
    set_limits(one.pk, {"tokens_per_day": 100})
    assert admit(user, one).tokens_left == 100
    admission.charge(user.pk, 70, key_id=one.pk)
    assert admission.tokens_left(limits_of(user), user.pk, one.pk) == 30
    assert admission.tokens_left(limits_of(user), user.pk) == 930
    admission.charge(user.pk, 40, key_id=one.pk)
    assert refusal(user, one).limit == "tokens_per_day"
    assert admit(user).tokens_left == 890
    used = states_of([one.pk])[one.pk]["today"]
    assert (used.n_messages, used.n_tokens) == (1, 110)


def test_places_of_a_key(user, keys):
    one, two = keys
    set_limits(one.pk, {"concurrent_turns": 1})
    user.by_key_id = one.pk
    _, seats = admission.admit_seats(user, 1)
    refused = refusal(user, one)
    assert (refused.limit, refused.of_key, refused.resets_at) == ("concurrent_turns", True, None)
    admit(user, two)
    admission.settle([admission.Due(user.pk, one.pk, tuple(seats), n_tokens=5)])
    admit(user, one)
    assert KeyUse.objects.get(key=one).n_tokens == 5


def test_a_key_that_is_deleted_leaves_its_owner_s_counts(user, keys):
    one = keys[0]
    set_limits(one.pk, {"concurrent_turns": 1})
    user.by_key_id = one.pk
    admission.admit_seats(user, 1)
    key_id = one.pk
    one.delete()
    assert Seat.objects.get().key_id is None
    admission.charge(user.pk, 5, key_id=key_id)
    assert DailyUse.objects.get().n_tokens == 5
    assert not KeyUse.objects.exists()
    user.by_key_id = key_id
    with pytest.raises(NotAuthenticated), transaction.atomic():
        admission.admit(user)
