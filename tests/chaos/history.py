"""Checks what one client was told, in its order: what PROTOCOL §2 promises of every connection and of all together.

On one connection: the text of a reply never goes back but by a snapshot, an end or a row; a message stands once in a
state; after its end nothing of a reply comes but by a row that is live again. Over all connections: a `client_id`
means one pair for ever. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LIVE = ("queued", "streaming")


@dataclass
class History:
    faults: list[str] = field(default_factory=list)
    n_frames: int = 0
    _pairs: dict[str, tuple[int, int]] = field(default_factory=dict)
    _reached: dict[int, int] = field(default_factory=dict)  # reply → end of the text this connection was told
    _ended: set[int] = field(default_factory=set)

    def heard(self, frame: dict[str, Any]) -> None:
        """The next frame of the connection; a `session_state` begins anew."""
        self.n_frames += 1
        match frame["type"]:
            case "session_state":
                self._begin(frame)
            case "message_created":
                self._take_created(frame)
            case "ai_chunk":
                self._take_chunk(frame)
            case "ai_snapshot":
                self._reached[frame["message_id"]] = len(frame["text"])
            case "ai_complete":
                self._ended.add(frame["message"]["id"])
            case "message_updated":
                row = frame["message"]
                self._reached[row["id"]] = len(row["content"])
                if row["status"] in LIVE:  # continued
                    self._ended.discard(row["id"])

    def _begin(self, frame: dict[str, Any]) -> None:
        self._reached = {live["message_id"]: len(live["text"]) for live in frame["live"]}
        self._ended = {row["id"] for row in frame["messages"] if row["status"] not in LIVE} - self._reached.keys()
        ids = [row["id"] for row in frame["messages"]]
        if len(ids) != len(set(ids)):
            self.faults.append("a message stands twice in a session_state")

    def _take_created(self, frame: dict[str, Any]) -> None:
        message, reply, client_id = frame["message"], frame.get("reply"), frame.get("client_id")
        if client_id is None or reply is None:
            return
        pair = (message["id"], reply["id"])
        if self._pairs.setdefault(client_id, pair) != pair:
            self.faults.append(f"client_id {client_id} was {self._pairs[client_id]} and is {pair}")
        self._reached.setdefault(reply["id"], len(reply["content"]))

    def _take_chunk(self, frame: dict[str, Any]) -> None:
        message_id, offset = frame["message_id"], frame["offset"]
        reached = self._reached.get(message_id, 0)
        if message_id in self._ended:
            self.faults.append(f"reply {message_id}: a chunk after its end")
        if offset < reached:
            self.faults.append(f"reply {message_id}: told again from {offset}, {reached} were told on this connection")
        self._reached[message_id] = max(reached, offset + len(frame["chunk"]))
