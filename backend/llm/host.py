"""The engine host: serves one LLMService, with all its models, to every web process of this machine over a Unix socket.

Lives on one asyncio loop (`manage.py engine`). Decides nothing: `service` does; what administrators ask goes to its local
engines. A connection that ends aborts its streams. A reader that lags is waited for, so that its deltas merge in the engine's
stream; one that reads nothing at all is cut off.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from backend.lib.errors import AppError
from backend.llm import errors
from backend.llm.engine import wire
from backend.llm.host_wire import BEAT_S, ERROR, PROTOCOL, error_to_wire, event_to_wire
from backend.llm.plain import from_plain, to_plain
from backend.llm.process import LocalLLM
from backend.llm.service import LLMService
from backend.llm.types import GenerateRequest

log = logging.getLogger(__name__)

MAX_STREAMS = 4096  # of one web process
Question = Callable[..., Awaitable[Any]]


class Connection:
    """One web process: its streams, its questions, and what is to be sent to it."""

    def __init__(self, writer: asyncio.StreamWriter, service: LLMService, questions: dict[str, Question]) -> None:
        self._writer, self._service, self._questions = writer, service, questions
        self._streams: dict[int, asyncio.Task[None]] = {}
        self._asked: set[asyncio.Task[None]] = set()
        self._events: list[list[Any]] = []

    def take(self, frame: wire.Frame) -> None:
        """Raises WireError."""
        kind = frame["t"]
        if kind == "stream":
            sid = int(frame["sid"])
            if len(self._streams) >= MAX_STREAMS:
                self._tell(sid, errors.QueueFull(retry_after_s=5))
            else:
                stream = self._streams[sid] = asyncio.create_task(self._stream(sid, frame["request"]))
                # Also of one that was aborted before it began: of that no line is run.
                stream.add_done_callback(lambda _: self._streams.pop(sid, None))
        elif kind == "abort":
            if task := self._streams.get(int(frame["sid"])):
                task.cancel()
        elif kind == "ask":
            task = asyncio.create_task(self._answer(frame["rid"], str(frame["what"]), frame["args"]))
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)
        else:
            raise wire.WireError(f"unknown frame {kind!r}")

    async def end(self) -> None:
        """The web process is gone, or we go: abort all."""
        tasks = {*self._streams.values(), *self._asked}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writer.close()

    def send(self, frame: wire.Frame) -> None:
        wire.send(self._writer, frame)

    async def _stream(self, sid: int, plain: Any) -> None:
        try:
            request = from_plain(GenerateRequest, plain)
            async with aclosing(self._service.stream(request)) as events:
                async for event in events:
                    self._put(event_to_wire(sid, event))
                    await self._writer.drain()
        except AppError as error:
            self._tell(sid, error)
        except (TypeError, ValueError):
            self._tell(sid, errors.BadParameters(param="request", reason="cannot be read"))
        except ConnectionError:
            log.debug("stream %d: its reader is gone", sid)
        except Exception:  # whatever broke, the one who asked must hear of it
            log.exception("a stream failed")
            self._tell(sid, errors.LLMError())

    def _tell(self, sid: int, error: AppError) -> None:
        self._put([sid, ERROR, error_to_wire(error)])

    def _put(self, event: list[Any]) -> None:
        """What one turn of the loop has for this connection leaves as one frame."""
        if not self._events:
            asyncio.get_running_loop().call_soon(self._flush)
        self._events.append(event)

    def _flush(self) -> None:
        events, self._events = self._events, []
        self.send({"t": "events", "events": events})

    async def _answer(self, rid: int, what: str, args: list[Any]) -> None:
        try:
            question = self._questions.get(what)
            if question is None:
                raise errors.BadParameters(param="what", reason="is not known to this engine host")
            self.send({"t": "answer", "rid": rid, "value": to_plain(await question(*args))})
        except AppError as error:
            self.send({"t": "refusal", "rid": rid, "error": error_to_wire(error)})
        except Exception:
            log.exception("the question “%s” failed", what)
            self.send({"t": "refusal", "rid": rid, "error": error_to_wire(errors.LLMError())})


class EngineHost:
    """`local`: the service's llama.cpp engines, if it has any."""

    def __init__(self, service: LLMService, local: LocalLLM | None) -> None:
        self._service = service
        self._connections: set[Connection] = set()
        self._questions: dict[str, Question] = {
            "count_tokens": service.count_tokens,
            "embed": lambda texts, model: service.embed(texts, model=model),
            "models": service.models,
            "stats": service.stats,
        }
        if local is not None:
            for question in (
                local.stats_by_model,
                local.load,
                local.unload,
                local.look,
                local.memory,
                local.usage,
                local.adapters,
                local.projectors,
            ):
                self._questions[question.__name__] = question

    async def serve(self, path: Path, stopped: asyncio.Event, up: Callable[[], None] = lambda: None) -> None:
        """Until `stopped` is set. Raises OSError for a socket that cannot be opened."""
        await asyncio.to_thread(_make_room, path)
        umask = os.umask(0o177)  # nobody else may connect between bind and chmod
        try:
            server = await asyncio.start_unix_server(self._accept, path=str(path))
        finally:
            os.umask(umask)
        await self._service.start()
        beating = asyncio.create_task(self._beat())
        up()
        try:
            await stopped.wait()
        finally:
            beating.cancel()
            server.close()
            await asyncio.gather(*(connection.end() for connection in list(self._connections)))
            await self._service.stop()
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _beat(self) -> None:
        while True:
            for connection in self._connections:
                connection.send({"t": "beat"})
            await asyncio.sleep(BEAT_S)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer, self._service, self._questions)
        connection.send({"t": "hello", "protocol": PROTOCOL})
        self._connections.add(connection)
        try:
            while (frame := await wire.read(reader)) is not None:
                connection.take(frame)
        except (wire.WireError, KeyError, TypeError, ValueError) as error:
            log.error("a web process does not speak our protocol: %s", error)
        finally:
            self._connections.discard(connection)
            await connection.end()


def _make_room(path: Path) -> None:
    """Take away the socket of a host that was killed. Raises FileExistsError when one listens there."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise FileExistsError(f"another engine host listens on {path}")
