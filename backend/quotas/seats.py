"""The places of one caller's generations outside of sessions: taken together, renewed while they run, settled at the end.

Belongs to the task that takes them. Who has no limits takes no places: only what was used is written down, at the end.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from backend.lib.errors import AppError
from backend.lib.storage import in_db
from backend.quotas import admission
from backend.quotas.admission import Due
from backend.quotas.ledger import ledger
from backend.quotas.limits import Limits, all_of

logger = logging.getLogger(__name__)
RENEW_S = admission.SEAT_LIFE.total_seconds() / 3


class Seats:
    """`weight`: the user's share of the model; `max_tokens`: the most that one answer may have now, None without a limit."""

    def __init__(self, user: Any, limits: Limits, n: int) -> None:
        self._user_id, self._key_id, self._n = user.pk, user.by_key_id, n
        self.weight = float(limits.priority_weight)
        self.max_tokens: int | None = None
        self._seats: list[int] = []

    @classmethod
    async def take(cls, user: Any, n: int) -> Seats:
        """Asks the database only for what was not read together with the User. Raises QuotaExceeded, NotAuthenticated."""
        limits, caps = await all_of(user)
        made = cls(user, limits, n)
        if limits.has_any or caps.has_any:
            use, made._seats = await in_db(admission.admit_seats, user, n)
            made.max_tokens = use.tokens_left
        return made

    async def keep(self) -> None:
        """A task beside the generations: renews the places until cancelled. One that could not be renewed runs out by itself."""
        while self._seats:
            await asyncio.sleep(RENEW_S)
            try:
                await in_db(admission.renew, self._seats)
            except AppError as error:
                logger.warning("places of user %d not renewed: %s", self._user_id, error.code)

    async def settle(self, n_tokens: int) -> None:
        """Give the places back and write down what was used. Once."""
        n_messages, self._n = (0 if self._seats else self._n), 0
        seats, self._seats = tuple(self._seats), []
        await ledger().write(Due(self._user_id, self._key_id, seats, n_messages, n_tokens))
