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
from backend.chat.conversation_log import get_log
from backend.chat.noting import Noter
from backend.chat.turns import get_turns
from backend.chat_project import library
from backend.lib import garbage, house_lock
from backend.lib.shared_counts import get_counts
from backend.lib.storage import in_db
from backend.llm.registry import joiner_of, service_from
from backend.llm.service import get_service, use_service
from backend.ops import joining, model_pulls
from backend.ops.backup import jobs as backup_jobs
from backend.ops.live.sampler import Sampler, get_sampler, use_sampler
from backend.ops.readiness import set_draining
from backend.webhooks.sender import Sender

logger = logging.getLogger(__name__)

TURNS_S = 15.0  # of the 30 s that a stop may take (RELIABILITY 38); the rest: final writes, sockets, responses, engine
ENGINE_S = 4.0
_tasks: list[asyncio.Task[None]] = []


def build() -> None:
    """Take the data folder and put the LLM service in place, not started yet. Raises HouseBusy, HouseUnfinished, EnginesError."""
    house_lock.enter(settings.MARU, is_sqlite=str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3"))
    use_service(service_from(settings.MARU, joined=joining.joined))


async def begin() -> None:
    """Start the engine (returns at once; readiness tells when it is up) and take up replies that a dead process left."""
    set_draining(False)
    await in_db(house.refresh)
    await get_service().start()
    library.begin()
    await model_pulls.begin()
    await get_turns().recover()
    works = (house.keep(), expiry.run(), get_counts().run(), Sender().run(), Noter().run(), backup_jobs.run())
    _tasks.extend(asyncio.create_task(work) for work in works)
    if settings.MARU.join is not None:
        _tasks.append(asyncio.create_task(joiner_of(settings.MARU.join).run()))
    use_sampler(Sampler())
    get_sampler().begin()
    garbage.look_seldom()  # manage.py did so before the imports; uvicorn did not
    garbage.leave_out_what_is_loaded()


async def finish_turns() -> None:
    """From now on not ready and no new turns; returns when the running ones have ended or are stored for later."""
    set_draining(True)
    if settings.MARU.join is not None:
        await joiner_of(settings.MARU.join).leave()
    await get_turns().drain(TURNS_S)


async def end() -> None:
    """Give back threads and the engine. Never raises for slowness: a process that is leaving leaves."""
    for task in _tasks:
        task.cancel()
    _tasks.clear()
    try:
        async with asyncio.timeout(ENGINE_S):
            await get_sampler().end()
            await get_turns().close()
            await library.end()
            await model_pulls.end()
            await get_service().stop()
            await asyncio.to_thread(get_log().close)
    except TimeoutError:
        logger.warning("turns or engine did not stop within %s s; they end with this process", ENGINE_S)
    house_lock.leave()
