"""The life of one running reply: from its row in the queue to its stored end.

  taken      its rows are read (turn_job.py); only now can viewers be told of it
  made       engines write (turn_generation.py) its text, which goes out meanwhile (turn_text.py)
  stored     the end, in one transaction; compare-and-set, so that of two owners one stores
  told       the end, to its viewers (turn_viewers.py); never before it is stored
  named      the model is asked for a title, when nobody waits any more

Owner: one asyncio task (`run`), the sole writer of the reply's text and status in this process. Two tasks below it, both over
before `run` is: the generation, which `end` cancels, and the publisher, which is not cancelled but closed, so that what was let
out is seen. Talks to viewers only through events, to the engine only through LLMService. Knows no sockets: a reply outlives
whoever asked for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from backend.chat import turn_job, turn_rows
from backend.chat.conversation_log import get_log
from backend.chat.events import LiveText
from backend.chat.pace import Pace
from backend.chat.titling import TITLELESS_ENGINES, model_title
from backend.chat.tool_calls import NotOurs
from backend.chat.turn_ending import End, Outcome, ending_of
from backend.chat.turn_generation import Generation, Gone
from backend.chat.turn_job import Job
from backend.chat.turn_log import log_end
from backend.chat.turn_rows import Ending, Stored
from backend.chat.turn_text import ReplyText
from backend.chat.turn_viewers import Viewers
from backend.lib.clock import monotonic_s
from backend.lib.errors import AppError
from backend.lib.log_lines import reply_id
from backend.lib.storage import StorageThread, urgently
from backend.llm.errors import LLMError
from backend.llm.service import LLMService
from backend.llm.types import Finished, ModelCard
from backend.memory import indexer
from backend.moderation.errors import AnswerModerated

logger = logging.getLogger(__name__)

RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)  # between tries to store, the last one for ever
CARDS_S = (
    1.0  # for an engine to tell its models before a turn is known to anybody; without them all of the branch is read
)


class Turn:
    """`ended` is set when everything is stored and told, or when there is nothing (more) to tell.

    `wait_for(id)` returns when that other reply has ended; `may_tell(id)`: whether the reply is surely still ours; `later` runs
    what nobody waits for.
    """

    def __init__(
        self,
        reply_id: int,
        *,
        owner: str,
        llm: Callable[[], LLMService],
        storage: StorageThread,
        reading: StorageThread,
        wait_for: Callable[[int], Awaitable[None]],
        may_tell: Callable[[int], bool],
        later: Callable[[Coroutine[Any, Any, None]], None],
        pace: Pace,
    ) -> None:
        self.reply_id, self.session_id = reply_id, 0  # the session is known once the turn is taken
        self.ended = asyncio.Event()
        self._owner, self._llm, self._storage, self._reading = owner, llm, storage, reading
        self._may_tell, self._later = may_tell, later
        self._accepted_s = monotonic_s()
        self._end: End | None = None
        self._viewers = Viewers(reply_id)
        self._text = ReplyText(pace)
        self._generation = Generation(
            reply_id,
            owner,
            llm=llm,
            text=self._text,
            viewers=self._viewers,
            load=self._load,
            store=partial(self._insist, storage),
            wait_for=wait_for,
            cut=self.end,
        )
        self._work: asyncio.Task[Finished] | None = None

    # --- for its owner (turns.py), the journal, and whoever looks at it ----------------------------------------------

    @property
    def username(self) -> str:
        return self._viewers.job.username if self._viewers.job else ""

    @property
    def hides_model(self) -> bool:
        return self._viewers.hides_model

    @property
    def age_s(self) -> float:
        return monotonic_s() - self._accepted_s

    @property
    def text(self) -> str:
        return self._text.so_far

    @property
    def status(self) -> str:
        """queued or streaming."""
        return self._generation.status

    @property
    def live_text(self) -> LiveText:
        return LiveText(message_id=self.reply_id, text=self.text, status=self._generation.status)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        return self._generation.calls.rows

    def decide(self, call_id: str, is_approved: bool) -> bool:
        """The user's word on a call of a tool. False when that call does not wait for it."""
        return self._generation.calls.decide(call_id, is_approved)

    def end(self, how: End) -> None:
        """Ask it to end now, with the text so far. Returns at once; `ended` tells. The first word counts."""
        if self._end is None:
            self._end = how
            if self._work is not None:
                self._work.cancel()

    async def say(self, error: AppError) -> None:
        """Tell the viewers of an error; by itself it ends nothing."""
        await self._viewers.error(error)

    # --- its life ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """The task."""
        reply_id.set(self.reply_id)
        try:
            job = await self._load()
            if job is None:
                return
            self._take(job)
            ending = await self._made(job)
            if ending is not None:
                await self._finish(job, ending)
        finally:
            # HAZARD: what knows this turn must not stay in it, or each reply leaves its whole conversation to the garbage
            # collector (docs/performance.md).
            self._work = None
            self._generation.let_go()
            self.ended.set()

    def _take(self, job: Job) -> None:
        self.session_id = job.session_id
        self._viewers.job = job
        self._text.begin(job.text, job.rules)
        self._generation.calls.rows = [dict(row) for row in job.tool_calls]

    async def _tell_chunk(self, offset: int, text: str) -> None:
        # HAZARD: once our lease is over another process may write this reply. Who missed text asks for it.
        if self._may_tell(self.reply_id):
            await self._viewers.chunk(offset, text)

    async def _made(self, job: Job) -> Ending | None:
        """Let it be generated, and say how that ended. None: not ours to write; what it used of the engine counts."""
        error: AppError | None = None
        finished: Finished | None = None
        is_ours = True
        try:
            if self._end is None:
                finished = await self._generated(job)
        except asyncio.CancelledError:
            if self._end is None:
                raise  # the loop ends; the row keeps its lease and is found as an orphan
        except (Gone, NotOurs):
            is_ours = False
        except AppError as failure:
            error = failure.with_traceback(None)  # which knows this frame, and so itself
        except Exception:
            logger.exception("reply %d failed", self.reply_id)
            error = LLMError()
        if self._end == "abandoned" or not is_ours:
            await self._charge(job, self._ending(job, finished, error))
            return None
        if error is not None or self._end == "moderated":
            await self.say(error or AnswerModerated())
        if self._end != "drained":
            self._generation.calls.give_up()
        return self._ending(job, finished, error)

    def _ending(self, job: Job, finished: Finished | None, error: AppError | None) -> Ending:
        return ending_of(job, Outcome(self._end, finished, error), self._generation, self._text, self.age_s)

    async def _charge(self, job: Job, ending: Ending) -> None:
        """Of a reply that nothing is stored of: its session was deleted, or another process has it by now."""
        if ending.n_used_tokens:
            await self._insist(self._storage, turn_rows.charge, job.user_id, job.key_id, ending.n_used_tokens)

    async def _generated(self, job: Job) -> Finished:
        """When it returns, or raises, all text is let out and published."""
        publisher = asyncio.create_task(self._text.publish(self._tell_chunk))
        self._work = asyncio.create_task(self._generation.run(job))
        try:
            return await self._work
        finally:
            self._text.flush()
            if self._text.is_refused:
                self._end = self._end or "moderated"  # a match in what was held back until now
            self._text.close()
            await publisher

    async def _finish(self, job: Job, ending: Ending) -> None:
        # Who stopped it waits for the row.
        finish = urgently(turn_rows.finish) if self._end == "stopped" else turn_rows.finish
        stored: Stored | None = await self._insist(self._storage, finish, self.reply_id, self._owner, ending)
        if stored is None:
            await self._charge(job, ending)
            return
        log_end(job, ending)
        indexer.wake()
        if stored.exchange is not None:
            get_log().write(stored.exchange)
        await self._viewers.end(stored)
        if stored.session is not None:
            await self._viewers.session(stored.session)
            if ending.status == "complete" and not stored.session["is_temporary"]:
                self._later(self._ask_for_title(stored.title))

    async def _ask_for_title(self, first_words: str) -> None:
        """Own task, after the end: nobody waits for it, and it may find the session renamed or gone."""
        asked, started = self._generation.asked, self._generation.started
        if asked is None or started is None or started.engine in TITLELESS_ENGINES or asked.is_starter:
            return  # of the starter's titles two to five in twelve do not fit (models/starter/README.md); first words always do
        title = await model_title(self._llm(), asked.request, self.text)
        if title:
            session = await self._storage.run(turn_rows.retitle, self.session_id, first_words, title)
            if session is not None:
                await self._viewers.session(session)

    async def _load(self) -> Job | None:
        """In a thread beside the writers': its user waits for the first word, and nobody for the ends of other replies."""
        cards: Sequence[ModelCard] = ()
        with suppress(Exception):  # the generation meets it again, and tells
            async with asyncio.timeout(CARDS_S):
                cards = await self._llm().models()
        job: Job | None = await self._insist(self._reading, turn_job.load, self.reply_id, self._owner, cards)
        return job

    async def _insist(self, thread: StorageThread, work: Callable[..., Any], *args: Any) -> Any:
        """Run database work until the database takes it: an acknowledged message is never dropped for a full disk."""
        n = 0
        while True:
            try:
                return await thread.run(work, *args)
            except AppError as error:
                logger.warning("reply %d: %s from the database, trying again", self.reply_id, error.code)
                if n == 0:
                    await self.say(error)
                await asyncio.sleep(RETRY_S[min(n, len(RETRY_S) - 1)])
                n += 1
