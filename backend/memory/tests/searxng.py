"""A small HTTP server that speaks as a SearXNG does. Real sockets on loopback; tests only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

RESULTS = [
    {
        "url": "https://www.hanok.example/maru",
        "title": "Maru, the open floor",
        "content": "The wooden floor between the rooms of a Korean house.",
        "engine": "duckduckgo",
        "score": 4.0,
    },
    {
        "url": "http://floors.example/ondol?a=1&b=2",
        "title": "온돌과 마루",
        "content": "온돌은 방을 데우고 마루는 식힌다.",
    },
]


def answer_of(results: Any) -> bytes:
    """The whole response, as SearXNG writes it."""
    return http(200, json.dumps({"query": "x", "number_of_results": 0, "results": results, "answers": []}).encode())


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


@dataclass
class SearXNG:
    """`answers`: raw responses of the next requests, in turn; then RESULTS. An empty one is silence."""

    port: int = 0
    heard: list[dict[str, list[str]]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[bytes | Iterable[bytes]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
        self.paths.append(urlsplit(target).path)
        self.asked.set()
        self.heard.append(parse_qs(urlsplit(target).query))
        answer = self.answers.pop(0) if self.answers else answer_of(RESULTS)
        if not answer:
            await reader.read()  # until the other side gives up
        try:
            for part in [answer] if isinstance(answer, bytes) else answer:
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()


@asynccontextmanager
async def searxng() -> AsyncIterator[SearXNG]:
    made = SearXNG()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
