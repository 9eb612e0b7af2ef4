"""What a socket hears, from its client and from the channel layer, one after the other: in place of Channels' loop.

Channels' makes two tasks and two turns of the event loop of every event; with hundreds of streams a turn takes long, and a
piece of text came to its reader that much later. Here each source has one task for the socket's whole life.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Source = Callable[[], Awaitable[dict[str, Any]]]


async def hear_all(sources: list[Source], dispatch: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Until something raises, which is raised here; then nothing is being dispatched any more."""
    one_at_a_time = asyncio.Lock()

    async def hear(source: Source) -> None:
        while True:
            message = await source()
            await one_at_a_time.acquire()
            await dispatch(message)  # HAZARD: what raises keeps the lock, so that nothing is dispatched behind the end
            one_at_a_time.release()

    done: set[asyncio.Task[None]] = set()
    tasks = [asyncio.create_task(hear(source)) for source in sources]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # HAZARD: what was raised knows this frame by its traceback, and must not be known by it in turn: each socket that ended
        # would be a cycle of some 160 objects, to be found by the garbage collector.
        del task, tasks, done
