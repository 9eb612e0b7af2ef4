"""Keeps an eye on the live replies one socket shows: channel layers lose messages, also the last one of a reply.

A reply of which nothing was heard for `silence_s` is looked up: `look(id)` mends what was missed. Owned by its consumer;
sleeps without a timer while nothing is live. Monotonic time only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from backend.lib.clock import monotonic_s
from backend.lib.errors import AppError

logger = logging.getLogger(__name__)

SILENCE_S = 4.0


class Vigil:
    def __init__(self, look: Callable[[int], Awaitable[None]], silence_s: float = SILENCE_S) -> None:
        self._look, self._silence_s = look, silence_s
        self._heard_s: dict[int, float] = {}
        self._task: asyncio.Task[None] | None = None

    def heard(self, message_id: int) -> None:
        """Something came of this live reply."""
        self._heard_s[message_id] = monotonic_s()
        if self._task is None:
            self._task = asyncio.create_task(self._watch())

    def ended(self, message_id: int) -> None:
        self._heard_s.pop(message_id, None)

    def restart(self, message_ids: Iterable[int]) -> None:
        """Exactly these are live now."""
        self._heard_s.clear()
        for message_id in message_ids:
            self.heard(message_id)

    def when(self, message_id: int) -> float | None:
        """When it was last heard of: the same again means that nothing came in between."""
        return self._heard_s.get(message_id)

    def close(self) -> None:
        self._heard_s.clear()
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        while self._heard_s:
            await asyncio.sleep(self._silence_s)
            since_s = monotonic_s() - self._silence_s
            for message_id in [message_id for message_id, at_s in self._heard_s.items() if at_s <= since_s]:
                try:
                    await self._look(message_id)
                except AppError:
                    continue  # the database is away: looked at again
                except Exception:
                    logger.exception("reply %d could not be looked at; tried again", message_id)
        self._task = None
