"""The engines' work on one reply: as many rounds as it takes, across engines that die and tools that are called.

A round is one request to LLMService. Before the first one earlier replies of the branch have ended and the web was searched.
Between two rounds `Job` carries everything that the next one goes on from: the text so far and the calls of tools with their
results. So a round knows nothing of the one before, and a reply that another process takes up begins like any other round.
What a round is made of is stored (searches, calls) before an engine hears of it.

Owner: the task of `run`, below the turn's. Writes the text, reads the engine's events; neither publishes the text (turn_text.py)
nor decides how the reply ended (turn_ending.py).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Literal

from backend.chat import web
from backend.chat.asking import Asked, ask, has_to_be_loaded
from backend.chat.tool_calls import ToolCalls, may_call
from backend.chat.turn_job import Job
from backend.chat.turn_text import ReplyText
from backend.chat.turn_viewers import Viewers
from backend.llm.errors import EngineLost, LLMError
from backend.llm.service import LLMService
from backend.llm.types import Delta, Finished, Queued, Started, StreamEvent, ToolCall

logger = logging.getLogger(__name__)

MAX_CUTS = 2  # after as many engines it is the reply that they die of


class Gone(Exception):
    """The reply is no longer ours to make."""


class Generation:
    """`load()` reads the job anew, None when it is no longer ours; `store(work, *args)` runs database work; `wait_for(id)`
    returns when that other reply has ended; `cut(how)` asks the turn to end the reply now, which cancels `run`."""

    def __init__(
        self,
        reply_id: int,
        owner: str,
        *,
        llm: Callable[[], LLMService],
        text: ReplyText,
        viewers: Viewers,
        load: Callable[[], Awaitable[Job | None]],
        store: Callable[..., Awaitable[Any]],
        wait_for: Callable[[int], Awaitable[None]],
        cut: Callable[[Literal["stopped", "moderated"]], None],
    ) -> None:
        self.status: Literal["queued", "streaming"] = "queued"
        self.calls = ToolCalls(reply_id, owner, store=store, tell=viewers.tell, text=lambda: text.so_far)
        # Of the last round; None: it did not come so far.
        self.asked: Asked | None = None
        self.started: Started | None = None
        # Of all rounds of this run.
        self.token_counts: dict[int, int] = {}  # message id → tokens; those of the branch that were counted for it
        self.n_read_tokens = 0  # prompts of the rounds before the last one
        self._n_earlier_tokens = 0  # written in the rounds before the last one
        self._n_tokens = 0  # written in the last one
        self._n_cuts = 0
        self._called: list[ToolCall] = []  # in the last round
        self._reply_id, self._owner = reply_id, owner
        self._llm, self._text, self._viewers = llm, text, viewers
        self._load, self._store, self._wait_for, self._cut = load, store, wait_for, cut

    def n_written_tokens(self, finished: Finished | None) -> int:
        """In all rounds. An engine that finished knows it exactly; of one that did not its deltas are counted."""
        return self._n_earlier_tokens + (finished.completion_tokens if finished else self._n_tokens)

    async def run(self, job: Job) -> Finished:
        """How the last round ended.

        Raises Gone and NotOurs when another process has the reply, LLMError and its kin when no engine could make it.
        """
        job = await self._after_earlier_replies(job)
        job = await web.searched(self._reply_id, self._owner, job, self._store)
        # A reply that is continued may have calls that nobody has brought to their end.
        await self.calls.settle()
        job = self._with_calls(job)
        while True:
            try:
                finished = await self._round(job)
            except EngineLost as lost:
                job = await self._after_loss(job, lost)
                continue
            if not self._called or not may_call(job.tool_calls):
                return finished
            job = await self._after_calls(job, finished)

    def let_go(self) -> None:
        """Of the turn, once `run` is over: only what it came to is asked for from now on."""
        del self._load, self._store, self._cut
        self.calls.let_go()

    async def _after_earlier_replies(self, job: Job) -> Job:
        """The job as it is once no earlier reply of its branch is being made any more."""
        while job.live_ancestors:
            await self._viewers.waits(len(job.live_ancestors))
            await self._wait_for(job.live_ancestors[-1])
            again = await self._load()
            if again is None:
                raise Gone
            job = again
        return job

    async def _round(self, job: Job) -> Finished:
        if await has_to_be_loaded(job, self._llm()):
            await self._viewers.waits(1)
        self._called = []
        asked = self.asked = await ask(self._reply_id, job, self._llm(), self.asked)
        self.token_counts |= asked.token_counts
        finished: Finished | None = None
        async with aclosing(self._llm().stream(asked.request)) as stream:
            async for event in stream:
                await self._hear(event)
                if isinstance(event, Finished):
                    finished = event
        if finished is None:
            raise LLMError
        return finished

    async def _hear(self, event: StreamEvent) -> None:
        if isinstance(event, Delta):
            self._n_tokens += event.n_tokens
            self._text.write(event.text)
            if self._text.is_refused:
                self._cut("moderated")
            elif self._text.is_too_long:
                self._cut("stopped")
        elif isinstance(event, ToolCall):
            self._called.append(event)
        elif isinstance(event, Queued):
            await self._viewers.waits(event.position, event.eta_ms)
        elif isinstance(event, Started):
            self.started, self.status = event, "streaming"
            await self._viewers.starts(event.model)

    async def _after_loss(self, job: Job, lost: EngineLost) -> Job:
        """An engine died under it: what there is stays, and the next engine goes on from there. Raises it at the last cut."""
        self._n_cuts += 1
        if self._n_cuts > MAX_CUTS:
            raise lost
        logger.warning("reply %d: the engine was lost, it is continued", self._reply_id)
        await self._viewers.error(lost)
        await self._viewers.waits(1)
        left = None if job.max_tokens is None else max(1, job.max_tokens - self._n_tokens)
        self._n_earlier_tokens += self._n_tokens
        self._n_tokens = 0
        self._text.forget_held()
        return replace(job, text=self._text.so_far, max_tokens=left)

    async def _after_calls(self, job: Job, finished: Finished) -> Job:
        """The model asked for tools: their results are what it goes on from."""
        self._text.flush()
        if self._text.is_refused:
            self._cut("moderated")
        else:
            self._text.end_paragraph()
        self._n_earlier_tokens += finished.completion_tokens
        self.n_read_tokens += finished.prompt_tokens
        self._n_tokens = 0
        await self.calls.make(self._called, [tool.called for tool in job.tools])
        left = None if job.max_tokens is None else max(1, job.max_tokens - finished.completion_tokens)
        return self._with_calls(replace(job, max_tokens=left))

    def _with_calls(self, job: Job) -> Job:
        return replace(job, text=self._text.so_far, tool_calls=tuple(dict(row) for row in self.calls.rows))
