"""Brings the text of replies to one socket: gapless, once, and no faster than its reader acknowledges.

Owned by its consumer, one per socket. What cannot be sent now is not buffered: it is held back by its id, and when credit
returns the reader gets one catch-up chunk from the turn's text, or the stored row. A reader that lets nothing come back for
`stall_s` is given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from backend.chat.events import AiChunk, AiSnapshot, LiveText
from backend.chat.window import CreditWindow

STALL_S = 30.0


class Timer(Protocol):
    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]


class Delivery:
    """`text_of(id)`: the text so far of a reply that is made in this process, None for others."""

    def __init__(
        self,
        *,
        send: Callable[[dict[str, Any]], Awaitable[None]],
        text_of: Callable[[int], LiveText | None],
        on_stalled: Callable[[], None],
        stall_s: float = STALL_S,
        later: Later | None = None,
    ) -> None:
        self._send, self._text_of, self._on_stalled = send, text_of, on_stalled
        self._stall_s, self._later = stall_s, later or asyncio.get_running_loop().call_later
        self._window = CreditWindow()
        self._held: dict[int, dict[str, Any] | None] = {}  # id → its final frame, once there is one
        self._whole: dict[int, int] = {}  # id → code points of a reply whose finished row the client has
        self._stall: Timer | None = None

    @property
    def is_open(self) -> bool:
        return self._window.is_open

    def restart(self) -> None:
        """A whole new state is about to go out; `begin` follows for each live reply."""
        self._window.reset()
        self._held.clear()
        self._whole.clear()
        self._disarm()

    def begin(self, message_id: int, offset: int) -> None:
        """The client has this reply's text up to `offset` from a row or a state."""
        self._window.begin(message_id, offset)
        self._whole.pop(message_id, None)

    def has_whole(self, message_id: int, length: int) -> None:
        """The client has this reply's finished row: of its text only what goes on behind that is sent."""
        self._whole[message_id] = length

    def told(self, message_id: int, length: int, *, is_whole: bool) -> None:
        """A row with this reply's text goes out beside the stream: of chunks that wait to be handled only what is behind it
        is news."""
        if is_whole:
            self.has_whole(message_id, length)
        elif length > (self._window.sent(message_id) or 0):
            self.begin(message_id, length)

    def close(self) -> None:
        self._disarm()

    async def chunk(self, frame: dict[str, Any]) -> None:
        """An ai_chunk event."""
        message_id, offset, chunk = frame["message_id"], frame["offset"], frame["chunk"]
        if offset + len(chunk) <= self._whole.get(message_id, 0):
            return  # it was under way while the row was read
        fitting = self._window.fit(message_id, offset, chunk)
        if fitting == "" or message_id in self._held:
            return
        if not self._window.is_open:
            self.hold(message_id)
        elif fitting is None:
            await self.catch_up(message_id, otherwise=frame)
        elif len(fitting) == len(chunk):
            self._window.note_sent(message_id, chunk, offset=offset)
            await self._send(frame)
        else:
            await self._say_chunk(message_id, offset + len(chunk) - len(fitting), fitting)

    async def end(self, frame: dict[str, Any]) -> None:
        """An ai_complete event: the row has everything, so what was held of this reply is not sent any more."""
        message_id = frame["message"]["id"]
        self.has_whole(message_id, len(frame["message"]["content"]))
        if message_id in self._held:
            self._held[message_id] = frame
            return
        await self._send(frame)
        self._window.end(message_id)

    async def snapshot(self, message_id: int, text: str, status: str) -> None:
        """The answer to a resync. Resyncs of a client that does not read are no way around the window."""
        if status in ("queued", "streaming") and message_id in self._whole:
            return  # it ended while the owner's answer was under way
        if not self._window.is_open:
            self.hold(message_id)
            return
        self._window.note_sent(message_id, text, offset=0)
        frame = AiSnapshot.model_validate({"message_id": message_id, "text": text, "status": status})
        await self._send(frame.wire())

    def hold(self, message_id: int) -> None:
        """Keep this reply's text back until credit returns (0: something else is held)."""
        self._held.setdefault(message_id, None)
        if self._stall is None:
            self._stall = self._later(self._stall_s, self._on_stalled)

    def ack(self, message_id: int, offset: int) -> None:
        self._window.ack(message_id, offset)

    async def heard(self) -> None:
        """The client spoke. If credit came back, send what was held."""
        self._window.note_alive()
        if not self._held or not self._window.is_open:
            return
        self._disarm()
        held, self._held = self._held, {}
        for message_id, final in held.items():
            if final is not None:
                await self.end(final)
            else:
                await self.catch_up(message_id)

    def _disarm(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    async def catch_up(self, message_id: int, *, otherwise: dict[str, Any] | None = None) -> None:
        """Everything from what was sent to what there is, as one chunk. Made elsewhere: the client's resync gets it."""
        if not self._window.is_open:
            self.hold(message_id)
            return
        live, sent = self._text_of(message_id), self._window.sent(message_id)
        if live is not None and sent is not None:
            if missing := live.text[sent:]:
                await self._say_chunk(message_id, sent, missing)
        elif otherwise is not None:
            await self._send(otherwise)

    async def _say_chunk(self, message_id: int, offset: int, chunk: str) -> None:
        self._window.note_sent(message_id, chunk, offset=offset)
        await self._send(AiChunk(message_id=message_id, offset=offset, chunk=chunk).wire())
