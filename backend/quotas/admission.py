"""The one door to a model: every turn and every generation of a user passes here, whatever way it was asked for.

`admit` is part of the transaction that stores what was asked: counted and stored, or neither. The lock on the user's row of
today makes it exact: of many at the same moment, across processes, none gets past a limit. Messages and places are exact.
What came by an API key (`user.by_key_id`) counts for its owner and for the key, whose own limits stand below his.
Tokens are known when they are made: what was used decides at the door, and `tokens_left` bounds what a turn may add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from backend.lib import clock
from backend.lib.errors import NotAuthenticated
from backend.lib.prepared import Prepared, PreparedUpdate
from backend.quotas import days
from backend.quotas.errors import QuotaExceeded
from backend.quotas.limits import Caps, Limits, caps_of_key, limits_of
from backend.quotas.models import DailyUse, KeyUse, Seat

SEAT_LIFE = timedelta(seconds=90)
NEAR = 0.8  # of a day's limit: from here on the user is told

_COUNTS = ("n_messages", "n_tokens")
_USED = Prepared(lambda day, id: DailyUse.objects.filter(day=day, user_id=id).values_list(*_COUNTS), date, int)
_USED_BY_KEY = Prepared(lambda day, id: KeyUse.objects.filter(day=day, key_id=id).values_list(*_COUNTS), date, int)


def _counting(rows: Callable[[date, int], models.QuerySet[Any, Any]]) -> PreparedUpdate:
    """Values: messages, tokens, day, whose."""
    return PreparedUpdate(
        lambda n_messages, n_tokens, day, id: (
            rows(day, id),
            # What was held may have been held yesterday: there is nothing to take it from then.
            {"n_messages": F("n_messages") + n_messages, "n_tokens": Greatest(F("n_tokens") + n_tokens, 0)},
        ),
        int, int, date, int,
    )  # fmt: skip


_COUNTED = _counting(lambda day, id: DailyUse.objects.filter(day=day, user_id=id))
_COUNTED_BY_KEY = _counting(lambda day, id: KeyUse.objects.filter(day=day, key_id=id))

_counters: list[Callable[[int, int | None], int]] = []


@dataclass(frozen=True, slots=True)
class Use:
    """Of today, after the admission. `tokens_left`: what one more answer may have, None without a limit."""

    limits: Limits
    n_messages: int
    n_tokens: int
    tokens_left: int | None

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


def count_running_with(counter: Callable[[int, int | None], int]) -> None:
    """`counter(user_id, key_id)`: turns of a user that are being made, as the database has them; with a key those that it
    asked for. Of an app above this one."""
    if counter not in _counters:
        _counters.append(counter)


def admit(user: Any, n_turns: int = 1) -> Use:
    """Count `n_turns` of this User, inside the transaction that stores them. Raises QuotaExceeded: then nothing is counted."""
    assert transaction.get_connection().in_atomic_block, "what is admitted and what is stored belong together"
    limits, key_id = limits_of(user), user.by_key_id
    n_messages, n_tokens = _counted(_Whose(user.pk), limits, n_turns)
    lefts = [_left(limits, n_tokens)]
    if key_id is not None:
        caps = caps_of_key(key_id)
        _, n_by_key = _counted(_Whose(user.pk, key_id), caps, n_turns)
        lefts.append(_left(caps, n_by_key))
    return Use(limits, n_messages, n_tokens, _least(lefts))


def admit_seats(user: Any, n_seats: int) -> tuple[Use, list[int]]:
    """The same for generations that no row stands for: their seats, to be renewed and given back."""
    with transaction.atomic():
        use = admit(user, n_seats)
        until = clock.now() + SEAT_LIFE
        seats = [Seat(user_id=user.pk, key_id=user.by_key_id, expires_at=until) for _ in range(n_seats)]
        return use, [seat.pk for seat in Seat.objects.bulk_create(seats)]


def admit_reading(user: Any, n_tokens: int) -> None:
    """For what is read and not answered: hold `n_tokens`, the most it can be, until `settle` puts the true count in their place.

    Whoever comes meanwhile counts them, so that many at the same moment get no further than one after the other. A limit may be
    crossed by the last that was let in, as by an answer. Raises QuotaExceeded, NotAuthenticated.
    """
    with transaction.atomic():
        for whose, caps, is_keys in _askers(user):
            if not whose.add(0, n_tokens):
                raise NotAuthenticated
            if caps.tokens_per_day and whose.used()[1] - n_tokens >= caps.tokens_per_day:
                raise QuotaExceeded("tokens_per_day", caps.tokens_per_day, days.resets_at(), of_key=is_keys)


def _askers(user: Any) -> list[tuple[_Whose, Caps, bool]]:
    """The user and, where he came by one, his key."""
    askers: list[tuple[_Whose, Caps, bool]] = [(_Whose(user.pk), limits_of(user), False)]
    if user.by_key_id is not None:
        askers.append((_Whose(user.pk, user.by_key_id), caps_of_key(user.by_key_id), True))
    return askers


def renew(seats: list[int]) -> None:
    Seat.objects.filter(pk__in=seats).update(expires_at=clock.now() + SEAT_LIFE)


@dataclass(frozen=True, slots=True)
class Due:
    """What is left of an answer that has ended: seats to give back, and what was not counted before (less: held too much)."""

    user_id: int
    key_id: int | None = None
    seats: tuple[int, ...] = ()
    n_messages: int = 0
    n_tokens: int = 0


def settle(dues: Iterable[Due]) -> None:
    """In one transaction, each user's and each key's row once. In order, so that of two who settle none waits for the other."""
    sums: dict[tuple[int, int], list[int]] = {}
    seats: list[int] = []
    for due in dues:
        seats += due.seats
        added = sums.setdefault((due.user_id, due.key_id or 0), [0, 0])
        added[:] = added[0] + due.n_messages, added[1] + due.n_tokens
    with transaction.atomic():
        if seats:
            Seat.objects.filter(pk__in=seats).delete()
        for (user_id, key_id), (n_messages, n_tokens) in sorted(sums.items()):
            charge(user_id, n_tokens, n_messages, key_id or None)


def n_running(user_id: int, key_id: int | None = None) -> int:
    """Turns and generations of a user (of one of his keys) that are being made, in all processes."""
    seated = Seat.objects.filter(user_id=user_id, expires_at__gt=clock.now())
    if key_id is not None:
        seated = seated.filter(key_id=key_id)
    return seated.count() + sum(counter(user_id, key_id) for counter in _counters)


def charge(user_id: int, n_tokens: int, n_messages: int = 0, key_id: int | None = None) -> None:
    """Add what was read and written for a user. He, or the key, may have been erased meanwhile: then there is nothing to do."""
    if not n_tokens and not n_messages:
        return
    for whose in (_Whose(user_id), *([] if key_id is None else [_Whose(user_id, key_id)])):
        whose.add(n_messages, n_tokens)


def tokens_left(limits: Limits, user_id: int, key_id: int | None = None) -> int | None:
    """What one more answer may have; None: no limit. At least 1."""
    who: list[tuple[_Whose, Caps]] = [(_Whose(user_id), limits)]
    if key_id is not None:
        who.append((_Whose(user_id, key_id), caps_of_key(key_id)))
    return _least(_left(caps, whose.used()[1]) for whose, caps in who if caps.tokens_per_day)


class _Whose:
    """The row of today of a user, or of one of his keys."""

    def __init__(self, user_id: int, key_id: int | None = None) -> None:
        self.user_id, self.key_id = user_id, key_id
        self._rows: type[DailyUse] | type[KeyUse] = DailyUse if key_id is None else KeyUse
        self._row = {"day": days.today(), **({"user_id": user_id} if key_id is None else {"key_id": key_id})}

    def add(self, n_messages: int, n_tokens: int = 0) -> bool:
        """And lock the row until the transaction ends. False when the user or the key is gone."""
        counted = _COUNTED if self.key_id is None else _COUNTED_BY_KEY
        more = (n_messages, n_tokens, self._row["day"], self.key_id or self.user_id)
        if counted.run(*more):
            return True
        if not self._is_there():
            return False
        self._rows.objects.bulk_create([self._rows(**self._row)], ignore_conflicts=True)  # type: ignore[list-item]
        return bool(counted.run(*more))

    def used(self) -> tuple[int, int]:
        """(messages, tokens)."""
        rows = _USED_BY_KEY if self.key_id is not None else _USED
        found = rows.tuples(self._row["day"], self.key_id or self.user_id)
        return (found[0][0], found[0][1]) if found else (0, 0)

    def _is_there(self) -> bool:
        """And stays until the transaction ends, so that a row may refer to it."""
        model = get_user_model() if self.key_id is None else apps.get_model("accounts", "ApiKey")
        there = model._default_manager.filter(pk=self.key_id or self.user_id)
        return there.select_for_update(no_key=True).values_list("pk").first() is not None


def _counted(whose: _Whose, caps: Caps, n_turns: int) -> tuple[int, int]:
    """(messages, tokens) of today with these. Whoever comes second counts what the first has stored: `add` locks."""
    if not whose.add(n_turns):
        raise NotAuthenticated
    n_messages, n_tokens = whose.used()
    at, is_keys = days.resets_at(), whose.key_id is not None
    if caps.messages_per_day and n_messages > caps.messages_per_day:
        raise QuotaExceeded("messages_per_day", caps.messages_per_day, at, of_key=is_keys)
    if caps.tokens_per_day and n_tokens >= caps.tokens_per_day:
        raise QuotaExceeded("tokens_per_day", caps.tokens_per_day, at, of_key=is_keys)
    if caps.concurrent_turns and n_running(whose.user_id, whose.key_id) + n_turns > caps.concurrent_turns:
        raise QuotaExceeded("concurrent_turns", caps.concurrent_turns, None, of_key=is_keys)
    return n_messages, n_tokens


def _left(caps: Caps, n_tokens: int) -> int | None:
    return max(1, caps.tokens_per_day - n_tokens) if caps.tokens_per_day else None


def _least(lefts: Iterable[int | None]) -> int | None:
    return min((left for left in lefts if left is not None), default=None)
