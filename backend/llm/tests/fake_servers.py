"""Small HTTP servers that speak as vLLM and llama-server do, and some that mean harm. Real sockets on loopback; tests only.

The dialects follow what those servers send: vLLM a first delta with a role and empty content, `choices: []` with the usage at
the end, errors as objects inside the stream; llama-server `: ` comments between chunks, `timings` beside the usage, and its
own error types. What a test wants else, it writes as raw bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from backend.llm.engine.stopping import StopMatcher

N_CTX = 8192
CREATED_S = 1_700_000_000


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class FakeServer:
    """`url` ends in /v1. `asked`: every request. `plan`: answers of the next completions, in turn; then the dialect's own."""

    dialect: str = "vllm"
    model: str = "fake"
    n_words: int = 100_000
    delay_s: float = 0.0
    sees: bool | None = None  # what it tells of its model, in its dialect's words; None: nothing
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    plan: list[Callable[[asyncio.StreamWriter, Asked], Awaitable[None]]] = field(default_factory=list)
    n_open: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def completions(self) -> list[dict[str, Any]]:
        return [one.body for one in self.asked if one.path == "/v1/chat/completions"]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """As if the process had died: connections are cut in the middle, and nobody listens."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (asked := await _read(reader)) is not None:
                self.asked.append(asked)
                await self._answer(asked, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            transport = writer.transport
            transport.abort()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.path == "/v1/models":
            await send_json(writer, self._models())
        elif asked.path == "/tokenize":
            text = asked.body.get("content", asked.body.get("prompt", ""))
            tokens = list(range(len(text.split())))
            is_vllm = self.dialect == "vllm"
            await send_json(writer, {"count": len(tokens), "max_model_len": N_CTX} if is_vllm else {"tokens": tokens})
        elif asked.path == "/v1/embeddings":
            rows = [{"index": n, "embedding": [0.6, 0.8]} for n, _ in enumerate(asked.body["input"])]
            await send_json(writer, {"data": rows[::-1], "model": self.model, "usage": {"prompt_tokens": 7}})
        elif asked.path == "/v1/chat/completions":
            self.n_open += 1
            try:
                await (self.plan.pop(0) if self.plan else self._talk)(writer, asked)
            finally:
                self.n_open -= 1
        else:
            await send_json(writer, {"error": {"message": "not found", "code": 404}}, 404)

    def _models(self) -> dict[str, Any]:
        # vLLM and llama-server say when they were asked.
        asked_s = CREATED_S if self.dialect in ("openai", "maru") else CREATED_S + len(self.asked)
        card: dict[str, Any] = {"id": self.model, "object": "model", "created": asked_s}
        if self.dialect == "vllm":
            card |= {"owned_by": "vllm", "max_model_len": N_CTX}
        elif self.dialect == "llamacpp":
            card |= {"owned_by": "llamacpp", "meta": {"n_ctx_train": N_CTX, "n_params": 1000, "size": 4000}}
        else:
            card |= {"owned_by": self.dialect}
        if self.sees is None:
            return {"object": "list", "data": [card]}
        if self.dialect == "llamacpp":
            words = ["completion", "multimodal"] if self.sees else ["completion"]
            return {"models": [{"name": self.model, "capabilities": words}], "object": "list", "data": [card]}
        if self.dialect == "maru":
            return {"object": "list", "data": [card | {"sees_images": self.sees}]}
        modalities = ["text", "image"] if self.sees else ["text"]
        return {"object": "list", "data": [card | {"architecture": {"input_modalities": modalities}}]}

    async def _talk(self, writer: asyncio.StreamWriter, asked: Asked) -> None:
        """Words that depend on the seed, ended by `stop`, `max_tokens` or themselves."""
        body = asked.body
        limit = body.get("max_tokens", body.get("max_completion_tokens", 16))
        stops, n_out, reason = StopMatcher(tuple(body.get("stop", ()))), 0, "stop"
        await begin_stream(writer)
        if self.dialect == "vllm":
            await send_event(writer, self._chunk({"role": "assistant", "content": ""}))
        elif self.dialect == "llamacpp":
            await send_event(writer, self._chunk({"role": "assistant", "content": None}))
        for n in range(self.n_words):
            if n_out == limit:
                reason = "length"
                break
            n_out += 1
            text = stops.feed(" w" + str(zlib.crc32(b"%d/%d" % (body.get("seed") or 0, n)) % 997))
            if text:
                await send_event(writer, self._chunk({"content": text}))
            if self.dialect == "llamacpp" and n % 7 == 0:
                await send_raw(writer, b": keep-alive\n\n")
            if stops.is_stopped:
                break
            await asyncio.sleep(self.delay_s)
        await send_event(writer, self._chunk({}, reason))
        await self._end(writer, len(json.dumps(body["messages"]).split()), n_out)

    async def _end(self, writer: asyncio.StreamWriter, n_prompt: int, n_out: int) -> None:
        usage = {"prompt_tokens": n_prompt, "completion_tokens": n_out, "total_tokens": n_prompt + n_out}
        usage["prompt_tokens_details"] = {"cached_tokens": 3}  # type: ignore[assignment]
        last = {"id": "x", "object": "chat.completion.chunk", "model": self.model, "choices": [], "usage": usage}
        if self.dialect == "llamacpp":
            last["timings"] = {"prompt_n": n_prompt, "predicted_n": n_out}
        await send_event(writer, last)
        await end_stream(writer)

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": self.model, "choices": [choice]}


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, json.loads(raw) if raw else {})


async def send_json(writer: asyncio.StreamWriter, body: Any, status: int = 200, **headers: str) -> None:
    raw = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + raw)
    await writer.drain()


async def begin_stream(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    await writer.drain()


async def send_raw(writer: asyncio.StreamWriter, raw: bytes) -> None:
    writer.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
    await writer.drain()


async def send_event(writer: asyncio.StreamWriter, body: Any) -> None:
    await send_raw(writer, b"data: " + json.dumps(body).encode() + b"\n\n")


async def end_stream(writer: asyncio.StreamWriter) -> None:
    await send_raw(writer, b"data: [DONE]\n\n")
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def raw(*parts: bytes, then: str = "cut") -> Callable[[asyncio.StreamWriter, Asked], Awaitable[None]]:
    """An answer of these bytes; `then` the line is cut, ended, or silent for ever."""

    async def answer(writer: asyncio.StreamWriter, asked: Asked) -> None:
        await begin_stream(writer)
        for part in parts:
            await send_raw(writer, part)
        if then == "end":
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        elif then == "silent":
            await asyncio.Event().wait()
        else:
            raise ConnectionError

    return answer


def refusal(status: int, body: Any, **headers: str) -> Callable[[asyncio.StreamWriter, Asked], Awaitable[None]]:
    async def answer(writer: asyncio.StreamWriter, asked: Asked) -> None:
        await send_json(writer, body, status, **headers)

    return answer


@asynccontextmanager
async def fake_server(dialect: str = "vllm", **options: Any) -> AsyncIterator[FakeServer]:
    server = FakeServer(dialect, **options)
    await server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            await server.kill()
