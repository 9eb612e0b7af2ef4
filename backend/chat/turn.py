"""One running reply: from its row in the queue to its stored end.

Owner: one asyncio task (`run`), the sole writer of the reply's text and status in this process. Talks to viewers only
through events, to the engine only through LLMService. Knows no sockets: a reply outlives whoever asked for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Literal

from django.conf import settings

from backend.chat import turn_job, turn_rows, web
from backend.chat.asking import Asked, ask, has_to_be_loaded
from backend.chat.conversation_log import get_log
from backend.chat.events import (
    AiChunk,
    AiComplete,
    AiError,
    AiQueued,
    AiStart,
    Frame,
    LiveText,
    ReplyFinished,
    SessionUpdated,
    publish,
    session_group,
    user_group,
)
from backend.chat.provenance import provenance
from backend.chat.thinking import ThinkingClock
from backend.chat.titling import TITLELESS_ENGINES, model_title
from backend.chat.tool_calls import NotOurs, ToolCalls, may_call
from backend.chat.turn_job import Job
from backend.chat.turn_log import log_end
from backend.chat.turn_rows import Ending, Stored
from backend.lib.clock import monotonic_s
from backend.lib.errors import AppError
from backend.lib.log_lines import reply_id
from backend.lib.storage import StorageThread
from backend.llm.errors import EngineLost, LLMError
from backend.llm.service import LLMService
from backend.llm.types import Delta, Finished, Queued, Started, StreamEvent, ToolCall
from backend.memory import indexer
from backend.moderation.errors import AnswerModerated
from backend.moderation.stream import OutputFilter

logger = logging.getLogger(__name__)

FRAME_S = 0.040  # at most one ai_chunk per this time
MAX_CHUNK_CHARS = 16_000
MAX_CUTS = 2  # after as many engines it is the reply that they die of
MAX_REPLY_CHARS = 2_000_000  # an engine that never ends is cut here
RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)

End = Literal["stopped", "moderated", "drained", "abandoned"]


class Gone(Exception):
    """The reply is no longer ours to make."""


class Turn:
    """`ended` is set when everything is stored and told, or when there is nothing (more) to tell.

    `wait_for(id)` returns when that other reply has ended; `watch(turn)` puts the reply into the journal; `later` runs what
    nobody waits for.
    """

    def __init__(
        self,
        reply_id: int,
        *,
        owner: str,
        llm: Callable[[], LLMService],
        storage: StorageThread,
        wait_for: Callable[[int], Awaitable[None]],
        watch: Callable[[Turn], None],
        later: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.reply_id, self.session_id = reply_id, 0
        self.text = ""
        self.status: Literal["queued", "streaming"] = "queued"
        self.ended = asyncio.Event()
        self._owner, self._llm, self._storage = owner, llm, storage
        self._wait_for, self._watch, self._later = wait_for, watch, later
        self._accepted_s = monotonic_s()
        self._job: Job | None = None
        self._work: asyncio.Task[Finished] | None = None
        self._end: End | None = None
        self._grown, self._closed = asyncio.Event(), asyncio.Event()
        self._n_published = 0
        self._started: Started | None = None
        self._n_tokens = 0
        self._n_cuts = self._n_cut_tokens = 0  # by engines that died under it
        self._n_read_tokens = 0  # prompts of the rounds before this one
        self._asked: Asked | None = None
        self._token_counts: dict[int, int] = {}  # of the branch, to be stored with the end
        self._called: list[ToolCall] = []  # in this round
        self._calls = ToolCalls(reply_id, owner, store=self._insist, tell=self._emit, text=lambda: self.text)
        self._thinking = ThinkingClock(monotonic_s)
        self._filter = OutputFilter(())

    @property
    def username(self) -> str:
        return self._job.username if self._job else ""

    @property
    def age_s(self) -> float:
        return monotonic_s() - self._accepted_s

    @property
    def live_text(self) -> LiveText:
        return LiveText(message_id=self.reply_id, text=self.text, status=self.status)

    def decide(self, call_id: str, is_approved: bool) -> bool:
        """The user's word on a call of a tool. False when that call does not wait for it."""
        return self._calls.decide(call_id, is_approved)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        return self._calls.rows

    def end(self, how: End) -> None:
        """Ask it to end now, with the text so far. Returns at once; `ended` tells. The first word counts."""
        if self._end is None:
            self._end = how
            if self._work is not None:
                self._work.cancel()

    async def run(self) -> None:
        """The task."""
        reply_id.set(self.reply_id)
        try:
            job = await self._insist(turn_job.load, self.reply_id, self._owner)
            if job is None:
                return
            self._take(job)
            ending = await self._made(job)
            if ending is not None:
                await self._finish(job, ending)
        finally:
            self.ended.set()

    def _take(self, job: Job) -> None:
        self._job, self.session_id = job, job.session_id
        self.text, self._n_published = job.text, len(job.text)
        self._filter = OutputFilter(job.rules, self.text)
        self._calls.rows = [dict(row) for row in job.tool_calls]
        self._watch(self)

    async def _made(self, job: Job) -> Ending | None:
        """Let it be generated, and say how that ended. None: not ours to write."""
        error: AppError | None = None
        finished: Finished | None = None
        try:
            if self._end is None:
                self._work = asyncio.create_task(self._generate(job))
                finished = await self._work
        except asyncio.CancelledError:
            if self._end is None:
                raise  # the loop ends; the row keeps its lease and is found as an orphan
        except (Gone, NotOurs):
            return None
        except AppError as failure:
            error = failure
        except Exception:
            logger.exception("reply %d failed", self.reply_id)
            error = LLMError()
        if self._end == "abandoned":
            return None
        if error is not None or self._end == "moderated":
            await self.say(error or AnswerModerated())
        return self._ending(job, finished, error)

    # --- the engine at work ------------------------------------------------------------------------------------------

    async def _generate(self, job: Job) -> Finished:
        job = await self._after_earlier_replies(job)
        job = await web.searched(self.reply_id, self._owner, job, self._insist)
        publisher = asyncio.create_task(self._publish_text())
        try:
            job = await self._with_calls_settled(job)
            while True:
                try:
                    finished = await self._run_of_the_engine(job)
                except EngineLost as lost:
                    job = await self._after_cut(job, lost)
                    continue
                if not self._called or not may_call(job.tool_calls):
                    return finished
                job = await self._after_calls(job, finished)
        finally:
            self._let_out(self._filter.flush())
            if self._filter.refused_by is not None:
                self._end = self._end or "moderated"  # a match in what was held back until now
            self._closed.set()
            self._grown.set()
            await publisher

    async def _run_of_the_engine(self, job: Job) -> Finished:
        if await has_to_be_loaded(job, self._llm()):
            await self._emit(AiQueued(message_id=self.reply_id, position=1, eta_ms=None))
        self._called = []
        asked = self._asked = await ask(self.reply_id, job, self._llm(), self._asked)
        self._token_counts |= asked.token_counts
        finished: Finished | None = None
        async with aclosing(self._llm().stream(asked.request)) as stream:
            async for event in stream:
                await self._hear(event)
                if isinstance(event, Finished):
                    finished = event
        if finished is None:
            raise LLMError
        return finished

    async def _after_cut(self, job: Job, lost: EngineLost) -> Job:
        """An engine died under it: what there is stays, and the next engine goes on from there. Raises it at the last cut."""
        self._n_cuts += 1
        if self._n_cuts > MAX_CUTS:
            raise lost
        logger.warning("reply %d: the engine was lost, it is continued", self.reply_id)
        await self.say(lost)
        await self._emit(AiQueued(message_id=self.reply_id, position=1, eta_ms=None))
        self._n_cut_tokens += self._n_tokens
        self._n_tokens = 0
        self._filter.drop()  # the next engine goes on from what was let out
        return replace(job, text=self.text)

    async def _after_calls(self, job: Job, finished: Finished) -> Job:
        """The model asked for tools: their results are what it goes on from."""
        self._let_out(self._filter.flush())
        if self._filter.refused_by is not None:
            self.end("moderated")
        elif self.text and not self.text.endswith("\n"):
            self._let_out("\n\n")
        self._n_cut_tokens += finished.completion_tokens
        self._n_read_tokens += finished.prompt_tokens
        self._n_tokens = 0
        await self._calls.make(self._called, [tool.called for tool in job.tools])
        left = None if job.max_tokens is None else max(1, job.max_tokens - finished.completion_tokens)
        return self._with_calls(replace(job, max_tokens=left))

    async def _with_calls_settled(self, job: Job) -> Job:
        """A reply that is continued may have calls that nobody has brought to their end."""
        await self._calls.settle()
        return self._with_calls(job)

    def _with_calls(self, job: Job) -> Job:
        return replace(job, text=self.text, tool_calls=tuple(dict(row) for row in self._calls.rows))

    async def _after_earlier_replies(self, job: Job) -> Job:
        """The job as it is once no earlier reply of its branch is being made any more."""
        while job.live_ancestors:
            await self._emit(AiQueued(message_id=self.reply_id, position=len(job.live_ancestors), eta_ms=None))
            await self._wait_for(job.live_ancestors[-1])
            again: Job | None = await self._insist(turn_job.load, self.reply_id, self._owner)
            if again is None:
                raise Gone
            job = again
        return job

    async def _hear(self, event: StreamEvent) -> None:
        if isinstance(event, Delta):
            self._grow(event)
        elif isinstance(event, ToolCall):
            self._called.append(event)
        elif isinstance(event, Queued):
            await self._emit(AiQueued(message_id=self.reply_id, position=event.position, eta_ms=event.eta_ms))
        elif isinstance(event, Started):
            self._started, self.status = event, "streaming"
            await self._emit(AiStart(message_id=self.reply_id, model=event.model))

    def _grow(self, delta: Delta) -> None:
        # Postgres stores no NUL, and no reader misses it.
        self._n_tokens += delta.n_tokens
        self._let_out(self._filter.feed(delta.text.replace("\x00", "")))
        if self._filter.refused_by is not None:
            self.end("moderated")
        elif len(self.text) > MAX_REPLY_CHARS:
            self.end("stopped")

    def _let_out(self, text: str) -> None:
        """What a rule of the house may still take back is not here yet."""
        if text:
            self.text += text
            self._thinking.heard(self.text, len(text))
            self._grown.set()

    async def _publish_text(self) -> None:
        """Own task: the first delta at once, then at most one frame per FRAME_S with whatever has come meanwhile."""
        while True:
            await self._grown.wait()
            self._grown.clear()
            while self._n_published < len(self.text):
                offset = self._n_published
                chunk = self.text[offset : offset + MAX_CHUNK_CHARS]
                self._n_published = offset + len(chunk)
                await self._emit(AiChunk(message_id=self.reply_id, offset=offset, chunk=chunk))
            if self._closed.is_set():
                return
            try:
                async with asyncio.timeout(FRAME_S):
                    await self._closed.wait()
            except TimeoutError:
                continue

    # --- the end -----------------------------------------------------------------------------------------------------

    def _ending(self, job: Job, finished: Finished | None, error: AppError | None) -> Ending:
        status, finish_reason = self._verdict(finished, error)
        n_tokens = job.n_text_tokens + self._n_cut_tokens + (finished.completion_tokens if finished else self._n_tokens)
        metadata: dict[str, Any] = {}
        if self._started is not None:
            metadata = provenance(job, self._started, finished)
            metadata |= {"completion_tokens": n_tokens, **(self._asked.provenance(self.text) if self._asked else {})}
            # A continued reply that thinks no more keeps what was measured before.
            metadata |= {} if self._thinking.ms is None else {"reasoning_ms": self._thinking.ms}
        if self._calls.rows:
            if self._end != "drained":
                self._calls.give_up()
            metadata["tool_calls"] = self._calls.rows
        return Ending(
            status=status,
            finish_reason=finish_reason,
            text=self.text,
            error_code=error.code if error else AnswerModerated.code if self._end == "moderated" else "",
            rules_met=tuple(sorted(self._filter.found)),
            token_count=n_tokens,
            n_used_tokens=n_tokens - job.n_text_tokens + self._n_read_tokens + metadata.get("prompt_tokens", 0),
            processing_time_s=round(monotonic_s() - self._accepted_s, 3),
            model=self._started.model if self._started else job.model,
            is_to_resume=self._end == "drained" and finished is None,
            metadata=metadata,
            token_counts=self._token_counts,
        )

    def _verdict(self, finished: Finished | None, error: AppError | None) -> tuple[str, str]:
        if finished is not None and self._end != "moderated":
            # A model that still asks for tools where it may not has said what it had to say.
            return "complete", "stop" if finished.finish_reason == "tool_calls" else finished.finish_reason
        if error is not None:
            return ("interrupted" if self.text else "failed"), "error"
        return ("stopped" if self._end in ("stopped", "moderated") else "interrupted"), "abort"

    async def _finish(self, job: Job, ending: Ending) -> None:
        stored: Stored | None = await self._insist(turn_rows.finish, self.reply_id, self._owner, ending)
        if stored is None:
            return
        log_end(job, ending)
        indexer.wake()
        if stored.exchange is not None:
            get_log().write(stored.exchange)
        await self._emit(AiComplete.model_validate({"message": stored.message}))
        everywhere = user_group(job.user_id)
        finished = {"session_id": self.session_id, "message_id": self.reply_id, "title": stored.title}
        await publish(everywhere, ReplyFinished.model_validate({**finished, "status": stored.message["status"]}))
        if stored.session is not None:
            await self._tell_of_session(job, stored.session)
            if ending.status == "complete" and not stored.session["is_temporary"]:
                self._later(self._ask_for_title(job, stored.title))

    async def _tell_of_session(self, job: Job, session: dict[str, Any]) -> None:
        event = SessionUpdated.model_validate({"session": session})
        await self._emit(event)
        await publish(user_group(job.user_id), event)

    async def _ask_for_title(self, job: Job, first_words: str) -> None:
        """Own task, after the end: nobody waits for it, and it may find the session renamed or gone."""
        if self._asked is None or self._started is None or self._started.engine in TITLELESS_ENGINES:
            return
        title = await model_title(self._llm(), self._asked.request, self.text)
        if title:
            session = await self._storage.run(turn_rows.retitle, self.session_id, first_words, title)
            if session is not None:
                await self._tell_of_session(job, session)

    async def _insist(self, work: Callable[..., Any], *args: Any) -> Any:
        """Run database work until the database takes it: an acknowledged message is never dropped for a full disk."""
        n = 0
        while True:
            try:
                return await self._storage.run(work, *args)
            except AppError as error:
                logger.warning("reply %d: %s while storing, trying again", self.reply_id, error.code)
                if n == 0:
                    await self.say(error)
                await asyncio.sleep(RETRY_S[min(n, len(RETRY_S) - 1)])
                n += 1

    async def say(self, error: AppError) -> None:
        """Tell the viewers of an error; by itself it ends nothing."""
        language = (self._job.language if self._job else "") or settings.LANGUAGE_CODE
        shape = error.as_dict(language)
        shape.pop("fields", None)
        await self._emit(AiError.model_validate({"message_id": self.reply_id, **shape}))

    async def _emit(self, event: Frame) -> None:
        if self.session_id:
            await publish(session_group(self.session_id), event)
