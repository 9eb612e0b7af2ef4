"""One connection of a web process to an engine process: its streams, its questions, its heartbeat.

Belongs to the event loop that opened it. Knows nothing of processes; `process.py` supervises.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from backend.lib.clock import monotonic_s
from backend.llm import errors
from backend.llm.engine import wire
from backend.llm.questions import Questions
from backend.llm.types import (
    Delta,
    EmbeddingResult,
    Finished,
    GenerateRequest,
    Queued,
    Started,
    StreamEvent,
    Timings,
    TokenLogprob,
)

ENGINE = "local"
EMBED_TIMEOUT_S = 600.0

ERRORS: dict[str, type[errors.LLMError]] = {
    kind.code: kind
    for kind in (
        errors.LLMError,
        errors.NoModel,
        errors.NoEmbeddingModel,
        errors.ModelNotFound,
        errors.ModelUnusable,
        errors.ModelDoesNotFit,
        errors.EngineLost,
        errors.EngineUnavailable,
        errors.QueueFull,
        errors.ContextOverflow,
        errors.BadParameters,
        errors.RequestPoisoned,
        errors.ImagesNotTaken,
        errors.InvalidImage,
    )
}


def error_of(code: str, params: dict[str, Any], retry_after_s: int | None = None) -> errors.LLMError:
    """The error that a code on the wire stands for."""
    return ERRORS.get(code, errors.LLMError)(retry_after_s=retry_after_s, **params)


def _joined(first: Delta, second: Delta) -> Delta:
    return Delta(first.text + second.text, first.n_tokens + second.n_tokens, first.logprobs + second.logprobs)


class EngineStream:
    """Events of one generation, in order. A reader that lags gets its deltas merged, so that little piles up.

    `merges` false keeps them apart: where thoughts are split off, each token has to be counted on its own side.
    """

    def __init__(self, sid: int, *, merges: bool = True) -> None:
        self.sid = sid
        self._merges = merges
        self.is_being_read = False  # sent, and nothing heard of it yet
        self.has_started = False
        self.has_ended = False
        self._events: deque[StreamEvent] = deque()
        self._error: errors.LLMError | None = None
        self._wake = asyncio.Event()
        self._silent = Delta("", 0)  # tokens whose text is still to come

    def put(self, event: StreamEvent) -> None:
        self.is_being_read = False
        if isinstance(event, Started):
            self.has_started = True
        if isinstance(event, Delta):
            event = self._silent = _joined(self._silent, event)
            if not event.text:
                return
            self._silent = Delta("", 0)
            if self._merges and self._events and isinstance(last := self._events[-1], Delta):
                self._events.pop()
                event = _joined(last, event)
        self.has_ended = isinstance(event, Finished)
        self._events.append(event)
        self._wake.set()

    def fail(self, error: errors.LLMError) -> None:
        if not self.has_ended:
            self.has_ended = True
            self._error = error
            self._wake.set()

    async def events(self) -> AsyncGenerator[StreamEvent]:
        """Ends after Finished. Raises LLMError, after all events that came before it."""
        while True:
            while self._events:
                event = self._events.popleft()
                yield event
                if isinstance(event, Finished):
                    return
            if self._error is not None:
                raise self._error
            self._wake.clear()
            if not self._events and self._error is None:
                await self._wake.wait()


def _pairs(raw: list[list[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((text, logprob) for text, logprob in raw)


class EngineClient:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._streams: dict[int, EngineStream] = {}
        self._ids = count(1)
        self._questions = Questions(self._ids)
        self.state, self.detail = "starting", ""
        self.card: dict[str, Any] | None = None
        self.phase = "starting"
        self.heard_s = monotonic_s()

    @classmethod
    async def connect(cls, path: Path) -> EngineClient:
        """Raises OSError."""
        reader, writer = await asyncio.open_unix_connection(str(path))
        return cls(reader, writer)

    async def run(self, changed: asyncio.Event) -> None:
        """Read until the engine is gone; `changed` is set on each new state. Ends in EngineLost for all that runs."""
        try:
            while (frame := await wire.read(self._reader)) is not None:
                self.heard_s = monotonic_s()
                self._take(frame)
                if frame["t"] == "hello":
                    changed.set()
        finally:
            self.lose()

    def lose(self) -> None:
        """The engine is gone. Idempotent."""
        self.state = "lost"
        self._writer.close()
        for stream in self._streams.values():
            stream.fail(errors.EngineLost())
        self._questions.lose()

    # --- streams -------------------------------------------------------------------------------------------------------

    def open(self, request: GenerateRequest) -> EngineStream:
        stream = EngineStream(next(self._ids), merges=not request.splits_reasoning)
        if self.state != "ready":
            stream.fail(errors.EngineLost())
            return stream
        body = {
            "request_id": request.request_id,
            "messages": [asdict(message) for message in request.messages],
            "params": asdict(request.params),
            "model": request.model,
            "user": request.user,
            "weight": request.weight,
            "priority": request.priority,
            "continue_last": request.continue_last,
            "prompt": request.prompt,
            "tools": [asdict(tool) for tool in request.tools],
            "tool_choice": request.tool_choice,
            "parallel_tool_calls": request.parallel_tool_calls,
            "thinks": request.thinks,
        }
        try:
            self._send({"t": "generate", "sid": stream.sid, "request": body})
        except (wire.WireError, OverflowError):
            stream.fail(errors.BadParameters(param="messages", reason="too large"))
            return stream
        self._streams[stream.sid], stream.is_being_read = stream, True
        return stream

    def close(self, stream: EngineStream) -> None:
        """Nobody reads it any longer: abort it in the engine, drop what is still on its way."""
        if self._streams.pop(stream.sid, None) is not None and not stream.has_ended:
            self._send({"t": "abort", "sid": stream.sid})

    # --- questions -----------------------------------------------------------------------------------------------------

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = await self._ask({"t": "count", "texts": list(texts)}, timeout_s=10.0)
        return counts

    async def embed(self, texts: Sequence[str]) -> EmbeddingResult:
        """Raises LLMError."""
        try:
            answer = await self._ask({"t": "embed", "texts": list(texts)}, timeout_s=EMBED_TIMEOUT_S)
        except (wire.WireError, OverflowError):
            raise errors.BadParameters(param="input", reason="too large") from None
        raw, model = answer["vectors"], self.card or {}
        vectors = [list(array("f", one)) for one in raw]
        return EmbeddingResult(vectors, str(model.get("id", "")), answer["n_tokens"])

    def pause(self, is_paused: bool) -> None:
        """Begin nothing that waits, or go on. Returns at once; `stats` tells."""
        self._send({"t": "pause", "is_paused": is_paused})

    async def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = await self._ask({"t": "stats"}, timeout_s=1.0)
        return stats

    async def _ask(self, frame: wire.Frame, timeout_s: float) -> Any:
        """Raises LLMError."""
        return await self._questions.ask(lambda rid: self._send({**frame, "rid": rid}), timeout_s)

    # --- frames --------------------------------------------------------------------------------------------------------

    def _send(self, frame: wire.Frame) -> None:
        if not self._writer.is_closing():
            self._writer.write(wire.pack(frame))

    def _take(self, frame: wire.Frame) -> None:
        kind = frame["t"]
        if kind == "step":
            # Tokens came out, so the step is over; one that reads a prompt is announced by a beat before it.
            if any(event[0] == "delta" for event in frame["events"]):
                self.phase = "decode"
            for event in frame["events"]:
                self._take_event(event)
        elif kind == "beat":
            self.phase = frame["phase"]
        elif kind == "hello":
            self._take_hello(frame)
        elif kind == "answer":
            self._questions.answer(frame["rid"], frame["value"])
        elif kind == "refusal":
            self._questions.refuse(frame["rid"], error_of(frame["code"], frame["params"]))

    def _take_hello(self, frame: wire.Frame) -> None:
        if frame["protocol"] != wire.PROTOCOL:
            raise wire.WireError(f"the engine speaks protocol {frame['protocol']}, not {wire.PROTOCOL}")
        self.state, self.detail, self.card = frame["state"], frame["detail"], frame["card"]
        self.phase = "idle" if self.state == "ready" else self.state

    def _take_event(self, event: list[Any]) -> None:
        kind, sid = event[0], event[1]
        stream = self._streams.get(sid)
        if stream is None:
            return  # closed in the meantime: late tokens are dropped
        model = self.card or {}
        if kind == "delta":
            logprobs = tuple(TokenLogprob(text, logprob, _pairs(top)) for text, logprob, top in event[4:])
            stream.put(Delta(event[2], event[3], logprobs))
        elif kind == "read":
            stream.is_being_read = False
        elif kind == "queued":
            stream.put(Queued(event[2], event[3]))
        elif kind == "started":
            stream.put(Started(model=model["id"], engine=ENGINE, **event[2]))
        elif kind == "finished":
            body = {**event[2], "timings": Timings(**event[2]["timings"])}
            origin = {name: model[name] for name in ("model_hash", "template", "template_hash")}
            stream.put(Finished(model=model["id"], engine=ENGINE, **origin, **body))
        elif kind == "error":
            stream.fail(error_of(event[2], event[3], event[4]))
