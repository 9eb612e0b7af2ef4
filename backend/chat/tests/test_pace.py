"""How far apart the pieces of replies leave. Times are compared with each other, never with a clock on the wall."""

from __future__ import annotations

import asyncio
import time

from backend.chat.pace import FRAME_S, MAX_FRAME_S, Pace


async def test_it_works() -> None:
    pace = Pace()
    began_s = time.monotonic()
    await pace.pause()
    assert time.monotonic() - began_s >= 0.9 * FRAME_S


async def test_a_loop_that_falls_behind_sends_less_often() -> None:
    pace = Pace()
    for _ in range(100):
        pace.note_late(0.01)
    assert FRAME_S + 0.03 < pace.frame_s < MAX_FRAME_S
    for _ in range(100):
        pace.note_late(5.0)
    assert pace.frame_s == MAX_FRAME_S, "a reader never waits longer for that"
    for _ in range(300):
        pace.note_late(0.0)
    assert pace.frame_s < FRAME_S + 0.001, "and it is quick again when there is less to do"


async def test_it_measures_how_late_the_loop_is() -> None:
    pace = Pace()
    pauses = [pace.pause() for _ in range(20)]
    time.sleep(4 * FRAME_S)  # noqa: ASYNC251 (that is what is measured)
    await asyncio.gather(*pauses)
    assert pace.frame_s > FRAME_S


async def test_whoever_does_not_want_to_wait_ends_a_pause() -> None:
    pace = Pace()
    pause = pace.pause()
    pause.set_result(None)
    await pause
    await pace.pause()  # its timer comes later, and finds it done
