"""The places of one caller's generations outside of sessions: taken together, renewed while they run, settled at the end.

Belongs to the task that takes them. Who has no limits takes no places: only what was used is written down, at the end.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from django.contrib.auth import get_user_model

from backend.lib.errors import AppError, NotAuthenticated
from backend.lib.storage import in_db
from backend.quotas import admission
from backend.quotas.limits import caps_of_key, limits_of

logger = logging.getLogger(__name__)
RENEW_S = admission.SEAT_LIFE.total_seconds() / 3


class Seats:
    """`weight`: the user's share of the model; `max_tokens`: the most that one answer may have now, None without a limit."""

    def __init__(self, user: Any, n: int) -> None:
        """Synchronous: `take` comes here on a database thread."""
        self._user_id, self._key_id, self._n = user.pk, user.by_key_id, n
        limits = limits_of(user)
        self.weight = float(limits.priority_weight)
        self._seats: list[int] = []
        self.max_tokens: int | None = None
        if limits.has_any or (self._key_id is not None and caps_of_key(self._key_id).has_any):
            use, self._seats = admission.admit_seats(user, n)
            self.max_tokens = use.tokens_left
        self._is_counted = bool(self._seats)

    @classmethod
    async def take(cls, user_id: int, n: int, key_id: int | None = None) -> Seats:
        """`key_id`: the API key that asks. Raises QuotaExceeded, NotAuthenticated (the user is gone)."""
        return await in_db(cls._take, user_id, n, key_id)

    @classmethod
    def _take(cls, user_id: int, n: int, key_id: int | None) -> Seats:
        user = get_user_model().objects.filter(pk=user_id).first()
        if user is None:
            raise NotAuthenticated
        user.by_key_id = key_id
        return cls(user, n)

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
            await in_db(admission.settle, self._user_id, self._seats, n_messages, n_tokens, self._key_id)
        except AppError as error:
            logger.warning("use of user %d not written down: %s", self._user_id, error.code)
        self._seats = []
