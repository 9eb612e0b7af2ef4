"""The places of one caller's generations outside of sessions: taken together, renewed while they run, settled at the end.

Belongs to the task that takes them. Who has no limits takes no places: only what was used is written down, at the end.
"""

from __future__ import annotations

import asyncio
import logging

from django.contrib.auth import get_user_model

from backend.lib.errors import AppError, NotAuthenticated
from backend.lib.storage import in_db
from backend.quotas import admission
from backend.quotas.limits import Limits, limits_of

logger = logging.getLogger(__name__)
RENEW_S = admission.SEAT_LIFE.total_seconds() / 3


class Seats:
    """`weight`: the user's share of the model; `max_tokens`: the most that one answer may have now, None without a limit."""

    def __init__(self, user_id: int, n: int, limits: Limits, seats: list[int], n_tokens_used: int) -> None:
        self._user_id, self._n, self._seats = user_id, n, seats
        self._is_counted = bool(seats)
        self.weight = float(limits.priority_weight)
        allowed = limits.tokens_per_day
        self.max_tokens = max(1, allowed - n_tokens_used) if allowed else None

    @classmethod
    async def take(cls, user_id: int, n: int) -> Seats:
        """Raises QuotaExceeded, NotAuthenticated (the user is gone)."""
        return await in_db(cls._take, user_id, n)

    @classmethod
    def _take(cls, user_id: int, n: int) -> Seats:
        user = get_user_model().objects.filter(pk=user_id).first()
        if user is None:
            raise NotAuthenticated
        limits = limits_of(user)
        if not limits.has_any:
            return cls(user_id, n, limits, [], 0)
        use, seats = admission.admit_seats(user, n)
        return cls(user_id, n, use.limits, seats, use.n_tokens)

    async def keep(self) -> None:
        """A task beside the generations: renews the places until cancelled. One that could not be renewed runs out by itself."""
        while self._seats:
            await asyncio.sleep(RENEW_S)
            try:
                await in_db(admission.renew, self._seats)
            except AppError as error:
                logger.warning("places of user %d not renewed: %s", self._user_id, error.code)

    async def settle(self, n_tokens: int) -> None:
        """Give the places back and write down what was used. Once; a database that is away loses the count, not the answer."""
        n_messages, self._is_counted = (0 if self._is_counted else self._n), True
        try:
            await in_db(admission.settle, self._user_id, self._seats, n_messages, n_tokens)
        except AppError as error:
            logger.warning("use of user %d not written down: %s", self._user_id, error.code)
        self._seats = []
