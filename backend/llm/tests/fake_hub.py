"""A hub on loopback that serves one file as Hugging Face does, and misbehaves as it is told. Tests only."""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

REPO, FILE, COMMIT = "owner/talks-GGUF", "talks.gguf", "c0ffee" * 6


@dataclass
class FakeHub:
    """`cut_after`: bytes of each answer after which the line breaks. `location`: where it leads instead of answering."""

    content: bytes
    sha256: str = ""
    cut_after: list[int] = field(default_factory=list)
    location: str = ""
    token: str = ""
    knows_ranges: bool = True
    tells_checksum: bool = True
    status: int = 0
    holds: asyncio.Event | None = None  # no more than half is sent before it is set
    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ", 2)[1]
            headers = {name.lower(): value for name, value in re.findall(r"(?m)^([\w-]+): (.*?)\r$", head)}
            self.asked.append({"path": path, **headers})
            await self._send(path, headers, writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _send(self, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            return self._head(writer, 401, {"Content-Length": "0"})
        if self.status:
            return self._head(writer, self.status, {"Content-Length": "0"})
        linked = {"X-Linked-Size": str(len(self.content)), "X-Repo-Commit": COMMIT}
        if self.tells_checksum:
            linked["X-Linked-Etag"] = f'"{self.sha256 or hashlib.sha256(self.content).hexdigest()}"'
        if path.startswith("/blob"):
            return await self._body(headers, {}, writer)
        if self.location:
            return self._head(writer, 302, {**linked, "Location": self.location, "Content-Length": "0"})
        return await self._body(headers, linked, writer)

    async def _body(self, headers: dict[str, str], more: dict[str, str], writer: asyncio.StreamWriter) -> None:
        start = int(headers["range"].removeprefix("bytes=").rstrip("-")) if self.knows_ranges else 0
        rest = self.content[start:]
        told = {**more, "Content-Length": str(len(rest))}
        if self.knows_ranges:
            told["Content-Range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        self._head(writer, 206 if self.knows_ranges else 200, told)
        if self.cut_after:
            rest = rest[: self.cut_after.pop(0)]
        half = len(rest) // 2 if self.holds else 0
        writer.write(rest[:half])
        await writer.drain()
        if self.holds:
            await self.holds.wait()
        writer.write(rest[half:])

    def _head(self, writer: asyncio.StreamWriter, status: int, headers: dict[str, str]) -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Connection": "close"}.items())
        writer.write(f"HTTP/1.1 {status} As told\r\n{lines}\r\n".encode())


@asynccontextmanager
async def running(hub: FakeHub) -> AsyncGenerator[FakeHub]:
    server = await asyncio.start_server(hub.answer, "127.0.0.1", 0)
    hub.port = server.sockets[0].getsockname()[1]
    try:
        yield hub
    finally:
        server.close()


@contextmanager
def in_thread(hub: FakeHub) -> Iterator[FakeHub]:
    """For what has an event loop of its own."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(hub.answer, "127.0.0.1", 0))
    hub.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        server.close()
        loop.close()
