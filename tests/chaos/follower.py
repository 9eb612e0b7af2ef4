"""A client that keeps PROTOCOL §2's rule and checks that the server keeps its side.

`offset == length` append, `<` trim the overlap, `>` resync; a socket that comes back takes `session_state` and goes on.
Any contradiction (an overlap that differs, text that shrinks, what `history.py` finds) is recorded in `faults`, never
repaired silently. With `cookie` it comes as a browser does: session cookie and Origin instead of a token.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.chaos.history import LIVE, History

AWAY = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, EOFError, TimeoutError)
BACKOFF_S = (0.1, 0.3, 1.0, 2.0)
# As the browser's acknowledger.ts.
ACK_CODE_POINTS, ACK_S = 4_096, 0.25


@dataclass(eq=False)
class Follower:
    """One tab on one session. `texts` is what a person would see."""

    url: str
    token: str
    session_id: int
    texts: dict[int, str] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    pairs: dict[str, tuple[int, int]] = field(default_factory=dict)  # client_id → (user message, reply)
    faults: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    n_resyncs: int = 0
    # After `kill -9` of its owner a reply goes on from the last journal: then less may be told than was shown.
    may_roll_back: bool = False
    rolled_back: list[int] = field(default_factory=list)  # code points, each time
    cookie: str = ""
    ping_s: float | None = 20.0  # how soon a line that is dead without a word is found
    heard_s: dict[int, list[tuple[float, int]]] = field(default_factory=dict)  # reply → (when, length of its text then)
    history: History = field(init=False)
    socket: ClientConnection | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _reader: asyncio.Task[None] | None = None
    _told: dict[int, tuple[int, float]] = field(default_factory=dict)  # reply → (acknowledged up to, when)
    _telling: asyncio.Task[None] | None = None  # of what is shown and not acknowledged yet

    def __post_init__(self) -> None:
        self.history = History(self.faults)

    async def connect(self, timeout_s: float = 10) -> None:
        """Open the socket and take the first `session_state`. Raises one of AWAY."""
        credential = [] if self.cookie else [f"bearer.{self.token}"]
        socket = await connect(
            f"{self.url.replace('http', 'ws', 1)}/ws/chat/{self.session_id}/",
            subprotocols=["maru.v1", *credential],  # type: ignore[list-item]
            additional_headers={"Cookie": self.cookie} if self.cookie else None,
            origin=self.url if self.cookie else None,  # type: ignore[arg-type]
            compression=None,
            open_timeout=timeout_s,
            ping_interval=self.ping_s,
            ping_timeout=self.ping_s,
        )
        try:
            state = json.loads(await asyncio.wait_for(socket.recv(), timeout_s))
        except BaseException:
            socket.transport.abort()
            raise
        if state["type"] != "session_state":
            self.faults.append(f"the first frame was {state['type']}")
        self.socket = socket
        self._told.clear()
        await self._apply(state)
        self._reader = asyncio.create_task(self._read(socket))

    async def come_back(self, chance: random.Random) -> int:
        """Connect until it works, with back-off and jitter, as the browser does; how often that failed."""
        n = 0
        while True:
            try:
                await self.connect()
            except AWAY:
                await asyncio.sleep(BACKOFF_S[min(n, len(BACKOFF_S) - 1)] * chance.uniform(0.5, 1.5))
                n += 1
            else:
                return n

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended, whoever ended it."""
        return self._reader is None or self._reader.done()

    async def cut(self) -> None:
        """Tear the connection down without a close frame, as a lost network does."""
        if self.socket is None:
            return
        self.socket.transport.abort()
        if self._reader is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        self.socket = None

    async def close(self) -> None:
        if self.socket is not None:
            await self.socket.close()

    async def send(self, frame: dict[str, Any]) -> None:
        assert self.socket is not None
        try:
            await self.socket.send(json.dumps(frame))
        except ConnectionClosed:
            # A closed line refuses without a turn of the loop: who tried again and again kept its reader from hearing of it.
            await asyncio.sleep(0.01)
            raise

    async def ask(self, text: str, client_id: str | None = None) -> str:
        """Send a chat message; its client_id. The pair shows up in `pairs` when the server has acknowledged it."""
        client_id = client_id or str(uuid.uuid4())
        await self.send({"type": "chat_message", "client_id": client_id, "message": text})
        return client_id

    async def until(self, condition: Any, timeout_s: float = 30) -> None:
        """Wait until `condition()` holds; it is checked after every frame."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed, OSError):
            async for raw in socket:
                await self._apply(json.loads(raw))
        self.changed.set()

    async def _apply(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        self.history.heard(frame)
        if kind == "session_state":
            self._take_state(frame)
        elif kind == "message_created":
            self._take_created(frame)
        elif kind == "ai_start":
            self.statuses[frame["message_id"]] = "streaming"
        elif kind == "ai_chunk":
            await self._take_chunk(frame)
        elif kind == "ai_snapshot":
            self._replace(frame["message_id"], frame["text"], frame["status"])
        elif kind in ("ai_complete", "message_updated"):
            row = frame["message"]
            self._replace(row["id"], row["content"], row["status"])
        elif kind in ("ai_error", "error"):
            self.errors.append(frame)
        self.changed.set()

    def _take_state(self, frame: dict[str, Any]) -> None:
        for row in frame["messages"]:
            self._replace(row["id"], row["content"], row["status"], is_row=True)
            if row["role"] == "user" and row.get("client_id"):
                self._pair_from_rows(row, frame["messages"])
        for live in frame["live"]:
            self._replace(live["message_id"], live["text"], live["status"])

    def _pair_from_rows(self, row: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        for other in rows:
            if other["parent_id"] == row["id"]:
                self.pairs[row["client_id"]] = (row["id"], other["id"])

    def _take_created(self, frame: dict[str, Any]) -> None:
        message, reply = frame["message"], frame.get("reply")
        self._replace(message["id"], message["content"], message["status"])
        if reply is not None:
            self.statuses.setdefault(reply["id"], reply["status"])
            self.texts.setdefault(reply["id"], reply["content"])
            if frame.get("client_id"):
                self.pairs[frame["client_id"]] = (message["id"], reply["id"])

    async def _take_chunk(self, frame: dict[str, Any]) -> None:
        message_id, offset, chunk = frame["message_id"], frame["offset"], frame["chunk"]
        text = self.texts.get(message_id, "")
        if offset > len(text):
            self.n_resyncs += 1
            await self.send({"type": "resync", "message_id": message_id})
            return
        overlap = len(text) - offset
        if text[offset : offset + len(chunk)] != chunk[:overlap]:
            self.faults.append(f"message {message_id}: the overlap at {offset} differs")
        self.texts[message_id] = text + chunk[overlap:]
        self.heard_s.setdefault(message_id, []).append((time.monotonic(), len(self.texts[message_id])))
        await self._shown(message_id)

    async def _shown(self, message_id: int) -> None:
        offset, at_s = self._told.get(message_id, (0, 0.0))
        if len(self.texts[message_id]) - offset >= ACK_CODE_POINTS or time.monotonic() - at_s >= ACK_S:
            await self._tell(message_id)
        elif self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_soon())

    async def _tell_soon(self) -> None:
        await asyncio.sleep(ACK_S)
        with contextlib.suppress(*AWAY):
            for message_id, (offset, _) in list(self._told.items()):
                if len(self.texts[message_id]) > offset:
                    await self._tell(message_id)

    async def _tell(self, message_id: int) -> None:
        offset = len(self.texts[message_id])
        self._told[message_id] = (offset, time.monotonic())
        if self.socket is not None:
            await self.send({"type": "ack", "message_id": message_id, "offset": offset})

    def _replace(self, message_id: int, text: str, status: str, *, is_row: bool = False) -> None:
        shown = self.texts.get(message_id, "")
        # A row read while its reply runs may lag behind the journal; only `live` and ends are the truth then.
        if is_row and status in LIVE and len(text) < len(shown):
            text = shown
        if self.may_roll_back and len(text) < len(shown) and shown.startswith(text):
            self.rolled_back.append(len(shown) - len(text))
        elif not text.startswith(shown):
            self.faults.append(f"message {message_id}: {len(shown)} shown code points became {len(text)} others")
        self.texts[message_id] = text
        self.statuses[message_id] = status
