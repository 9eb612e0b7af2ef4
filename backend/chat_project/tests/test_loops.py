"""What works for as long as a process lives outlives errors that nobody foresaw: ended, it would be missed only later."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from backend import house
from backend.chat import expiry, noting, reaper
from backend.chat.noting import Noter
from backend.chat.reaper import Reaper
from backend.chat.vigil import Vigil
from backend.house import snapshot
from backend.lib.storage import StorageThread, in_db
from backend.memory import indexer
from backend.memory.indexer import Indexer
from backend.ops.backup import jobs
from backend.webhooks import sender
from backend.webhooks.sender import Sender

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

Work = Callable[[], Coroutine[Any, Any, None]]


def reaping() -> Coroutine[Any, Any, None]:
    def never(*_: Any) -> Any:
        raise AssertionError

    given: Any = {"llm": never, "running": list, "may_take_up": bool, "claim": never, "begin": never, "spawn": never}
    return Reaper("me", StorageThread("reaping"), is_alone=False, **given).run()


def indexing() -> Coroutine[Any, Any, None]:
    made = Indexer("me")
    made._is_leading = made._was_cut = True
    return made._work()


LOOPS: list[tuple[ModuleType, str, Work]] = [
    (reaper, "LOOK_S", reaping),
    (expiry, "EVERY_S", expiry.run),
    (noting, "LOOK_S", lambda: Noter().run()),
    (sender, "LOOK_S", lambda: Sender().run()),
    (snapshot, "LOOK_S", house.keep),
    (indexer, "BACKOFF_S", indexing),
    (indexer, "IDLE_S", lambda: Indexer("me").run()),
]


@pytest.mark.parametrize(("module", "pause", "work"), LOOPS, ids=[module.__name__ for module, _, _ in LOOPS])
async def test_a_machine_that_has_no_thread_to_spare_ends_no_loop(
    module: ModuleType, pause: str, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no error of the database, and none of ours."""
    for flag in ("memory", "memory_by_model", "webhooks"):
        await in_db(house.change, {flag: True}, lambda _: None)
    monkeypatch.setattr(module, pause, 0.01)
    n_tries = 0

    def submit(*_: Any, **__: Any) -> Any:
        nonlocal n_tries
        n_tries += 1
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as starved:
        starved.setattr(ThreadPoolExecutor, "submit", submit)
        running = asyncio.create_task(work())
        async with asyncio.timeout(20):
            while n_tries < 4:
                assert not running.done(), running.exception()
                await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_look_for_a_backup_that_fails_is_not_the_last(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_db(house.change, {"backups_daily": True}, lambda _: None)
    monkeypatch.setattr(jobs, "EVERY_S", 0.01)
    settings.MARU = dataclasses.replace(settings.MARU, data_dir=None)  # a TypeError wherever its folder is asked for
    running = asyncio.create_task(jobs.run())
    async with asyncio.timeout(20):
        while caplog.text.count("no daily backup") < 3:
            assert not running.done(), running.exception()
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_look_that_fails_ends_no_vigil() -> None:
    looked: list[int] = []

    async def look(message_id: int) -> None:
        looked.append(message_id)
        raise ValueError

    watching = Vigil(look, silence_s=0.01)
    watching.heard(7)
    async with asyncio.timeout(20):
        while len(looked) < 3:
            assert watching._task is not None
            assert not watching._task.done(), "no reply of this socket would be mended any more"
            await asyncio.sleep(0.01)
    watching.close()
