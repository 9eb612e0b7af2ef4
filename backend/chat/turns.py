"""Owns every running reply of this process.

One task per reply (turn.py), one journal, one reaper, one ear on the channel layer (`turns.<owner>`), all made by `_bind` in
the event loop that first started something. Other threads and loops may call `start`; everything else belongs to that loop.
Talks to clients only through events. Must not import consumers, views or actions.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from django.conf import settings

from backend.chat import turn_rows
from backend.chat.ear import Ear, ask_to_stop, tell_decision, tell_of_orphans
from backend.chat.errors import Restarting
from backend.chat.events import AiComplete, LiveText, publish, session_group
from backend.chat.journal import Journal
from backend.chat.leases import Claim, claim, process_name
from backend.chat.pace import Pace
from backend.chat.reaper import Reaper
from backend.chat.turn import Turn
from backend.lib.errors import AppError
from backend.lib.shared_counts import get_counts
from backend.lib.storage import StorageThread, urgently
from backend.llm.service import LLMService, get_service

__all__ = ["Claim", "Turns", "get_turns", "use_turns"]

logger = logging.getLogger(__name__)

LIVE = "live replies"  # key of the shared counts
STOP_S = 2.0  # how long another process has to end its reply before it is ended over its head
POLL_S = 0.2
SETTLE_S = 5.0  # for stops and final writes at a drain


class Turns:
    """`is_alone`: no other web process shares the database, so live replies that are not ours are orphans."""

    def __init__(self, *, is_alone: bool = True, llm: Callable[[], LLMService] = get_service) -> None:
        self.owner = process_name()
        self._is_alone, self._llm = is_alone, llm
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns: dict[int, Turn] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_draining = False

    # --- for actions and consumers -----------------------------------------------------------------------------------

    def claim(self) -> Claim:
        """What a new live row says of its owner. Raises Restarting while this process shuts down."""
        if self._is_draining:
            raise Restarting(retry_after_s=3)
        return claim(self.owner)

    def start(self, reply_id: int) -> None:
        """Generate the reply of this row, which carries our claim. Returns at once; from any thread."""
        self._bind()
        assert self._loop is not None
        try:
            is_home = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            is_home = False
        if is_home:
            self._begin(reply_id)
        else:
            self._loop.call_soon_threadsafe(self._begin, reply_id)

    async def stop(self, reply_id: int) -> None:
        """End a reply, wherever it is made, and keep its text; returns when that is stored (or nothing more can be done)."""
        self._bind()
        turn = self._turns.get(reply_id)
        if turn is not None:
            turn.end("stopped")
            await self._ended(turn, SETTLE_S)
            return
        owner = await self._storage.run(turn_rows.owner_of_live, reply_id)
        if owner and owner != self.owner:
            await ask_to_stop(owner, reply_id)
            if await self.wait(reply_id, timeout_s=STOP_S):
                return
        row = await self._storage.run(urgently(turn_rows.force_stop), reply_id)
        if row is not None:
            await publish(session_group(row["session"]), AiComplete.model_validate({"message": row}))

    async def decide(self, reply_id: int, call_id: str, is_approved: bool) -> bool:
        """The user's word on a call of a tool. False when that call does not wait for it; who makes the reply elsewhere
        is told, and passes over what comes too late."""
        self._bind()
        if turn := self._turns.get(reply_id):
            return turn.decide(call_id, is_approved)
        owner = await self._storage.run(turn_rows.owner_of_live, reply_id)
        if not owner or owner == self.owner:
            return False
        await tell_decision(owner, reply_id, call_id, is_approved)
        return True

    def tool_calls(self, reply_id: int) -> list[dict[str, Any]]:
        """Those of a reply that is made in this process."""
        turn = self._turns.get(reply_id)
        return turn.tool_calls if turn else []

    def abandon(self, reply_ids: Iterable[int]) -> None:
        """End replies whose rows are gone."""
        for reply_id in reply_ids:
            if turn := self._turns.get(reply_id):
                turn.end("abandoned")

    def get(self, reply_id: int) -> LiveText | None:
        """The text so far of a reply that is made in this process, and surely in no other."""
        turn = self._turns.get(reply_id)
        return turn.live_text if turn and turn.session_id and self._journal.may_tell(reply_id) else None

    def live(self, session_id: int) -> dict[int, LiveText]:
        """The same for all replies of a session."""
        ours = [turn.reply_id for turn in self._turns.values() if turn.session_id == session_id]
        return {reply_id: found for reply_id in ours if (found := self.get(reply_id)) is not None}

    def all(self) -> list[Turn]:
        """Of this process, oldest first."""
        return list(self._turns.values())

    @property
    def n_live(self) -> int:
        return len(self._turns)

    async def wait(self, reply_id: int, timeout_s: float | None = None) -> bool:
        """Whether the reply has ended, wherever it is made, within the time."""
        self._bind()
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    if turn := self._turns.get(reply_id):
                        await turn.ended.wait()
                    if await self._storage.run(turn_rows.owner_of_live, reply_id) is None:
                        return True
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            return False

    # --- the life of the process -------------------------------------------------------------------------------------

    async def recover(self) -> None:
        """At start: take up what a dead process left, now and for as long as we live. Does not wait for the engine."""
        self._bind()
        await self._reaper.look()
        self._spawn(self._reaper.run())

    async def drain(self, timeout_s: float) -> None:
        """Take no more, let replies end for `timeout_s`, then store what the others have: the next process goes on.

        Whoever waits for a reply still hears of its end; `close` comes when they have answered.
        """
        self._is_draining = True
        await self._all_ended(timeout_s)
        for turn in self._turns.values():
            turn.end("drained")
        if not await self._all_ended(SETTLE_S):
            logger.warning("%d replies are as the journal left them", len(self._turns))
        await tell_of_orphans()

    async def close(self) -> None:
        """End all tasks as they are; rows stay as the journal left them."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._loop is not None:
            for thread in (self._storage, self._reading, self._journaling):
                await thread.close()
            self._loop = None

    # --- within ------------------------------------------------------------------------------------------------------

    def _bind(self) -> None:
        """Belong to the running loop, unless another one that still runs has us."""
        if self._loop is not None and self._loop.is_running():
            return
        self._loop = asyncio.get_running_loop()
        self._turns.clear()
        self._tasks.clear()
        self._storage = StorageThread("turns", gives_way=True)
        self._reading = StorageThread("turns_reading", gives_way=True)
        # HAZARD: behind the ends of a hundred replies, or their beginnings, the journal came seconds late.
        self._journaling = StorageThread("journal")
        self._pace = Pace()
        self._journal = Journal(self.owner, self._journaling, on_lost=self._lose, on_trouble=self._tell_all)
        self._spawn(self._journal.run())
        self._reaper = Reaper(
            self.owner,
            self._storage,
            is_alone=self._is_alone,
            llm=self._llm,
            running=lambda: list(self._turns),
            may_take_up=lambda: not self._is_draining,
            claim=self.claim,
            begin=self._begin,
            spawn=self._spawn,
        )
        look = self._reaper.look_soon
        ear = Ear(self.owner, stop=self._stop_ours, decide=self._decide_ours, text=self.get, look=look)
        self._spawn(ear.run())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # HAZARD: in a request's context a task would inherit its ThreadSensitiveContext and die with the request.
        assert self._loop is not None
        task = self._loop.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task of the turns failed", exc_info=error)

    def _begin(self, reply_id: int) -> None:
        if reply_id not in self._turns:
            turn = self._turns[reply_id] = Turn(
                reply_id,
                owner=self.owner,
                llm=self._llm,
                storage=self._storage,
                reading=self._reading,
                wait_for=self._wait_for_earlier,
                may_tell=self._journal.may_tell,
                later=self._spawn,
                pace=self._pace,
            )
            self._journal.watch(turn)  # from now on: its rows may have to wait to be read
            self._spawn(self._run(turn))

    async def _run(self, turn: Turn) -> None:
        get_counts().add(LIVE, "all", 1)
        try:
            await turn.run()
        finally:
            get_counts().add(LIVE, "all", -1)
            self._journal.forget(turn.reply_id)
            self._turns.pop(turn.reply_id, None)

    async def _wait_for_earlier(self, reply_id: int) -> None:
        await self.wait(reply_id)

    async def _ended(self, turn: Turn, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await turn.ended.wait()
        except TimeoutError:
            logger.warning("reply %d is not stored yet", turn.reply_id)

    async def _all_ended(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                while self._turns:
                    await next(iter(self._turns.values())).ended.wait()
                    await asyncio.sleep(0)  # let its task take it off the list
        except TimeoutError:
            return False
        return True

    def _stop_ours(self, reply_id: int) -> None:
        if turn := self._turns.get(reply_id):
            turn.end("stopped")

    def _decide_ours(self, reply_id: int, call_id: str, is_approved: bool) -> None:
        if turn := self._turns.get(reply_id):
            turn.decide(call_id, is_approved)

    def _lose(self, reply_id: int) -> None:
        if turn := self._turns.get(reply_id):
            turn.end("abandoned")

    def _tell_all(self, error: AppError) -> None:
        for turn in self._turns.values():
            self._spawn(turn.say(error))


_turns: Turns | None = None


def get_turns() -> Turns:
    """The one of this process."""
    global _turns
    if _turns is None:
        _turns = Turns(is_alone=not settings.MARU.redis_url)
    return _turns


def use_turns(turns: Turns | None) -> None:
    """Put another one in place (tests)."""
    global _turns
    _turns = turns
