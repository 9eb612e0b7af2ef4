"""What one socket was sent of each reply, and how much of it the client has not acknowledged yet. Pure; owned by its consumer.

Every reply's text goes out gapless and once: the window trims what was sent before, names gaps, and says when to hold back
because the reader does not keep up (Daphne buffers without limit for a client that does not read).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

LIMIT_BYTES = 64 * 1024


@dataclass(slots=True)
class _Reply:
    sent: int  # code points of the text that were sent
    unacked: deque[tuple[int, int]] = field(default_factory=deque)  # (offset after it, bytes)
    has_ended: bool = False


class CreditWindow:
    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.n_unacked_bytes = 0
        self._replies: dict[int, _Reply] = {}

    @property
    def is_open(self) -> bool:
        """Whether more text may be sent."""
        return self.n_unacked_bytes < self.limit_bytes

    def sent(self, message_id: int) -> int | None:
        reply = self._replies.get(message_id)
        return reply.sent if reply else None

    def fit(self, message_id: int, offset: int, chunk: str) -> str | None:
        """The part of `chunk` that is to be sent next ("" if none); None when text before it is missing here."""
        reply = self._replies.setdefault(message_id, _Reply(sent=offset))
        if offset > reply.sent:
            return None
        return chunk[reply.sent - offset :]

    def note_sent(self, message_id: int, text: str, *, offset: int) -> None:
        """`text`, beginning at `offset`, goes out."""
        reply = self._replies.setdefault(message_id, _Reply(sent=offset))
        reply.sent, reply.has_ended = offset + len(text), False
        n_bytes = len(text.encode())
        if n_bytes:
            reply.unacked.append((reply.sent, n_bytes))
            self.n_unacked_bytes += n_bytes

    def begin(self, message_id: int, offset: int) -> None:
        """The client has the text up to `offset` by other means (a row)."""
        reply = self._replies.setdefault(message_id, _Reply(sent=offset))
        reply.sent, reply.has_ended = offset, False

    def end(self, message_id: int) -> None:
        """The stored row went out: nothing more comes of this reply, and its text need not be acknowledged to the end."""
        if reply := self._replies.get(message_id):
            reply.has_ended = True
            if not reply.unacked:
                del self._replies[message_id]

    def ack(self, message_id: int, offset: int) -> None:
        """The client shows the text up to `offset`. Numbers beyond what was sent give no credit."""
        if reply := self._replies.get(message_id):
            while reply.unacked and reply.unacked[0][0] <= min(offset, reply.sent):
                self.n_unacked_bytes -= reply.unacked.popleft()[1]

    def note_alive(self) -> None:
        """The client spoke: what it was sent of replies that have ended has long arrived."""
        for message_id in [message_id for message_id, reply in self._replies.items() if reply.has_ended]:
            reply = self._replies.pop(message_id)
            self.n_unacked_bytes -= sum(n_bytes for _, n_bytes in reply.unacked)

    def reset(self) -> None:
        """A whole new state goes out."""
        for reply in self._replies.values():
            reply.has_ended = True
