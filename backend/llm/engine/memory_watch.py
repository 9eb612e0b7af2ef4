"""Keeps the process within its memory: first the conversations that lie in RAM are given up, then the process itself.

A process that only grows would in the end take the web process or the database with it. Its replies go on in the next one.
Runs on the loop of the engine process's main thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from backend.llm.engine.memory import rss_bytes

log = logging.getLogger(__name__)

EVERY_S = 1.0
# Looks in a row at which it was too much, the first of which gave up what could be given up.
PATIENCE = 10


async def watch_memory(
    max_bytes: int,
    *,
    forget: Callable[[], None],
    end: Callable[[], None],
    every_s: float = EVERY_S,
    look: Callable[[], int] = rss_bytes,
) -> None:
    """Until cancelled, or until it has called `end`."""
    n_over = 0
    while n_over < PATIENCE:
        await asyncio.sleep(every_s)
        n_bytes = look()
        n_over = n_over + 1 if n_bytes > max_bytes else 0
        if n_over == 1:
            log.warning(
                "%d MiB of memory, %d are the limit: saved conversations are forgotten", n_bytes >> 20, max_bytes >> 20
            )
            forget()
    log.error("memory did not come back below the limit of %d MiB: the process ends", max_bytes >> 20)
    end()
