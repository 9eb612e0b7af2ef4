"""Speaks to an MCP server over Streamable HTTP: one conversation for each look and each call. (docs/adr/0016: why our own.)

Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports. We declare no capabilities, so
whatever the server asks or announces meanwhile is passed over. Everything it sends was written by strangers: an answer has
MAX_ANSWER_BYTES at most, everything together `timeout_s`, and redirects are not followed. Stateless; belongs to the event
loop that asks; logs no argument and no result.
"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from backend.lib.outbound import AsyncClient, HTTPError, Response, StreamError
from backend.mcp.door import Endpoint, ToolFailed, in_time, reached
from backend.mcp.models import MAX_NAME, MAX_TOOLS

VERSION = "2025-11-25"
VERSIONS = (VERSION, "2025-06-18", "2025-03-26")
MAX_ANSWER_BYTES = 1024 * 1024
MAX_PAGES = 10
MAX_RESULT_CHARS = 16_000
MAX_DESCRIPTION_CHARS = 1_000
MAX_SCHEMA_CHARS = 8_000
FAREWELL_S = 2.0
_SESSION_ID = re.compile(r"[\x21-\x7e]{1,200}")
_LINE_END = re.compile(r"\r\n|\n|\r")
_STAY = "\n\t\u200c\u200d"  # the last two join: emoji, Persian, Indic
_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_NAME}}}")


@dataclass(frozen=True, slots=True)
class Listed:
    name: str
    description: str
    parameters: str  # JSON schema of an object


@dataclass(frozen=True, slots=True)
class Answer:
    """`n_chars` counts what there was before it was cut to MAX_RESULT_CHARS."""

    text: str
    n_chars: int
    is_error: bool


async def list_tools(endpoint: Endpoint) -> list[Listed]:
    """Those with a name and a schema that can be passed on, MAX_TOOLS at most. Raises ToolFailed."""
    found: dict[str, Listed] = {}
    async with _conversation(endpoint) as server:
        params: dict[str, Any] = {}
        for _ in range(MAX_PAGES):
            page = await server.ask("tools/list", params)
            rows = page.get("tools")
            if not isinstance(rows, list):
                raise ToolFailed("bad_answer")
            found |= {tool.name: tool for tool in map(_listed, rows) if tool is not None}
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or len(found) >= MAX_TOOLS:
                break
            params = {"cursor": cursor[:2_000]}
    return list(found.values())[:MAX_TOOLS]


async def call_tool(endpoint: Endpoint, name: str, arguments: dict[str, Any]) -> Answer:
    """Raises ToolFailed; an error that the tool itself tells of is an Answer."""
    async with _conversation(endpoint) as server:
        return _answer(await server.ask("tools/call", {"name": name, "arguments": arguments}))


@asynccontextmanager
async def _conversation(endpoint: Endpoint) -> AsyncIterator[_Server]:
    """From the handshake to the farewell. Raises ToolFailed."""
    async with reached(endpoint, max_bytes=MAX_ANSWER_BYTES) as client:
        server = _Server(client, endpoint)
        async with in_time(endpoint.timeout_s):
            await server.greet()
            yield server
        await server.leave()


class _Server:
    def __init__(self, client: AsyncClient, endpoint: Endpoint) -> None:
        self._client, self._url = client, endpoint.url
        self._headers = {"Accept": "application/json, text/event-stream"}
        if endpoint.token:
            self._headers["Authorization"] = f"Bearer {endpoint.token}"
        self._n_asked = 0

    async def greet(self) -> None:
        told = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "Maru", "version": "1"}}
        version = (await self.ask("initialize", told)).get("protocolVersion")
        if version not in VERSIONS:
            raise ToolFailed("bad_answer")
        self._headers["MCP-Protocol-Version"] = str(version)
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        async with self._client.stream("POST", self._url, json=note, headers=self._headers) as response:
            if response.status_code not in (200, 202, 204):
                raise _refusal(response)

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._n_asked += 1
        asked = {"jsonrpc": "2.0", "id": self._n_asked, "method": method, "params": params}
        async with self._client.stream("POST", self._url, json=asked, headers=self._headers) as response:
            if response.status_code != 200:
                raise _refusal(response)
            if method == "initialize" and (session := response.headers.get("mcp-session-id")) is not None:
                if not _SESSION_ID.fullmatch(session):
                    raise ToolFailed("bad_answer")
                self._headers["Mcp-Session-Id"] = session
            async for message in _messages(response):
                if message.get("id") == self._n_asked and "method" not in message:
                    return _result(message)
        raise ToolFailed("bad_answer")

    async def leave(self) -> None:
        """A server that holds a session may let it go. Nobody waits long for that."""
        if "Mcp-Session-Id" in self._headers:
            with suppress(HTTPError, StreamError, OSError, TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await self._client.delete(self._url, headers=self._headers)


def _refusal(response: Response) -> ToolFailed:
    return ToolFailed("sign_in_needed" if response.status_code == 401 else "refused")


async def _messages(response: Response) -> AsyncIterator[dict[str, Any]]:
    """The JSON-RPC messages of an answer: one, or those of a stream of server-sent events."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        yield _object(await response.aread())
    elif kind == "text/event-stream":
        lines: list[str] = []
        async for line in _lines(response):
            if line.startswith("data:"):
                lines.append(line.removeprefix("data:").removeprefix(" "))
            elif not line and lines:
                text, lines = "\n".join(lines), []
                if text:  # an empty event only says where the stream may be resumed
                    yield _object(text)
    else:
        raise ToolFailed("bad_answer")


async def _lines(response: Response) -> AsyncIterator[str]:
    """As server-sent events end them: CR, LF or both. The library's own parts at U+2028 and the like, which JSON may hold."""
    held: list[str] = []
    is_half = False  # a CR came last, whose LF may come now
    async for text in response.aiter_text():
        *ended, rest = _LINE_END.split(text[1:] if is_half and text.startswith("\n") else text)
        for line in ended:
            yield "".join([*held, line])
            held = []
        held.append(rest)
        is_half = text.endswith("\r")


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolFailed("bad_answer") from error
    if not isinstance(message, dict):
        raise ToolFailed("bad_answer")
    return message


def _result(message: dict[str, Any]) -> dict[str, Any]:
    if "error" in message:
        raise ToolFailed("error")
    result = message.get("result")
    if not isinstance(result, dict):
        raise ToolFailed("bad_answer")
    return result


def _listed(row: Any) -> Listed | None:
    """None for what cannot be passed on: no plain name, a schema that is none or too large."""
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not _NAME.fullmatch(row["name"]):
        return None
    schema = row.get("inputSchema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return None
    parameters = json.dumps(schema, ensure_ascii=True)
    if len(parameters) > MAX_SCHEMA_CHARS:
        return None
    description = row.get("description")
    text = readable(description) if isinstance(description, str) else ""
    return Listed(row["name"], text[:MAX_DESCRIPTION_CHARS], parameters)


def _answer(result: dict[str, Any]) -> Answer:
    parts = result.get("content", [])
    if not isinstance(parts, list):
        raise ToolFailed("bad_answer")
    text = "\n".join(part for part in map(_shown, parts) if part)
    if not text and result.get("structuredContent") is not None:
        text = json.dumps(result["structuredContent"], ensure_ascii=False)
    text = readable(text)
    return Answer(text[:MAX_RESULT_CHARS], len(text), result.get("isError") is True)


def _shown(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    resource = part.get("resource")
    given = resource if isinstance(resource, dict) else part
    for name in ("text", "uri"):
        if isinstance(given.get(name), str):
            return str(given[name])
    return f"({part['type'][:40]}: not text)" if isinstance(part.get("type"), str) else ""


def readable(text: str) -> str:
    """Lines, tabs, blanks and joiners stay; NUL, half characters, control characters and marks that turn the direction of reading
    do not. Blanks beyond ASCII, and what ends a line there, become plain blanks: JSON stays JSON."""
    return "".join(char if char.isprintable() or char in _STAY else _plain(char) for char in text).strip()


def _plain(char: str) -> str:
    return " " if char == "\x85" or unicodedata.category(char) in ("Zs", "Zl", "Zp") else ""
