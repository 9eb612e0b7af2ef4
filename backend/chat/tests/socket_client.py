"""A client for socket tests, as simple as PROTOCOL §2 allows: appends, trims, resyncs, acknowledges."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any, Self

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from backend.accounts.models import User
from backend.chat.routing import websocket_urlpatterns

WAIT_S = 30.0  # for what comes: a machine may stand still for a while


class Socket:
    """One tab of `user`. `texts` is what it would show."""

    def __init__(self, user: User, path: str, *, acks: bool = True, **scope: Any) -> None:
        self._inner = WebsocketCommunicator(URLRouter(websocket_urlpatterns), path, subprotocols=["maru.v1"])
        login = {"user": user, "login_id": "t:mine", "login_expires_at": None, "close_code": None, "language": "en"}
        self._inner.scope.update({**login, **scope})
        self._acks = acks
        self.subprotocol: str | None = None
        self.frames: list[dict[str, Any]] = []
        self.texts: dict[int, str] = {}
        self.statuses: dict[int, str] = {}
        self.n_resyncs = 0

    @classmethod
    def chat(cls, user: User, session_id: int, **options: Any) -> Socket:
        return cls(user, f"/ws/chat/{session_id}/", **options)

    async def __aenter__(self) -> Self:
        is_accepted, subprotocol = await self._inner.connect(timeout=WAIT_S)
        assert is_accepted
        self.subprotocol = subprotocol if isinstance(subprotocol, str) else None
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        await self._inner.disconnect(timeout=WAIT_S)

    async def send(self, frame: dict[str, Any]) -> None:
        await self._inner.send_to(text_data=json.dumps(frame))

    async def send_raw(self, text: str | None = None, data: bytes | None = None) -> None:
        frame = {"text": text} if data is None else {"bytes": data}
        await self._inner.send_input({"type": "websocket.receive", **frame})

    async def ask(self, message: str, **more: Any) -> str:
        client_id = str(uuid.uuid4())
        await self.send({"type": "chat_message", "client_id": client_id, "message": message, **more})
        return client_id

    async def next(self, wanted: str | None = None) -> dict[str, Any]:
        """The next frame (of this type), with all that come before it taken in."""
        async with asyncio.timeout(WAIT_S):
            while True:
                event = await self._inner.receive_output(timeout=WAIT_S)
                assert event["type"] == "websocket.send", event
                frame: dict[str, Any] = json.loads(event["text"])
                await self._take(frame)
                if wanted in (None, frame["type"]):
                    return frame

    async def close_code(self) -> int:
        """The code with which the server closes; frames before it are taken in."""
        async with asyncio.timeout(WAIT_S):
            while True:
                event = await self._inner.receive_output(timeout=WAIT_S)
                if event["type"] == "websocket.close":
                    return int(event["code"])
                await self._take(json.loads(event["text"]))

    async def settle(self) -> None:
        """Everything that was sent for us so far is taken in: a ping is answered after it."""
        await self.send({"type": "ping"})
        await self.next("pong")

    async def until_ended(self, message_id: int) -> str:
        while self.statuses.get(message_id) in (None, "queued", "streaming"):
            await self.next()
        return self.texts[message_id]

    async def _take(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        kind = frame["type"]
        if kind == "session_state":
            for row in frame["messages"]:
                self._row(row)
            for live in frame["live"]:
                self.texts[live["message_id"]] = live["text"]
                self.statuses[live["message_id"]] = live["status"]
        elif kind == "message_created":
            self._row(frame["message"])
            if "reply" in frame:
                self._row(frame["reply"])
        elif kind in ("ai_complete", "message_updated"):
            self._row(frame["message"])
        elif kind == "ai_snapshot":
            self.texts[frame["message_id"]], self.statuses[frame["message_id"]] = frame["text"], frame["status"]
        elif kind == "ai_chunk":
            await self._chunk(frame)

    def _row(self, row: dict[str, Any]) -> None:
        self.texts[row["id"]], self.statuses[row["id"]] = row["content"], row["status"]

    async def _chunk(self, frame: dict[str, Any]) -> None:
        message_id, offset, chunk = frame["message_id"], frame["offset"], frame["chunk"]
        shown = self.texts.get(message_id, "")
        if offset > len(shown):
            self.n_resyncs += 1
            await self.send({"type": "resync", "message_id": message_id})
            return
        self.texts[message_id] = shown + chunk[len(shown) - offset :]
        if self._acks:
            await self.send({"type": "ack", "message_id": message_id, "offset": len(self.texts[message_id])})
