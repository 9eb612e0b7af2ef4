"""The engine's socket: accepts web processes, turns their requests into sequences, sends each what is its own.

Lives on the asyncio loop of the engine process's main thread. Templates and tokenization run in a pool of threads; the
decode loop in a thread of its own, reached only through `Engine`. The socket opens before the model is loaded, so that a
web process can tell a loading engine from a dead one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from backend.llm.engine import wire
from backend.llm.engine.config import EngineConfig
from backend.llm.engine.embedder import EmbeddingEngine, Vectors, texts_to_embed
from backend.llm.engine.engine import Engine, Event
from backend.llm.engine.memory import rss_bytes
from backend.llm.engine.memory_watch import watch_memory
from backend.llm.engine.requests import Refusal, count_tokens, image_urls, sequence_of
from backend.llm.engine.sight import Cancelled, look
from backend.llm.engine.startup import LoadedEmbedder, LoadedModel, load

log = logging.getLogger(__name__)

EXIT_BROKEN, EXIT_MEMORY = 70, 71
TOKENIZER_STACK_BYTES = 64 * 1024 * 1024


class Connection:
    """One web process. `send` never waits: a reader that is too far behind is cut off."""

    def __init__(self, id: int, writer: asyncio.StreamWriter) -> None:
        self.id = id
        self._writer = writer

    def send(self, frame: wire.Frame) -> None:
        wire.send(self._writer, frame)


class EngineServer:
    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._connections: dict[int, Connection] = {}
        self._ids = count(1)
        self._state, self._detail = "starting", ""
        self._loaded: LoadedModel | LoadedEmbedder | None = None
        self._engine: Engine | EmbeddingEngine | None = None
        self._max_bytes: int | None = None
        self._started_s = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelled: set[tuple[int, int]] = set()
        self._reading: set[tuple[int, int]] = set()
        # Some pre-tokenizers recurse on long texts.
        threading.stack_size(TOKENIZER_STACK_BYTES)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tokenize")

    async def serve(self, stopped: asyncio.Event) -> None:
        """Until `stopped` is set."""
        self._loop = asyncio.get_running_loop()
        path = Path(self._config.socket)
        self._remove_socket(path)  # one may be left by an engine that was killed
        server = await self._listen(path)
        thread = threading.Thread(target=self._run_engine, name="engine", daemon=True)
        thread.start()
        async with server:
            await stopped.wait()
        if self._engine is not None:
            self._engine.stop()
            await asyncio.to_thread(thread.join, 5)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._remove_socket(path)

    @staticmethod
    def _remove_socket(path: Path) -> None:
        if path.is_socket():
            path.unlink()

    async def _listen(self, path: Path) -> asyncio.Server:
        umask = os.umask(0o177)  # nobody may connect between bind and chmod
        try:
            return await asyncio.start_unix_server(self._accept, path=str(path))
        finally:
            os.umask(umask)

    # --- the engine's thread -----------------------------------------------------------------------------------------

    def _run_engine(self) -> None:
        try:
            self._load_and_run()
        except BaseException:
            # A process that outlived its decode loop would look alive and answer nobody. The supervisor starts another.
            log.exception("the engine's thread failed")
            os._exit(EXIT_BROKEN)

    def _load_and_run(self) -> None:
        try:
            loaded = load(self._config, publish=self._publish, beat=self._beat)
        except Refusal as refusal:
            reason = str(refusal.params.get("reason", refusal.code))
            self._in_loop(lambda: self._set_state("unusable", reason))
            return
        self._in_loop(lambda: self._set_ready(loaded))
        loaded.engine.run()
        loaded.close()

    def _publish(self, events: list[Event]) -> None:
        per_connection: dict[int, list[list[Any]]] = {}
        for (connection, _), event in events:
            per_connection.setdefault(connection, []).append(event)
        self._in_loop(lambda: self._send_step(per_connection))

    def _beat(self, phase: str) -> None:
        self._in_loop(lambda: self._send_all({"t": "beat", "phase": phase}))

    def _in_loop(self, act: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(act)
        except RuntimeError:
            log.debug("the loop is closed; the process is ending")

    # --- the loop ------------------------------------------------------------------------------------------------------

    def _set_state(self, state: str, detail: str) -> None:
        self._state, self._detail = state, detail
        log.info("engine state: %s %s", state, detail)
        self._send_all(self._hello())

    def _set_ready(self, loaded: LoadedModel | LoadedEmbedder) -> None:
        self._loaded, self._engine = loaded, loaded.engine
        self._set_state("ready", "")
        self._max_bytes = loaded.bytes_max()
        if self._max_bytes is not None and isinstance(self._engine, Engine):
            end = partial(os._exit, EXIT_MEMORY)
            self._spawn(watch_memory(self._max_bytes, forget=self._engine.forget_saved, end=end))
        self._pool.submit(loaded.find_hash, lambda: self._in_loop(lambda: self._send_all(self._hello())))

    def _hello(self) -> wire.Frame:
        card = self._loaded.card() if self._loaded else None
        return {"t": "hello", "protocol": wire.PROTOCOL, "state": self._state, "detail": self._detail, "card": card}

    def _send_all(self, frame: wire.Frame) -> None:
        for connection in self._connections.values():
            connection.send(frame)

    def _send_step(self, per_connection: dict[int, list[list[Any]]]) -> None:
        for id, events in per_connection.items():
            connection = self._connections.get(id)
            if connection is not None:
                connection.send({"t": "step", "events": events})

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(next(self._ids), writer)
        self._connections[connection.id] = connection
        connection.send(self._hello())
        try:
            while (frame := await wire.read(reader)) is not None:
                self._take(connection, frame)
        except wire.WireError as error:
            log.error("connection %d: %s", connection.id, error)
        finally:
            del self._connections[connection.id]
            self._cancelled |= {key for key in self._reading if key[0] == connection.id}
            if self._engine is not None:
                self._engine.abort_connection(connection.id)
            writer.close()

    def _take(self, connection: Connection, frame: wire.Frame) -> None:
        kind = frame["t"]
        if kind == "generate":
            key = (connection.id, int(frame["sid"]))
            is_full = len(self._reading) >= self._config.max_queued + self._config.n_slots
            self._reading.add(key)  # now: what comes in the same piece may be its abort, or the end
            self._spawn(self._generate(connection, key, frame["request"], is_full=is_full))
        elif kind == "abort":
            self._abort((connection.id, int(frame["sid"])))
        elif kind in ("count", "embed"):
            self._spawn(self._answer(connection, frame))
        elif kind == "stats":
            self._stats(connection, frame["rid"])
        elif kind == "pause":
            self._pause(bool(frame["is_paused"]))
        else:
            raise wire.WireError(f"unknown frame {kind!r}")

    def _pause(self, is_paused: bool) -> None:
        """Of an embedding model nothing waits long enough to be worth it."""
        if isinstance(self._engine, Engine):
            self._engine.pause(is_paused)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _abort(self, key: tuple[int, int]) -> None:
        if key in self._reading:
            self._cancelled.add(key)
        elif isinstance(self._engine, Engine):
            self._engine.abort(key)

    async def _generate(
        self, connection: Connection, key: tuple[int, int], request: dict[str, Any], *, is_full: bool
    ) -> None:
        sid, arrived_s = key[1], time.monotonic()
        try:
            loaded = self._ready_for_text()
            if is_full:
                raise Refusal("queue_full", retry_after_s=5)
            seen = await look(loaded.sight, image_urls(request), lambda: key not in self._cancelled)
            sequence = await self._loop.run_in_executor(
                self._pool, sequence_of, request, key, arrived_s, loaded.reading, seen
            )
            if key not in self._cancelled:
                loaded.engine.submit(sequence)
                connection.send({"t": "step", "events": [["read", sid]]})
        except Cancelled:
            pass
        except Refusal as refusal:
            event = ["error", sid, refusal.code, refusal.params, refusal.retry_after_s]
            connection.send({"t": "step", "events": [event]})
        except Exception:  # whatever broke, the one who asked must hear of it
            log.exception("a request could not be read")
            connection.send({"t": "step", "events": [["error", sid, "llm_error", {}, None]]})
        finally:
            self._reading.discard(key)
            self._cancelled.discard(key)

    async def _answer(self, connection: Connection, frame: wire.Frame) -> None:
        rid = frame["rid"]
        try:
            value = await (self._counts if frame["t"] == "count" else self._vectors)(connection, frame["texts"])
            connection.send({"t": "answer", "rid": rid, "value": value})
        except Refusal as refusal:
            connection.send({"t": "refusal", "rid": rid, "code": refusal.code, "params": refusal.params})
        except Exception:  # whatever broke, the one who asked must hear of it
            log.exception("a question could not be answered")
            connection.send({"t": "refusal", "rid": rid, "code": "llm_error", "params": {}})

    async def _counts(self, _: Connection, texts: list[str]) -> list[int]:
        reading = self._ready_for_text().reading
        return await self._loop.run_in_executor(self._pool, count_tokens, texts, reading)

    async def _vectors(self, connection: Connection, texts: Any) -> dict[str, Any]:
        loaded = self._ready()
        if not isinstance(loaded, LoadedEmbedder):
            raise Refusal("bad_parameters", param="model", reason="it makes no vectors")
        tokens = await self._loop.run_in_executor(self._pool, texts_to_embed, texts, loaded.runner)
        answered: asyncio.Future[Vectors | None] = self._loop.create_future()
        loaded.engine.submit(connection.id, tokens, lambda made: self._in_loop(lambda: answered.set_result(made)))
        vectors = await answered
        if vectors is None:
            raise Refusal("llm_error")
        return {"vectors": vectors.vectors, "n_tokens": vectors.n_tokens}

    def _stats(self, connection: Connection, rid: int) -> None:
        common = {
            "state": self._state,
            "detail": self._detail,
            "uptime_s": round(time.monotonic() - self._started_s, 3),
            "niceness": os.getpriority(os.PRIO_PROCESS, 0),
            "rss_bytes": rss_bytes(),
            "rss_bytes_max": self._max_bytes,
        }
        if self._engine is None or self._loaded is None:
            connection.send({"t": "answer", "rid": rid, "value": common})
            return
        if isinstance(self._loaded, LoadedModel):
            common |= {"n_slots": self._config.n_slots, "kv_cells": self._loaded.runner.n_cells}

        def answer(stats: dict[str, Any]) -> None:
            frame = {"t": "answer", "rid": rid, "value": {**common, **stats}}
            self._in_loop(lambda: connection.send(frame))

        self._engine.ask_stats(answer)

    def _ready_for_text(self) -> LoadedModel:
        loaded = self._ready()
        if isinstance(loaded, LoadedEmbedder):
            raise Refusal("bad_parameters", param="model", reason="it makes no text")
        return loaded

    def _ready(self) -> LoadedModel | LoadedEmbedder:
        if self._loaded is not None:
            return self._loaded
        if self._state == "unusable":
            raise Refusal("model_unusable", reason=self._detail)
        raise Refusal("engine_unavailable", retry_after_s=2)
