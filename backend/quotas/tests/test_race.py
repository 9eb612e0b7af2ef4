"""A hundred at the same moment: not one gets past a limit, on SQLite as on Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction

from backend import house
from backend.accounts.models import ApiKey, User
from backend.quotas import admission
from backend.quotas.errors import QuotaExceeded
from backend.quotas.keys import set_limits
from backend.quotas.models import DailyUse, KeyUse, Seat

N, ALLOWED = 100, 7
N_THREADS = 16

pytestmark = pytest.mark.django_db(transaction=True)


def storm(user: User, attempt) -> int:
    """How many of N attempts at once got through."""
    start = Barrier(N_THREADS)

    def one(_n: int) -> bool:
        try:
            attempt(user)
            return True
        except QuotaExceeded:
            return False
        finally:
            connections.close_all()

    def begin() -> None:
        start.wait(timeout=30)

    with ThreadPoolExecutor(N_THREADS, initializer=begin) as pool:
        return sum(pool.map(one, range(N)))


def counted(user: User) -> None:
    with transaction.atomic():
        admission.admit(user)


def seated(user: User) -> None:
    admission.admit_seats(user, 1)


def test_messages_of_a_day(user):
    house.change({"messages_per_day_user": ALLOWED}, along=lambda changes: None)
    assert storm(user, counted) == ALLOWED
    assert DailyUse.objects.get(user=user).n_messages == ALLOWED


def test_places(user):
    house.change({"concurrent_turns_user": ALLOWED}, along=lambda changes: None)
    assert storm(user, seated) == ALLOWED
    assert Seat.objects.filter(user=user).count() == ALLOWED


def test_what_is_read(user):
    """Of a day of seven readings a hundred at once get seven, as one after the other would."""
    house.change({"tokens_per_day_user": ALLOWED * 100}, along=lambda changes: None)
    assert storm(user, lambda who: admission.admit_reading(who, 100)) == ALLOWED
    assert DailyUse.objects.get(user=user).n_tokens == ALLOWED * 100


def test_messages_of_a_key(user):
    key = ApiKey.objects.create(user=user, name="script", scopes=["chat"], digest="d")
    set_limits_of(key, messages_per_day=ALLOWED)
    user.by_key_id = key.pk
    assert storm(user, counted) == ALLOWED
    assert (KeyUse.objects.get().n_messages, DailyUse.objects.get(user=user).n_messages) == (ALLOWED, ALLOWED)


def test_places_of_a_key(user):
    key = ApiKey.objects.create(user=user, name="script", scopes=["chat"], digest="d")
    set_limits_of(key, concurrent_turns=ALLOWED)
    user.by_key_id = key.pk
    assert storm(user, seated) == ALLOWED
    assert Seat.objects.filter(key=key).count() == ALLOWED


def set_limits_of(key: ApiKey, **limits: int) -> None:
    with transaction.atomic():
        set_limits(key.pk, limits)


def test_it_must_be_asked_inside_of_the_transaction_that_stores(user):
    with pytest.raises(AssertionError):
        admission.admit(user)
