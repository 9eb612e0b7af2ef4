"""How far apart the pieces of a reply leave: a frame's time, and up to two and a half of them when the loop is late.

Each piece costs the loop the same, however long it is. With hundreds of replies at once the loop would fall behind its
timers and every piece would wait behind all others; so the pauses grow with what the timers are late by: fewer and larger
pieces leave, and the loop keeps up. Owned by the event loop of the turns; the replies of one process share one.
"""

from __future__ import annotations

import asyncio

FRAME_S = 0.040
MAX_FRAME_S = 0.100
# From its timer to its socket a piece takes four turns of the loop (publisher, layer, consumer, transport).
N_TURNS = 4
WEIGHT = 0.05  # of the newest of the lately measured


class Pace:
    def __init__(self) -> None:
        self._late_s = 0.0  # timers, lately

    @property
    def frame_s(self) -> float:
        """The next pause."""
        return min(MAX_FRAME_S, FRAME_S + N_TURNS * self._late_s)

    def pause(self) -> asyncio.Future[None]:
        """Done when the next piece may leave. Whoever does not want to wait so long may set its result before."""
        loop = asyncio.get_running_loop()
        paused: asyncio.Future[None] = loop.create_future()
        due_s = loop.time() + self.frame_s
        loop.call_at(due_s, self._end, paused, due_s)
        return paused

    def _end(self, paused: asyncio.Future[None], due_s: float) -> None:
        self.note_late(paused.get_loop().time() - due_s)
        if not paused.done():
            paused.set_result(None)

    def note_late(self, late_s: float) -> None:
        self._late_s += WEIGHT * (late_s - self._late_s)
