"""Makes the text of live replies durable: every 250 ms ONE transaction for all of them, which also renews their leases.

Owner: one task of the event loop of the turns; the writing happens in a database thread of its own. A database that fails is
tried again at the next tick and never ends a reply: the text is in memory meanwhile, and viewers see it grow.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from backend.chat import turn_rows
from backend.chat.leases import LEASE_S, claim
from backend.lib import metrics
from backend.lib.clock import monotonic_s
from backend.lib.errors import AppError
from backend.lib.storage import StorageThread

logger = logging.getLogger(__name__)

TICK_S = 0.25
AFTER_FAULT_S = 1.0


class Journaled(Protocol):
    """What the journal sees of a turn."""

    @property
    def reply_id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def status(self) -> str: ...


class Journal:
    """`on_lost(id)`: the reply is no longer ours (stopped elsewhere, deleted). `on_trouble(error)`: writing has failed,
    told once until it works again."""

    def __init__(
        self,
        owner: str,
        storage: StorageThread,
        *,
        on_lost: Callable[[int], None],
        on_trouble: Callable[[AppError], None],
        clock: Callable[[], float] = monotonic_s,
    ) -> None:
        self._owner, self._storage, self._clock = owner, storage, clock
        self._on_lost, self._on_trouble = on_lost, on_trouble
        self._live: dict[int, Journaled] = {}
        self._written: dict[int, tuple[int, str]] = {}  # id → (length, status): text only grows
        self._renewed_s: dict[int, float] = {}
        self._arrived = asyncio.Event()
        self._is_in_trouble = False
        self._waits_since_s: float | None = None

    def watch(self, turn: Journaled) -> None:
        """Begin to keep this reply. Its row exists, with a fresh lease."""
        self._live[turn.reply_id] = turn
        self._written[turn.reply_id] = (len(turn.text), turn.status)
        self._renewed_s[turn.reply_id] = self._clock()
        self._arrived.set()

    def may_tell(self, reply_id: int) -> bool:
        """Whether the reply is surely ours: within its lease. Where the database is away nobody else can take it, either."""
        renewed_s = self._renewed_s.get(reply_id)
        return renewed_s is not None and (self._is_in_trouble or self._clock() - renewed_s < LEASE_S)

    def forget(self, reply_id: int) -> None:
        self._live.pop(reply_id, None)
        self._written.pop(reply_id, None)
        self._renewed_s.pop(reply_id, None)

    async def run(self) -> None:
        """The task. Sleeps without a timer while no reply is live."""
        while True:
            if not self._live:
                self._arrived.clear()
                await self._arrived.wait()
            await asyncio.sleep(TICK_S)
            try:
                await self.write()
            except AppError:
                continue  # told by `write`
            except Exception:
                # HAZARD: no reply would keep its lease any more until this process is started again.
                logger.exception("the journal failed; it goes on")
                await asyncio.sleep(AFTER_FAULT_S)

    async def write(self) -> None:
        """One tick. Raises StorageFull or Unavailable; what was not written stays to be written."""
        now_s = self._clock()
        texts = [
            (turn.reply_id, turn.text, turn.status)
            for turn in self._live.values()
            if self._written[turn.reply_id] != (len(turn.text), turn.status)
        ]
        due = [reply_id for reply_id, at_s in self._renewed_s.items() if now_s - at_s > LEASE_S / 3]
        if not texts and not due:
            return
        try:
            lost = await self._storage.run(turn_rows.write_texts, texts, due, claim(self._owner))
        except AppError as error:
            if not self._is_in_trouble:
                logger.warning("journal: %s (tried again every %d ms)", error.code, TICK_S * 1000)
                self._on_trouble(error)
            self._waits_since_s = self._waits_since_s or now_s
            metrics.journal_lag.set(self._clock() - self._waits_since_s)
            self._is_in_trouble = True
            raise
        self._is_in_trouble, self._waits_since_s = False, None
        metrics.journal_lag.set(self._clock() - now_s)
        self._note(texts, due, now_s)
        for reply_id in lost & self._live.keys():
            self._on_lost(reply_id)

    def _note(self, texts: Iterable[tuple[int, str, str]], due: Iterable[int], now_s: float) -> None:
        for reply_id, text, status in texts:
            if reply_id in self._live:
                self._written[reply_id] = (len(text), status)
                self._renewed_s[reply_id] = now_s
        for reply_id in due:
            if reply_id in self._live:
                self._renewed_s[reply_id] = now_s
