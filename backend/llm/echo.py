"""EchoLLM: a deterministic engine for tests of what is not the engine, and for load tests.

`echo://?tokens=200&rate=50` streams the numbered words "word1 word2 …", `rate` words a second, each a delta (late ones leave
together; 0: as fast as the reader takes them), and ends after `tokens`; with `text=markdown` it is Markdown, with `text=told`
what is told of memories and documents. `model=owl` is the name it has as a model, `context=4096` how many tokens it says that
it reads (otherwise a million; it refuses nothing). Where tools are offered, a question may ask for calls (echo_words.py); it
reads out their results.
A continuation goes on exactly where the given text stops, so that a reply that was cut and continued equals one that was not.
Owned by the event loop that streams; no I/O, no threads.

With `is_stepped=True` no delta leaves before a test asks for it: `await echo.release(3)`.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncGenerator, Sequence

from backend.lib.clock import monotonic_s
from backend.llm.echo_runs import Run, Totals
from backend.llm.echo_url import options_of
from backend.llm.echo_words import echo_answer, echo_vector
from backend.llm.echo_words import echo_text as echo_text
from backend.llm.engine.stopping import StopMatcher
from backend.llm.errors import ImagesNotTaken, LLMError, ModelNotFound, QueueFull
from backend.llm.types import (
    Delta,
    EmbeddingResult,
    EngineStats,
    Finished,
    FinishReason,
    GenerateRequest,
    ModelCard,
    Queued,
    Started,
    StreamEvent,
    Timings,
)

ENGINE = "echo"
N_CTX = 1_000_000


class EchoLLM:
    """LLMService. `requests` holds the last 50 requests as they came, for tests to look at."""

    def __init__(
        self,
        *,
        n_tokens: int = 200,
        rate: float = 50.0,
        n_slots: int = 4096,
        max_queued: int = 100_000,
        is_stepped: bool = False,
        model: str = "echo",
        text: str = "words",
        n_ctx: int = N_CTX,
    ) -> None:
        self.n_tokens, self.rate, self.n_slots, self.max_queued = n_tokens, rate, n_slots, max_queued
        self.is_stepped, self.model, self.text, self.n_ctx = is_stepped, model, text, n_ctx
        self.requests: deque[GenerateRequest] = deque(maxlen=50)
        self._running: dict[Run, None] = {}
        self._waiting: list[Run] = []
        self._changed = asyncio.Condition()
        self._failures: deque[tuple[int, LLMError]] = deque()
        self._totals = Totals()
        self._started_s = monotonic_s()

    @classmethod
    def from_url(cls, url: str) -> EchoLLM:
        """`echo://?tokens=200&rate=50`. Raises BadEcho."""
        return cls(**options_of(url))

    # --- for tests -----------------------------------------------------------------------------------------------

    async def release(self, n: int = 1, request_id: str | None = None) -> None:
        """Let `n` more deltas out of each running stream (or of one), once there is one; returns when they were taken."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._chosen(request_id)))
            runs = self._chosen(request_id)
            goals = {run: run.n_taken + run.n_permits + n for run in runs}
            for run in runs:
                run.n_permits += n
            self._changed.notify_all()
            await self._changed.wait_for(lambda: all(r.has_ended or r.n_taken >= goal for r, goal in goals.items()))

    async def release_all(self) -> None:
        """No more stepping: what runs, and what comes, goes on to its end."""
        async with self._changed:
            self.is_stepped = False
            self._changed.notify_all()

    async def wait_running(self, n: int = 1) -> None:
        """Return when at least `n` streams hold a slot."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._running) >= n)

    async def wait_idle(self) -> None:
        """Return when no stream runs or waits."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._running and not self._waiting)

    def fail_next(self, error: LLMError, after: int = 0) -> None:
        """The next stream raises `error` after `after` deltas."""
        self._failures.append((after, error))

    def _chosen(self, request_id: str | None) -> list[Run]:
        return [run for run in self._running if request_id in (None, run.request.request_id)]

    # --- LLMService ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._started_s = monotonic_s()

    async def stop(self) -> None:
        await self.release_all()

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        if request.has_images:
            raise ImagesNotTaken
        if request.model not in (None, self.model):
            raise ModelNotFound(model=request.model)
        run = Run(request, monotonic_s(), failure=self._failures.popleft() if self._failures else None)
        self.requests.append(request)
        self._totals.n_requests += 1
        self._waiting.append(run)
        try:
            async for place in self._wait_for_slot(run):
                yield Queued(position=place, eta_ms=None)
            yield await self._begin(run)
            words, calls, reason = echo_answer(request, self.n_tokens, self.text)
            for call in calls:
                yield call
            stops = StopMatcher(request.params.stop)
            while run.n_out < len(words):
                await self._pace(run, run.n_out)
                due = words[run.n_out : run.n_out + self._n_due(run)]
                run.n_out += len(due)
                text = stops.feed("".join(due))
                if text:
                    yield Delta(text, len(due))
                await self._taken(run)
                if stops.is_stopped:
                    reason = "stop"
                    break
            await self._pace(run, len(words), is_end=True)
            if held := stops.flush():
                yield Delta(held)
            yield self._finished(run, reason)
        except LLMError:
            self._totals.n_failed += 1
            raise
        finally:
            await self._ended(run)

    async def count_tokens(self, texts: Sequence[str], model: str | None = None) -> list[int]:
        return [len(text.split()) for text in texts]

    async def embed(self, texts: Sequence[str], *, model: str | None = None) -> EmbeddingResult:
        if model not in (None, self.model):
            raise ModelNotFound(model=model)
        n_tokens = sum(len(text.split()) for text in texts)
        return EmbeddingResult([echo_vector(text) for text in texts], self.model, n_tokens)

    async def models(self) -> list[ModelCard]:
        return [ModelCard(id=self.model, engine=ENGINE, n_ctx=self.n_ctx, is_loaded=True, is_default=True, n_params=0)]

    async def stats(self) -> EngineStats:
        totals = self._totals
        itl_ms = totals.latencies.itl.mean()
        return EngineStats(
            engine=ENGINE,
            state="ready",
            uptime_s=monotonic_s() - self._started_s,
            n_running=len(self._running),
            n_queued=len(self._waiting),
            n_slots=self.n_slots,
            n_slots_used=len(self._running),
            requests_total=totals.n_requests,
            requests_failed_total=totals.n_failed,
            prompt_tokens_total=totals.n_prompt,
            completion_tokens_total=totals.n_completion,
            tokens_per_second=1000 / itl_ms if itl_ms else None,
            **totals.latencies.stats(),
        )

    # --- one stream ----------------------------------------------------------------------------------------------

    async def _wait_for_slot(self, run: Run) -> AsyncGenerator[int]:
        if len(self._waiting) > self.max_queued:
            raise QueueFull(retry_after_s=1)
        while len(self._running) >= self.n_slots or self._waiting[0] is not run:
            place = self._waiting.index(run) + 1
            if place != run.place:
                run.place = place
                yield place
                continue
            async with self._changed:
                await self._changed.wait()

    async def _begin(self, run: Run) -> Started:
        request = run.request
        run.started_s = monotonic_s()
        run.seed = request.params.seed if request.params.seed is not None else zlib.crc32(request.request_id.encode())
        run.prompt_tokens = sum(len(message.content.split()) for message in request.messages)
        self._waiting.remove(run)
        self._running[run] = None
        self._totals.n_prompt += run.prompt_tokens
        async with self._changed:
            self._changed.notify_all()
        queue_ms = (run.started_s - run.arrived_s) * 1000
        prompt = "\n".join(f"{message.role}: {message.content}" for message in request.messages)
        return Started(self.model, ENGINE, run.prompt_tokens, 0, run.seed, queue_ms, prompt)

    async def _pace(self, run: Run, n: int, *, is_end: bool = False) -> None:
        """Return when delta `n` may leave. Raises what `fail_next` asked for."""
        if run.failure and n >= run.failure[0]:
            failures, run.failure = [run.failure[1]], None
            raise failures.pop()  # so that no frame holds what holds the frame by its traceback
        if is_end:
            await asyncio.sleep(0)
        elif self.is_stepped:
            async with self._changed:
                await self._changed.wait_for(lambda: run.n_permits > 0 or not self.is_stepped)
                run.n_permits -= 1
        elif self.rate:
            # Deadlines are counted from the start: a late wake-up does not slow the stream down.
            await asyncio.sleep(max(0.0, run.started_s + n / self.rate - monotonic_s()))
        else:
            await asyncio.sleep(0)
        if run.first_token_s is None:
            run.first_token_s = monotonic_s()

    def _n_due(self, run: Run) -> int:
        """Words that leave as one delta: those that are late, as the engine's are merged for a reader that lags."""
        if not self.rate or self.is_stepped or run.failure or run.request.params.stop:
            return 1
        return max(1, int((monotonic_s() - run.started_s) * self.rate) + 1 - run.n_out)

    async def _taken(self, run: Run) -> None:
        run.n_taken += 1
        if self.is_stepped:
            async with self._changed:
                self._changed.notify_all()

    async def _ended(self, run: Run) -> None:
        run.has_ended = True
        self._running.pop(run, None)
        if run in self._waiting:
            self._waiting.remove(run)
        self._totals.n_completion += run.n_out
        async with self._changed:
            self._changed.notify_all()

    def _finished(self, run: Run, reason: FinishReason) -> Finished:
        first_s = run.first_token_s or monotonic_s()
        decode_s = monotonic_s() - first_s
        timings = Timings(
            queue_ms=(run.started_s - run.arrived_s) * 1000,
            prefill_ms=0.0,
            ttft_ms=(first_s - run.arrived_s) * 1000,
            decode_ms=decode_s * 1000,
            tokens_per_second=(run.n_out - 1) / decode_s if run.n_out > 1 and decode_s > 0 else 0.0,
        )
        self._totals.latencies.whole(timings)
        return Finished(reason, run.prompt_tokens, 0, run.n_out, run.seed, timings, self.model, engine=ENGINE)
