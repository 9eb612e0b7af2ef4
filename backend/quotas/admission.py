"""The one door to a model: every turn and every generation of a user passes here, whatever way it was asked for.

`admit` is part of the transaction that stores what was asked: counted and stored, or neither. The lock on the user's row of
today makes it exact: of many at the same moment, across processes, none gets past a limit. Messages and places are exact.
Tokens are known when they are made: what was used decides at the door, and `tokens_left` bounds what a turn may add.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F

from backend.lib import clock
from backend.quotas import days
from backend.quotas.errors import QuotaExceeded
from backend.quotas.limits import Limits, limits_of
from backend.quotas.models import DailyUse, Seat

SEAT_LIFE = timedelta(seconds=90)
NEAR = 0.8  # of a day's limit: from here on the user is told

_counters: list[Callable[[int], int]] = []


@dataclass(frozen=True, slots=True)
class Use:
    """Of today, after the admission."""

    limits: Limits
    n_messages: int
    n_tokens: int

    def near(self) -> list[dict[str, Any]]:
        """The daily limits of which most is used, as a warning to the user says it."""
        daily = (
            ("messages_per_day", self.n_messages, self.limits.messages_per_day),
            ("tokens_per_day", self.n_tokens, self.limits.tokens_per_day),
        )
        resets_at = days.resets_at().isoformat()
        return [
            {"limit": name, "allowed": allowed, "used": used, "resets_at": resets_at}
            for name, used, allowed in daily
            if allowed and used >= NEAR * allowed
        ]


def count_running_with(counter: Callable[[int], int]) -> None:
    """`counter(user_id)`: turns of a user that are being made, as the database has them. Of an app above this one."""
    if counter not in _counters:
        _counters.append(counter)


def admit(user: Any, n_turns: int = 1) -> Use:
    """Count `n_turns` of this User, inside the transaction that stores them. Raises QuotaExceeded: then nothing is counted."""
    assert transaction.get_connection().in_atomic_block, "what is admitted and what is stored belong together"
    limits, day = limits_of(user), days.today()
    row = DailyUse.objects.filter(user_id=user.pk, day=day)
    # The lock: whoever comes second counts what the first has stored.
    if not row.update(n_messages=F("n_messages") + n_turns):
        DailyUse.objects.bulk_create([DailyUse(user_id=user.pk, day=day)], ignore_conflicts=True)
        row.update(n_messages=F("n_messages") + n_turns)
    n_messages, n_tokens = row.values_list("n_messages", "n_tokens").get()
    if limits.messages_per_day and n_messages > limits.messages_per_day:
        raise QuotaExceeded("messages_per_day", limits.messages_per_day, days.resets_at())
    if limits.tokens_per_day and n_tokens >= limits.tokens_per_day:
        raise QuotaExceeded("tokens_per_day", limits.tokens_per_day, days.resets_at())
    if limits.concurrent_turns and n_running(user.pk) + n_turns > limits.concurrent_turns:
        raise QuotaExceeded("concurrent_turns", limits.concurrent_turns, None)
    return Use(limits, n_messages, n_tokens)


def admit_seats(user: Any, n_seats: int) -> tuple[Use, list[int]]:
    """The same for generations that no row stands for: their seats, to be renewed and given back."""
    with transaction.atomic():
        use = admit(user, n_seats)
        seats = [Seat(user_id=user.pk, expires_at=clock.now() + SEAT_LIFE) for _ in range(n_seats)]
        return use, [seat.pk for seat in Seat.objects.bulk_create(seats)]


def renew(seats: list[int]) -> None:
    Seat.objects.filter(pk__in=seats).update(expires_at=clock.now() + SEAT_LIFE)


def settle(user_id: int, seats: list[int], n_messages: int, n_tokens: int) -> None:
    """Give seats back, and add what was not counted before."""
    with transaction.atomic():
        if seats:
            Seat.objects.filter(pk__in=seats).delete()
        charge(user_id, n_tokens, n_messages)


def n_running(user_id: int) -> int:
    """Turns and generations of a user that are being made, in all processes."""
    seated = Seat.objects.filter(user_id=user_id, expires_at__gt=clock.now()).count()
    return seated + sum(counter(user_id) for counter in _counters)


def charge(user_id: int, n_tokens: int, n_messages: int = 0) -> None:
    """Add what was read and written for a user. He may have been erased meanwhile: then there is nothing to do."""
    if n_tokens <= 0 and n_messages <= 0:
        return
    day = days.today()
    more = {"n_tokens": F("n_tokens") + max(0, n_tokens), "n_messages": F("n_messages") + max(0, n_messages)}
    row = DailyUse.objects.filter(user_id=user_id, day=day)
    if row.update(**more) or not get_user_model().objects.filter(pk=user_id).exists():
        return
    DailyUse.objects.bulk_create([DailyUse(user_id=user_id, day=day)], ignore_conflicts=True)
    row.update(**more)


def tokens_left(limits: Limits, user_id: int) -> int | None:
    """What one more answer may have; None: no limit. At least 1."""
    if not limits.tokens_per_day:
        return None
    used = DailyUse.objects.filter(user_id=user_id, day=days.today()).values_list("n_tokens", flat=True).first() or 0
    return max(1, limits.tokens_per_day - used)
