"""Counts of several web processes, on one layer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from backend.lib import shared_counts
from backend.lib.shared_counts import SharedCounts


@pytest.fixture
async def both(settings: object, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SharedCounts, SharedCounts]]:
    monkeypatch.setattr(shared_counts, "BEAT_S", 0.1)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "backend.chat_project.layers.LocalChannelLayer"}}  # type: ignore[attr-defined]
    here, there = SharedCounts(), SharedCounts()
    here.add("online:session.1", "minji", 1)  # before the other one is there
    tasks = [asyncio.create_task(counts.run()) for counts in (here, there)]
    yield here, there
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_it_works(both: tuple[SharedCounts, SharedCounts]) -> None:
    here, there = both
    await until(lambda: there.count("online:session.1", "minji") == 1)
    there.add("online:session.1", "minji", 1)
    there.add("online:session.1", "jun", 1)
    await until(lambda: here.members("online:session.1") == {"minji": 2, "jun": 1})
    there.add("online:session.1", "jun", -1)
    await until(lambda: here.members("online:session.1") == {"minji": 2})
    assert here.total("online:session.1") == there.total("online:session.1") == 2


async def test_who_missed_a_change_asks_for_all(both: tuple[SharedCounts, SharedCounts]) -> None:
    here, there = both
    await until(lambda: there.count("online:session.1", "minji") == 1)
    here._own["generating"]["minji"] = 3  # a change whose message was lost
    here._version += 1
    await until(lambda: there.count("generating", "minji") == 3)


async def test_a_process_that_died_counts_no_more_and_listeners_hear_of_it(
    both: tuple[SharedCounts, SharedCounts], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = both
    heard: set[str] = set()
    await until(lambda: there.count("online:session.1", "minji") == 1)
    there.on_change(heard.update)
    there._others[here.node].heard_s -= 100
    there._forget_silent()
    assert there.count("online:session.1", "minji") == 0
    assert heard == {"online:session.1"}
    await until(lambda: there.count("online:session.1", "minji") == 1)  # it was only slow
