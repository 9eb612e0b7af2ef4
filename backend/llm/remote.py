"""RemoteLLM: an OpenAI-compatible server (vLLM, llama-server, OpenAI, another Maru) as an LLMService.

Through the `openai` client over our guarded transport; the client's own retries are off: only what has given no text yet is
asked again, once. Every wait has a limit, every answer a size. Belongs to the event loop that streams. Must not know why a
request came, and never logs what was said.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import httpx2
from openai import AsyncOpenAI, AsyncStream

from backend.lib.clock import loop_time, monotonic_s
from backend.lib.outbound import guarded_client
from backend.lib.said import NOTHING, Said
from backend.llm import errors
from backend.llm.breaker import Breaker
from backend.llm.engine.measure import Latencies
from backend.llm.engine_spec import EngineSpec
from backend.llm.remote_cards import Cards
from backend.llm.remote_counting import count_tokens
from backend.llm.remote_dialect import body_of
from backend.llm.remote_errors import READING, is_engines_fault, translate
from backend.llm.remote_events import Reading, vectors_of
from backend.llm.remote_refusals import Untaken, unchosen
from backend.llm.types import (
    Delta,
    EmbeddingResult,
    EngineStats,
    Finished,
    GenerateRequest,
    ModelCard,
    Started,
    StreamEvent,
    Timings,
)

logger = logging.getLogger(__name__)

MAX_LINE_BYTES = 8 * 1024 * 1024
NO_KEY = "none"  # the client library insists on one
RETRY_S = 0.25
LEFT_ALONE = Said(
    "It failed several times in a row and is left alone.", "여러 번 연속으로 실패해 잠시 사용하지 않습니다."
)
MAX_EMBEDDED = 64  # texts in one request

Asked = tuple[str, dict[str, object], str]  # path, body, the caller's own key


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds."""

    connect_s: float = 5.0
    first_token_s: float = 120.0  # from the request to the first text: a long prompt on a slow machine
    between_s: float = 60.0  # from one piece of text to the next
    total_s: float = 3600.0
    tail_s: float = 5.0  # for the usage, once the answer has ended


@dataclass(slots=True)
class _Run:
    """One answer that is being read. Monotonic seconds."""

    model: str
    seed: int
    arrived_s: float
    first_by_s: float  # until when its first text must be here, whoever is asked how often
    deadline_s: float
    unchosen: frozenset[str]  # parameters that nobody asked for: they may be left out
    splits_reasoning: bool = False
    reading: Reading = field(default_factory=Reading)
    first_s: float | None = None

    def begin(self) -> None:
        self.reading, self.first_s = Reading(self.splits_reasoning), None

    @property
    def has_text(self) -> bool:
        """Some of it was passed on: calls are only when they are whole."""
        return self.reading.n_deltas > 0


class RemoteLLM:
    """LLMService."""

    def __init__(self, spec: EngineSpec, limits: Limits = Limits()) -> None:
        self.spec, self._limits = spec, limits
        self._http = guarded_client(
            may_be_private=spec.may_be_private,
            timeout=httpx2.Timeout(limits.first_token_s, connect=limits.connect_s),
            max_line_bytes=MAX_LINE_BYTES,
        )
        self._client = AsyncOpenAI(
            base_url=spec.url, api_key=spec.api_key or NO_KEY, http_client=self._http, max_retries=0
        )
        self._breaker = Breaker()
        self._untaken = Untaken()
        self._cards = Cards(spec, self._client)
        self._started_s = monotonic_s()
        self._n_running = self._n_requests = self._n_failed = 0
        self._n_prompt = self._n_cached = self._n_completion = 0
        self._latencies = Latencies()

    async def start(self) -> None:
        self._started_s = monotonic_s()

    async def stop(self) -> None:
        await self._http.aclose()

    # --- LLMService --------------------------------------------------------------------------------------------------

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        model = await self._cards.resolve(request.model)
        seed = request.params.seed if request.params.seed is not None else random.getrandbits(31)
        now_s, limits = monotonic_s(), self._limits
        until_s = now_s + min(limits.first_token_s, limits.total_s), now_s + limits.total_s
        run = _Run(model, seed, now_s, *until_s, unchosen(request), request.splits_reasoning)
        asked = (*body_of(request, model, self._cards.dialect, seed), request.api_key)
        self._untaken.leave_out(model, asked[1], run.unchosen)
        if not self._breaker.enter():
            raise errors.EngineUnavailable(retry_after_s=max(1, math.ceil(self._breaker.wait_s())))
        self._n_running += 1
        self._n_requests += 1
        try:
            async with aclosing(self._twice(asked, run)) as events:
                async for event in events:
                    yield event
            yield self._finished(run)
        except errors.LLMError:
            self._n_failed += 1
            raise
        finally:
            self._breaker.left(run.arrived_s)
            self._n_running -= 1

    async def count_tokens(self, texts: Sequence[str], model: str | None = None) -> list[int]:
        name = await self._cards.resolve(model)
        return await count_tokens(self._http, self.spec, self._cards, texts, name)

    async def embed(self, texts: Sequence[str], *, model: str | None = None) -> EmbeddingResult:
        """By the model asked for: which of a remote engine's models make vectors is not told."""
        if model is None:
            raise errors.NoEmbeddingModel
        name = await self._cards.resolve(model)
        parts = [texts[n : n + MAX_EMBEDDED] for n in range(0, len(texts), MAX_EMBEDDED)]
        try:
            async with asyncio.timeout(self._limits.first_token_s):
                answers = [await self._embed(part, name) for part in parts]
        except (errors.LLMError, TimeoutError, *READING) as error:
            raise translate(error, self.spec.name, has_text=False, model=name) from error
        vectors = [vector for answer in answers for vector in answer[0]]
        return EmbeddingResult(vectors, name, sum(n_tokens for _, n_tokens in answers))

    async def _embed(self, texts: Sequence[str], model: str) -> tuple[list[list[float]], int]:
        body = {"model": model, "input": list(texts), "encoding_format": "float"}
        return vectors_of(await self._client.post("/embeddings", body=body, cast_to=object), len(texts))

    async def models(self) -> list[ModelCard]:
        await self._cards.refresh()
        return self._cards.cards

    async def stats(self) -> EngineStats:
        await self._cards.refresh()
        is_ready = self._cards.is_up and not self._breaker.is_open
        itl_ms = self._latencies.itl.mean()
        return EngineStats(
            engine=self.spec.name,
            state="ready" if is_ready else "down",
            uptime_s=monotonic_s() - self._started_s,
            n_running=self._n_running,
            n_slots=self.spec.n_slots,
            n_slots_used=min(self._n_running, self.spec.n_slots),
            requests_total=self._n_requests,
            requests_failed_total=self._n_failed,
            prompt_tokens_total=self._n_prompt,
            cached_tokens_total=self._n_cached,
            completion_tokens_total=self._n_completion,
            tokens_per_second=1000 / itl_ms if itl_ms else None,
            detail=NOTHING if is_ready else self._cards.problem or LEFT_ALONE,
            **self._latencies.stats(),
        )

    # --- one answer --------------------------------------------------------------------------------------------------

    async def _twice(self, asked: Asked, run: _Run) -> AsyncGenerator[StreamEvent]:
        """A second try for what failed before its first text by the engine's fault, and one without each thing it refuses."""
        n_failed = 0
        while True:
            try:
                async with aclosing(self._once(asked, run)) as events:
                    async for event in events:
                        yield event
                return
            except errors.LLMError as error:
                if not run.has_text and self._untaken.lighten(run.model, *asked[:2], error, run.unchosen):
                    continue
                n_failed += 1
                if n_failed == 2 or run.has_text or not is_engines_fault(error) or self._breaker.is_open:
                    raise
                if monotonic_s() + 2 * RETRY_S >= run.first_by_s:
                    raise  # a second try would fail at once, and count twice
                await asyncio.sleep(RETRY_S * (1 + random.random()))

    async def _once(self, asked: Asked, run: _Run) -> AsyncGenerator[StreamEvent]:
        """Started, the deltas, the calls. Raises LLMError."""
        run.begin()
        try:
            async with asyncio.timeout_at(loop_time(self._until(run))):
                chunks = await self._open(*asked)
            async with aclosing(self._chunks(chunks, run)) as parts:
                yield Started(run.model, self.spec.name, 0, 0, run.seed, 0.0)
                async for chunk in parts:
                    self._breaker.succeeded()
                    delta = run.reading.take(chunk)
                    if delta is not None or run.reading.calls:  # a call's arguments are its answer, and may be long
                        run.first_s = run.first_s or monotonic_s()
                    if delta is not None:
                        yield delta
            if run.reading.finish_reason is None:
                raise errors.RemoteLost
            if run.reading.finish_reason in ("abort", "error"):  # what it wrote is no whole answer
                raise errors.EngineFailed(engine=self.spec.name, status=run.reading.finish_reason)
            if rest := run.reading.flush():
                yield Delta(rest, 0)
            for call in run.reading.whole_calls():
                yield call
        except (errors.LLMError, TimeoutError, *READING) as error:
            translated = translate(error, self.spec.name, has_text=run.has_text, model=run.model)
            if is_engines_fault(translated):
                self._breaker.failed(run.arrived_s)
            else:
                self._breaker.succeeded()
            logger.warning("engine %s: %s", self.spec.name, translated.code)
            raise translated from error

    async def _open(self, path: str, body: dict[str, object], own_key: str) -> AsyncStream[object]:
        client = self._client.with_options(api_key=own_key) if own_key else self._client
        # The raw JSON: the library's models check nothing, and ours looks at every field it takes.
        return await client.post(path, body=body, cast_to=object, stream=True, stream_cls=AsyncStream[object])

    async def _chunks(self, stream: AsyncStream[object], run: _Run) -> AsyncGenerator[object]:
        """Each wait within its limit: comments that keep a line alive are no answer."""
        iterator: AsyncIterator[object] = stream.__aiter__()
        try:
            while True:
                try:
                    async with asyncio.timeout_at(loop_time(self._until(run))):
                        chunk = await anext(iterator)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    if run.reading.finish_reason is not None:
                        return  # the answer is whole; only its usage did not come
                    raise
                yield chunk
        finally:
            await stream.close()

    def _until(self, run: _Run) -> float:
        """Until when (monotonic) the next piece must be here."""
        now_s, limits = monotonic_s(), self._limits
        if run.reading.finish_reason is not None:
            return now_s + limits.tail_s
        return min(run.deadline_s, now_s + limits.between_s) if run.first_s is not None else run.first_by_s

    def _finished(self, run: _Run) -> Finished:
        reading, now_s = run.reading, monotonic_s()
        first_s = run.first_s or now_s
        n_tokens = reading.completion_tokens if reading.completion_tokens is not None else reading.n_deltas
        ttft_ms, decode_ms = (first_s - run.arrived_s) * 1000, (now_s - first_s) * 1000
        self._n_prompt += reading.prompt_tokens or 0
        self._n_cached += reading.cached_tokens
        self._n_completion += n_tokens
        speed = (n_tokens - 1) / decode_ms * 1000 if n_tokens > 1 and decode_ms > 0 else 0.0
        # What it does behind its door is not told: its queue and its reading are one wait, which counts as neither.
        timings = Timings(0.0, ttft_ms, ttft_ms, decode_ms, speed)
        self._latencies.ttft.add(ttft_ms)
        if speed:
            self._latencies.itl.add(1000 / speed)
        self._latencies.ended(timings)
        return Finished(
            finish_reason=reading.why_it_ended,
            prompt_tokens=reading.prompt_tokens or 0,
            cached_tokens=reading.cached_tokens,
            completion_tokens=n_tokens,
            seed=run.seed,
            timings=timings,
            model=run.model,
            engine=self.spec.name,
        )
