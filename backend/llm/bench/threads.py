"""Carries pieces from a thread that computes to the event loop that measures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from backend.llm.bench.engines import Piece


class Channel:
    """One stream. `put` and `end` may be called from any thread, `pieces` belongs to the loop that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()
        self.is_closed = False

    def put(self, piece: Piece) -> None:
        self._send(piece)

    def end(self, error: BaseException | None = None) -> None:
        self._send(error)

    def _send(self, item: Piece | BaseException | None) -> None:
        self._loop.call_soon_threadsafe(self._queue.put_nowait, item)

    async def pieces(self) -> AsyncGenerator[Piece]:
        try:
            while (item := await self._queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.is_closed = True

    def run(self, work: Callable[[], None]) -> None:
        """`work` puts pieces; whatever ends it ends the stream. For threads."""
        try:
            work()
        except BaseException as error:
            self.end(error)
            raise
        self.end()
