"""One chat socket at work: a question out, its answer in, whole whatever is cut in between. Blocking.

The protocol's client rules: text is put together by offset, a gap asks for a resync, what was read is acknowledged; after a cut
the same `client_id` is sent again, which never makes a second message.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from backend.chat.terminal.house import House, HouseError

RETRY_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
ACK_EVERY = 8192  # code points
ENDED = ("complete", "stopped", "interrupted", "failed")


@dataclass(frozen=True)
class Heard:
    """`kind`: queued (position, eta_ms) · start (model) · text (all of it so far) · end (message) · trouble (detail) · lost"""

    kind: str
    text: str = ""
    message: dict[str, Any] | None = None
    position: int = 0
    eta_ms: int | None = None


class Line:
    def __init__(self, house: House, session_id: int) -> None:
        self.house, self.session_id = house, session_id
        self.last_reply: int | None = None  # on the branch that is shown
        self.live: int | None = None
        self._socket: ClientConnection | None = None
        self._open = ExitStack()
        self._text, self._acked = "", 0
        self.state = self._connect()

    def close(self) -> None:
        self._open.close()
        self._socket = None

    def _connect(self) -> dict[str, Any]:
        """Raises HouseError."""
        protocols = [Subprotocol("maru.v1"), Subprotocol(f"bearer.{self.house.token}")]
        try:
            self._open.close()
            opening = connect(
                self.house.socket_url(self.session_id),
                subprotocols=protocols,
                open_timeout=10,
                proxy=None,
                max_size=None,
            )
            self._socket = self._open.enter_context(opening)
            first = self._receive()
        except (OSError, InvalidHandshake, InvalidURI, ConnectionClosed, TimeoutError) as error:
            code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else 0
            if code in (4401, 4403):
                raise HouseError(self.house.speech("no_token", url=self.house.url), 401) from None
            if code == 4404:
                raise HouseError(self.house.speech("no_session", id=self.session_id), 404) from None
            raise HouseError(self.house.speech("no_server", url=self.house.url)) from None
        replies = [row["id"] for row in first["messages"] if row["role"] == "assistant"]
        self.last_reply = replies[-1] if replies else None
        return first

    def ask(self, text: str) -> Iterator[Heard]:
        """Send a message; its answer until the end. Raises HouseError."""
        client_id = str(uuid.uuid4())
        return self._answer({"type": "chat_message", "client_id": client_id, "message": text}, client_id)

    def regenerate(self) -> Iterator[Heard]:
        """Another answer beside the last one. Raises HouseError."""
        return self._answer({"type": "regenerate", "message_id": self.last_reply}, None)

    def stop(self) -> bool:
        """Whether there was something to stop; its end comes as that of every answer."""
        if self.live is None:
            return False
        self._send({"type": "stop", "message_id": self.live})
        return True

    # --- one answer --------------------------------------------------------------------------------------------------

    def _answer(self, frame: dict[str, Any], client_id: str | None) -> Iterator[Heard]:
        self.live, self._text, self._acked = None, "", 0
        self._send(frame)
        yield from self._listen(frame, client_id)

    def rest(self) -> Iterator[Heard]:
        """What is still to come of the answer that runs: after an interrupt."""
        return self._listen(None, None)

    def _listen(self, frame: dict[str, Any] | None, client_id: str | None) -> Iterator[Heard]:
        while True:
            try:
                received = self._receive()
            except (ConnectionClosed, OSError):
                yield Heard("lost")
                received = self._again()
                if self.live is None and frame is not None:
                    self._send(frame)
            for heard in self._hear(received, client_id):
                yield heard
                if heard.kind == "end":
                    self.live = None
                    return

    def _hear(self, frame: dict[str, Any], client_id: str | None) -> Iterator[Heard]:
        kind = frame["type"]
        if kind == "error":
            raise HouseError(frame["detail"])
        if kind == "session_state":
            yield from self._hear_state(frame)
        elif kind == "message_created":
            is_ours = client_id is None or frame.get("client_id") == client_id
            if is_ours and frame.get("reply"):
                self.live = self.last_reply = frame["reply"]["id"]
                yield from self._hear_row(frame["reply"])  # of a message sent again: it may have gone on, or have ended
        elif self.live is not None and self.live in (frame.get("message_id"), (frame.get("message") or {}).get("id")):
            yield from self._hear_reply(kind, frame)

    def _hear_reply(self, kind: str, frame: dict[str, Any]) -> Iterator[Heard]:
        if kind == "ai_queued":
            yield Heard("queued", position=frame["position"], eta_ms=frame["eta_ms"])
        elif kind == "ai_start":
            yield Heard("start", text=frame["model"])
        elif kind == "ai_chunk":
            yield from self._grow(frame["offset"], frame["chunk"])
        elif kind == "ai_snapshot":
            yield from self._grow(0, frame["text"])
            self._acknowledge()  # the server counts all of it, however much of it was there
        elif kind == "ai_error":
            yield Heard("trouble", text=frame["detail"])
        elif kind == "ai_complete":
            yield Heard("end", text=frame["message"]["content"], message=frame["message"])

    def _grow(self, offset: int, chunk: str) -> Iterator[Heard]:
        if offset > len(self._text):
            self._send({"type": "resync", "message_id": self.live})
            return
        new = chunk[len(self._text) - offset :]
        if not new:
            return
        self._text += new
        if len(self._text) - self._acked >= ACK_EVERY:
            self._acknowledge()
        yield Heard("text", text=self._text)

    def _acknowledge(self) -> None:
        self._acked = len(self._text)
        self._send({"type": "ack", "message_id": self.live, "offset": self._acked})

    def _hear_state(self, state: dict[str, Any]) -> Iterator[Heard]:
        """After a cut: what came of our answer meanwhile."""
        for live in state["live"]:
            if live["message_id"] == self.live:
                yield from self._grow(0, live["text"])
        for row in state["messages"]:
            if row["id"] == self.live and row["status"] in ENDED:
                yield from self._hear_row(row)

    def _hear_row(self, reply: dict[str, Any]) -> Iterator[Heard]:
        if reply["status"] in ENDED:
            yield Heard("end", text=reply["content"], message=reply)
        else:
            yield from self._grow(0, reply["content"])

    def _again(self) -> dict[str, Any]:
        for wait_s in RETRY_S:
            time.sleep(wait_s)
            try:
                return self._connect()
            except HouseError as error:
                if error.status:
                    raise
        raise HouseError(self.house.speech("gone"))

    # --- frames ------------------------------------------------------------------------------------------------------

    def _send(self, frame: dict[str, Any]) -> None:
        try:
            if self._socket is not None:
                self._socket.send(json.dumps(frame))
        except (ConnectionClosed, OSError):
            return  # the next receive finds out

    def _receive(self) -> dict[str, Any]:
        assert self._socket is not None
        frame: dict[str, Any] = json.loads(self._socket.recv())
        return frame
