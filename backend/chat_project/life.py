"""The life of one web process, whichever server runs it: what must start before work, and what must end after it.

`serve` (Daphne) and `Lifespan` (uvicorn) call the same four steps, in this order: `build`, `begin`, `finish_turns`, `end`.
All but `build` belong to the running event loop. Knows no sockets and no HTTP.
"""

from __future__ import annotations

import asyncio
import logging

from django.conf import settings

from backend import house
from backend.chat import expiry
from backend.chat.turns import get_turns
from backend.chat_project import library
<<<<<<< Updated upstream
from backend.lib.storage import in_db
=======
from backend.lib import house_lock
>>>>>>> Stashed changes
from backend.llm.registry import service_from
from backend.llm.service import get_service, use_service
from backend.ops.readiness import set_draining

logger = logging.getLogger(__name__)

TURNS_S = 15.0  # of the 30 s that a stop may take (RELIABILITY 38); the rest: final writes, sockets, responses, engine
ENGINE_S = 4.0
<<<<<<< Updated upstream
_tasks: list[asyncio.Task[None]] = []
=======
_sweeping: asyncio.Task[None] | None = None
_in_the_house: int | None = None
>>>>>>> Stashed changes


def build() -> None:
    """Put the LLM service in place, not started yet. Raises EnginesError, and HouseInUse or HouseUnfinished for a restore."""
    global _in_the_house
    _in_the_house = house_lock.enter(settings.MARU.data_dir)
    use_service(service_from(settings.MARU))


async def begin() -> None:
    """Start the engine (returns at once; readiness tells when it is up) and take up replies that a dead process left."""
    set_draining(False)
    await in_db(house.refresh)
    await get_service().start()
    library.begin()
    await get_turns().recover()
    _tasks.extend((asyncio.create_task(house.keep()), asyncio.create_task(expiry.run())))


async def finish_turns() -> None:
    """From now on not ready and no new turns; returns when the running ones have ended or are stored for later."""
    set_draining(True)
    await get_turns().drain(TURNS_S)


async def end() -> None:
    """Give back threads and the engine. Never raises for slowness: a process that is leaving leaves."""
<<<<<<< Updated upstream
    for task in _tasks:
        task.cancel()
    _tasks.clear()
=======
    global _in_the_house
    if _sweeping is not None:
        _sweeping.cancel()
>>>>>>> Stashed changes
    try:
        async with asyncio.timeout(ENGINE_S):
            await get_turns().close()
            await library.end()
            await get_service().stop()
    except TimeoutError:
        logger.warning("turns or engine did not stop within %s s; they end with this process", ENGINE_S)
    if _in_the_house is not None:
        house_lock.leave(_in_the_house)
        _in_the_house = None
