"""Takes up replies whose owner is gone, at the start of a process and for as long as it lives.

Two steps, each a compare-and-set, so that of several processes one wins each reply: what nobody makes any more is marked
interrupted, and told so; what is marked is queued again under our claim once an engine is ready, oldest first. A database
that fails is asked again at the next look: until then the rows say the truth.

Owner: tasks of the turns' loop: `run`, and below it at most one that waits for the engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from django.db import DatabaseError

from backend.chat import orphan_rows
from backend.chat.events import MessageUpdated, publish, session_group
from backend.chat.leases import LEASE_S, Claim, Doubt
from backend.lib import clock
from backend.lib.errors import AppError
from backend.lib.storage import StorageThread
from backend.llm.service import LLMService

logger = logging.getLogger(__name__)

LOOK_S = 2.0  # how often several processes look whether one of them has died
READY_POLL_S = 0.25


class Reaper:
    """`running()`: ids of the replies that this process makes. `claim()` raises Restarting once it takes no more. `begin(id)`
    makes a reply that is ours now. `is_alone`: no other web process shares the database."""

    def __init__(
        self,
        owner: str,
        storage: StorageThread,
        *,
        is_alone: bool,
        llm: Callable[[], LLMService],
        running: Callable[[], list[int]],
        may_take_up: Callable[[], bool],
        claim: Callable[[], Claim],
        begin: Callable[[int], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._owner, self._storage, self._is_alone, self._llm = owner, storage, is_alone, llm
        self._running, self._may_take_up, self._claim = running, may_take_up, claim
        self._begin, self._spawn = begin, spawn
        self._every_s = LEASE_S if is_alone else LOOK_S
        self._doubt = Doubt(1.25 * self._every_s)
        self._called = asyncio.Event()
        self._is_resuming = False

    def look_soon(self) -> None:
        """Another process has left replies behind."""
        self._called.set()

    async def run(self) -> None:
        """The task. The first look is the caller's: `look`."""
        while True:
            with contextlib.suppress(TimeoutError):
                # Processes that started together must not look together.
                async with asyncio.timeout(self._every_s * random.uniform(0.75, 1.25)):
                    await self._called.wait()
            self._called.clear()
            await self.look()

    async def look(self) -> None:
        """Mark orphans, and see that they are taken up. Does not wait for the engine. Never raises."""
        is_in_doubt = self._doubt.is_there(clock.now())
        try:
            await self._look(is_in_doubt=is_in_doubt)
        except (AppError, DatabaseError) as error:
            logger.warning("orphans not looked for: %s", type(error).__name__)
            self._doubt.begin(clock.now())
        except Exception:
            # HAZARD: until this process is started again no reply of a dead one would be taken up by it.
            logger.exception("the look for orphans failed; it goes on")
            self._doubt.begin(clock.now())

    async def _look(self, *, is_in_doubt: bool) -> None:
        lost = await self._storage.run(
            orphan_rows.interrupt_orphans,
            self._owner,
            self._running,
            is_alone=self._is_alone,
            is_in_doubt=is_in_doubt,
        )
        has_resumable = await self._storage.run(orphan_rows.has_resumable)
        await _tell(lost)
        if has_resumable and not self._is_resuming and self._may_take_up():
            self._is_resuming = True
            self._spawn(self._resume())

    async def _resume(self) -> None:
        """Take up interrupted replies once the engine can."""
        try:
            while (await self._llm().stats()).state != "ready":  # noqa: ASYNC110 - another process's state has no event
                await asyncio.sleep(READY_POLL_S)
            taken = await self._storage.run(orphan_rows.take_up, self._claim())
            await _tell(taken)
            for row in taken:
                self._begin(row["id"])
        except (AppError, DatabaseError) as error:
            logger.warning("interrupted replies not taken up yet: %s", type(error).__name__)
        finally:
            self._is_resuming = False


async def _tell(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        await publish(session_group(row["session"]), MessageUpdated.model_validate({"message": row}))
