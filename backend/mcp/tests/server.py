"""A small MCP server over Streamable HTTP, on a real socket of loopback; tests only.

    python -m backend.mcp.tests.server PORT      as a process of its own, for the browser tests

Three tools: `add` {a, b}; `note` {text}, which remembers what it was told; `slow`, which answers when `go` is set.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
Raw = bytes | Iterable[bytes]


def schema(**properties: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}


TOOLS: list[dict[str, Any]] = [
    {"name": "add", "description": "Adds two numbers.", "inputSchema": schema(a="number", b="number")},
    {"name": "note", "description": "Writes a note down.", "inputSchema": schema(text="string")},
    {"name": "slow", "description": "Takes its time.", "inputSchema": schema()},
]


def http(status: int, body: bytes = b"", *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def said(id_: Any, result: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": id_, "result": result}, ensure_ascii=False).encode()


def text_of(text: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], **more}


@dataclass
class McpServer:
    """`heard`: (method, its params, its headers). `odd`: method → the raw response instead, of (id) → bytes or pieces."""

    port: int = 0
    tools: list[dict[str, Any]] = field(default_factory=lambda: list(TOOLS))
    heard: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    odd: dict[str, Callable[[Any], Raw]] = field(default_factory=dict)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # `slow` was called
    page: int = 100

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.heard]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            answer = await self.respond(*head[0].split(" ")[:2], headers, body)
            for part in [answer] if isinstance(answer, bytes) else answer:
                writer.write(part)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async def respond(self, verb: str, path: str, headers: dict[str, str], body: bytes) -> Raw:
        return await self._answer(verb, json.loads(body) if body else {}, headers)

    async def _answer(self, verb: str, asked: dict[str, Any], headers: dict[str, str]) -> Raw:
        method = asked.get("method", verb)
        self.heard.append((method, asked.get("params", {}), headers))
        if method in self.odd:
            return self.odd[method](asked.get("id"))
        if "id" not in asked:
            return http(202)
        result = await self._result(method, asked.get("params", {}))
        if method == "initialize":
            return http(200, said(asked["id"], result), "Mcp-Session-Id: a-session")
        # The other way to answer: a stream, in which other things come first.
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "working"}}
        events = f"id: 1\ndata:\n\nevent: message\ndata: {json.dumps(note)}\n\n".encode()
        return http(200, events + b"data: " + said(asked["id"], result) + b"\n\n", kind="text/event-stream")

    async def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "initialize":
            return {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "t", "version": "1"},
            }
        if method == "tools/list":
            start = int(params.get("cursor", 0))
            more = {"nextCursor": str(start + self.page)} if start + self.page < len(self.tools) else {}
            return {"tools": self.tools[start : start + self.page], **more}
        return await self._called(params["name"], params.get("arguments", {}))

    async def _called(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name == "add":
            return text_of(f"{arguments['a'] + arguments['b']}")
        if name == "note":
            self.notes.append(str(arguments.get("text")))
            return text_of("written down")
        self.asked.set()
        await self.go.wait()
        return text_of("at last")


@asynccontextmanager
async def mcp_server(port: int = 0) -> AsyncIterator[McpServer]:
    async with served(McpServer(), port) as made:
        yield made


S = TypeVar("S", bound=McpServer)


@asynccontextmanager
async def served(made: S, port: int = 0) -> AsyncIterator[S]:
    server = await asyncio.start_server(made.serve, "127.0.0.1", port)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    made.go.set()
    server.close()


@contextmanager
def in_thread(make: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """A server on a loop of its own, for tests that have none."""
    found: list[T] = []
    loop, is_up, is_over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with make() as made:
            found.append(made)
            is_up.set()
            await is_over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert is_up.wait(10)
    yield found[0]
    loop.call_soon_threadsafe(is_over.set)
    thread.join(10)
    loop.close()


async def _main(port: int) -> None:
    async with mcp_server(port) as made:
        made.go.set()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
