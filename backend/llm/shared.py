"""SharedLLM: the engine host of this machine as an LLMService. Several web processes use the same one.

One task on the event loop that called `start` keeps the connection; it comes back by itself. A stream that had begun when the
host was lost raises EngineLost; one that was only waiting is asked again at the next host. Shows the same face to administrators
as LocalLLM does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from backend.lib.clock import monotonic_s
from backend.lib.said import Said
from backend.llm import errors
from backend.llm.config import LLMConfig
from backend.llm.engine import wire
from backend.llm.host_wire import ERROR, PROTOCOL, error_from_wire, event_from_wire
from backend.llm.model_files import find_files
from backend.llm.model_memory import MemoryNeed
from backend.llm.plain import from_plain, to_plain
from backend.llm.questions import Questions
from backend.llm.types import EmbeddingResult, EngineStats, Finished, GenerateRequest, ModelCard, Queued, StreamEvent

log = logging.getLogger(__name__)

ENGINE = "local"  # of this machine, whichever process owns it
RETRY_S = 0.1
READY_TIMEOUT_S = 60.0  # how long a request waits for a host that is away
SILENT_S = 10.0  # a host that beats no more for so long is lost
ASK_TIMEOUT_S = 10.0
EMBED_TIMEOUT_S = 600.0
HOST_AWAY = Said("The engine host is away.", "엔진 호스트가 연결되어 있지 않습니다.")
HOST_SILENT = Said("The engine host does not answer.", "엔진 호스트가 응답하지 않습니다.")


class _Stream:
    def __init__(self) -> None:
        self.events: asyncio.Queue[StreamEvent | errors.LLMError] = asyncio.Queue()
        self.has_begun = False

    def put(self, kind: str, body: Any) -> None:
        event = error_from_wire(body) if kind == ERROR else event_from_wire(kind, body)
        self.has_begun = self.has_begun or not isinstance(event, Queued)
        self.events.put_nowait(event)


class _Link:
    """One connection to the host."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._ids = count(1)
        self._streams: dict[int, _Stream] = {}
        self._questions = Questions(self._ids)
        self.heard_s = monotonic_s()

    async def run(self) -> None:
        """Until the host is gone. Raises WireError for one of another protocol."""
        while (frame := await wire.read(self._reader)) is not None:
            self.heard_s = monotonic_s()
            kind = frame["t"]
            if kind == "events":
                for sid, name, body in frame["events"]:
                    if (stream := self._streams.get(sid)) is not None:  # else closed: late text is dropped
                        stream.put(name, body)
            elif kind == "answer":
                self._questions.answer(frame["rid"], frame["value"])
            elif kind == "refusal":
                self._questions.refuse(frame["rid"], error_from_wire(frame["error"]))
            elif kind == "hello" and frame["protocol"] != PROTOCOL:
                raise wire.WireError(f"the engine host speaks protocol {frame['protocol']}, not {PROTOCOL}")

    def lose(self) -> None:
        self._writer.close()
        for stream in self._streams.values():
            stream.events.put_nowait(errors.EngineLost())
        self._questions.lose()

    def open(self, request: GenerateRequest) -> tuple[int, _Stream]:
        sid, stream = next(self._ids), _Stream()
        try:
            self._send({"t": "stream", "sid": sid, "request": to_plain(replace(request, api_key=""))})
        except (wire.WireError, OverflowError):
            raise errors.BadParameters(param="messages", reason="too large") from None
        self._streams[sid] = stream
        return sid, stream

    def close(self, sid: int, *, is_over: bool) -> None:
        self._streams.pop(sid, None)
        if not is_over:
            self._send({"t": "abort", "sid": sid})

    async def ask(self, what: str, *args: Any, timeout_s: float = ASK_TIMEOUT_S) -> Any:
        question = {"t": "ask", "what": what, "args": to_plain(args)}
        return await self._questions.ask(lambda rid: self._send({**question, "rid": rid}), timeout_s)

    def _send(self, frame: wire.Frame) -> None:
        if not self._writer.is_closing():
            self._writer.write(wire.pack(frame))


class SharedLLM:
    """`path`: the host's socket. `config` says where the models lie."""

    def __init__(self, path: Path, config: LLMConfig | None = None) -> None:
        self._path, self._config = path, config or LLMConfig()
        self._link: _Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._n_links = 0

    async def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._attend(), name="engine host")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        while True:
            if self._link is None:
                yield Queued(1, None)
            link = await self._linked()
            sid, stream = link.open(request)
            is_over = False
            try:
                while not is_over:
                    event = await stream.events.get()
                    is_over = isinstance(event, Finished | errors.LLMError)
                    if not isinstance(event, errors.LLMError):
                        yield event
                    elif link is self._link or stream.has_begun:
                        raise event
            finally:
                link.close(sid, is_over=is_over)
            if isinstance(event, Finished):
                return

    async def count_tokens(self, texts: Sequence[str], model: str | None = None) -> list[int]:
        counts: list[int] = await (await self._linked()).ask("count_tokens", list(texts), model)
        return counts

    async def embed(self, texts: Sequence[str], *, model: str | None = None) -> EmbeddingResult:
        link = await self._linked()
        return from_plain(EmbeddingResult, await link.ask("embed", list(texts), model, timeout_s=EMBED_TIMEOUT_S))

    async def models(self) -> list[ModelCard]:
        if self._link is None:
            return []
        with suppress(errors.EngineUnavailable):
            return [from_plain(ModelCard, card) for card in await self._link.ask("models")]
        return []

    async def stats(self) -> EngineStats:
        if self._link is None:
            return EngineStats(ENGINE, "down" if self._n_links else "starting", detail=HOST_AWAY)
        try:
            return from_plain(EngineStats, await self._link.ask("stats", timeout_s=2.0))
        except errors.LLMError:
            return EngineStats(ENGINE, "down", detail=HOST_SILENT)

    # --- for administrators, as LocalLLM ------------------------------------------------------------------------------

    async def stats_by_model(self) -> dict[str, EngineStats]:
        with suppress(errors.LLMError):
            told = await (self._link or await self._linked(0)).ask("stats_by_model", timeout_s=2.0)
            return {model: from_plain(EngineStats, one) for model, one in told.items()}
        return {}

    async def load(self, model: str) -> None:
        await (await self._linked(0)).ask("load", model)

    async def unload(self, model: str) -> None:
        await (await self._linked(0)).ask("unload", model)

    async def look(self) -> None:
        await (await self._linked(0)).ask("look")

    async def memory(self) -> tuple[int, dict[str, MemoryNeed]]:
        free, needs = await (await self._linked(0)).ask("memory")
        return free, {model: from_plain(MemoryNeed, need) for model, need in needs.items()}

    async def usage(self) -> dict[str, tuple[int, float]]:
        told = await (await self._linked(0)).ask("usage")
        return {model: (n_users, idle_s) for model, (n_users, idle_s) in told.items()}

    async def adapters(self) -> list[tuple[str, int, str]]:
        return [tuple(one) for one in await (await self._linked(0)).ask("adapters")]

    async def projectors(self) -> list[tuple[str, int]]:
        return [tuple(one) for one in await (await self._linked(0)).ask("projectors")]

    def paths(self) -> dict[str, Path]:
        """The models folder is one for all processes of the machine."""
        return {file.id: file.path for file in find_files(self._config)}

    def path_of(self, model: str) -> Path:
        """Raises ModelNotFound."""
        path = self.paths().get(model)
        if path is None:
            raise errors.ModelNotFound(model=model)
        return path

    # --- the connection -----------------------------------------------------------------------------------------------

    async def _linked(self, timeout_s: float = READY_TIMEOUT_S) -> _Link:
        """Raises EngineUnavailable when the host does not come back in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._link is None:
                    if self._task is None:
                        raise errors.EngineUnavailable(retry_after_s=5)
                    await self._changed.wait()
        except TimeoutError:
            raise errors.EngineUnavailable(retry_after_s=5) from None
        return self._link

    async def _attend(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            link = _Link(reader, writer)
            try:
                await self._watch(link)
            except wire.WireError as error:
                log.error("%s", error)
                await asyncio.sleep(SILENT_S)
            finally:
                self._link = None
                self._changed.clear()
                link.lose()
            log.error("the engine host is gone; looking for it")

    async def _watch(self, link: _Link) -> None:
        reading = asyncio.create_task(link.run(), name="engine host reader")
        self._link = link
        self._n_links += 1
        self._changed.set()
        try:
            while not reading.done():
                asked_s = monotonic_s()
                await asyncio.wait({reading}, timeout=SILENT_S / 4)
                link.heard_s += max(0.0, monotonic_s() - asked_s - SILENT_S / 2)  # we stood still, not the host
                if monotonic_s() - link.heard_s > SILENT_S:
                    log.error("the engine host is silent for %.0f s", SILENT_S)
                    return
            reading.result()
        finally:
            reading.cancel()
