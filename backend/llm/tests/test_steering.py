"""What staff does to engines: pause what waits, drain one, restart one. And what is known of what runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend import house
from backend.house import snapshot
from backend.llm import errors
from backend.llm.echo import EchoLLM
from backend.llm.engine_spec import EngineSpec
from backend.llm.fixtures import SpawnLLM
from backend.llm.fleet import FleetLLM
from backend.llm.model_settings import HouseSettings, ModelSettings, write_house
from backend.llm.running import get_running
from backend.llm.tests.asking import answer, ask, finished, text_of
from backend.llm.tests.test_engine_loop import House
from backend.llm.tests.test_fleet import fleet_of
from backend.llm.types import Delta, Queued, Started


@pytest.fixture(autouse=True)
def settings_of_this_test_alone() -> Iterator[None]:
    yield
    house.forget()


def drain(fleet: FleetLLM, names: str) -> None:
    """As an administrator's word arrives in this process."""
    snapshot._present = snapshot._Snapshot(1, {"drained_engines": names})
    fleet.steer()


async def read(stream: Any, wanted: type) -> Any:
    async for event in stream:
        if isinstance(event, wanted):
            return event
    raise AssertionError(f"no {wanted.__name__} came")


def test_a_paused_engine_ends_what_runs_and_begins_nothing() -> None:
    house = House()
    house.ask(1)
    house.run(2)
    house.engine.pause(True)
    house.ask(2)
    house.run(10)
    assert house.kinds(1)[-1] == "finished"
    assert house.kinds(2) == ["queued"]
    stats = house.engine.stats()
    assert (stats["is_paused"], stats["n_running"], stats["n_queued"]) == (True, 0, 1)
    house.engine.pause(False)
    house.run_to_end()
    assert house.kinds(2)[-1] == "finished"


def test_the_slots_are_told_one_by_one() -> None:
    house = House()
    house.ask(1, n_prompt=3)
    house.run(2)
    (first, *others) = house.engine.stats()["slots"]
    assert first == (4, "decode", "1")
    assert others == [(0, "free", "")] * 3
    house.run_to_end()
    assert house.engine.stats()["slots"][0][1:] == ("parked", "")


async def test_a_paused_fleet_holds_requests_back_and_counts_them() -> None:
    echo = EchoLLM(n_tokens=3, rate=0)
    fleet = fleet_of(echo)
    fleet.pause(True)
    async with aclosing(fleet.stream(ask())) as stream:
        assert await anext(stream) == Queued(1, None)
        assert [one.phase for one in get_running().all()] == ["queued"]
        (_, _, stats) = (await fleet.stats_by_engine())[0]
        assert (stats.is_paused, stats.n_queued, stats.n_running) == (True, 1, 0)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        fleet.pause(False)
        assert isinstance(await waiting, Started)
    assert (await fleet.stats_by_engine())[0][2].is_paused is False


async def test_a_pause_reaches_a_process_by_the_settings_and_a_new_engine_too() -> None:
    fleet = fleet_of(EchoLLM(n_tokens=3, rate=0))
    snapshot._present = snapshot._Snapshot(1, {"queue_paused": True})
    fleet.steer()
    assert (await fleet.stats_by_engine())[0][2].is_paused is True
    later = fleet._member(next(iter(fleet.members.values())).spec)
    assert (await later.stats_by_model())[""].is_paused is True
    house.forget()
    fleet.steer()
    assert fleet.is_paused is False


async def test_who_waits_at_an_engine_that_is_taken_away_during_a_pause_goes_on_after_it() -> None:
    joined = [EngineSpec("far", "echo://")]

    async def listed() -> list[EngineSpec]:
        return joined

    fleet = FleetLLM([], lambda spec: EchoLLM(n_tokens=3, rate=0), joined=listed)
    await fleet.look()
    fleet.pause(True)
    answering = asyncio.ensure_future(answer(fleet, ask()))
    while not fleet.members["far"].n_held:  # noqa: ASYNC110
        await asyncio.sleep(0)
    joined.clear()
    await fleet.look()
    assert fleet.members == {}
    await asyncio.sleep(0)
    assert not answering.done()
    fleet.pause(False)
    assert finished(await asyncio.wait_for(answering, 5)).engine == "echo"


async def test_who_gives_up_during_a_pause_waits_no_longer() -> None:
    fleet = fleet_of(EchoLLM(n_tokens=3, rate=0))
    fleet.pause(True)
    async with aclosing(fleet.stream(ask())) as stream:
        await anext(stream)
    (member,) = fleet.members.values()
    assert (member.n_held, member.n_running, get_running().all()) == (0, 0, [])


async def test_a_drained_engine_takes_nothing_new_and_ends_what_it_has() -> None:
    left, right = EchoLLM(n_tokens=3, is_stepped=True), EchoLLM(n_tokens=3, rate=0)
    fleet = fleet_of(left, right)
    async with aclosing(fleet.stream(ask(request_id="old"))) as running:
        await read(running, Started)
        drain(fleet, "a,b-that-is-gone")
        for n in range(3):
            assert finished(await answer(fleet, ask(request_id=str(n)))).engine == "echo"
        assert (len(left.requests), len(right.requests)) == (1, 3)
        await left.release_all()
        assert text_of([event async for event in running]) != ""
    drain(fleet, "")
    await answer(fleet, ask())
    assert len(left.requests) == 2


async def test_a_house_whose_only_engine_is_drained_says_so() -> None:
    fleet = fleet_of(EchoLLM(n_tokens=1, rate=0))
    drain(fleet, "a")
    with pytest.raises(errors.EngineUnavailable):
        await answer(fleet, ask())


async def test_only_an_engine_of_ours_is_restarted() -> None:
    fleet = fleet_of(EchoLLM())
    with pytest.raises(errors.CannotRestart):
        fleet.restart("a", "")
    with pytest.raises(errors.EngineNotFound):
        fleet.restart("nobody", "")


async def test_what_runs_is_known_without_its_words() -> None:
    echo = EchoLLM(n_tokens=5, is_stepped=True)
    fleet, before = fleet_of(echo), replace(get_running().figures)
    async with aclosing(fleet.stream(ask("비밀", request_id="34", user="7"))) as stream:
        await read(stream, Started)
        (one,) = get_running().all()
        assert (one.request_id, one.user, one.engine, one.phase) == ("34", "7", "echo", "prefill")
        releasing = asyncio.ensure_future(echo.release())
        await read(stream, Delta)
        assert (one.phase, one.n_tokens) == ("decode", 1)
        assert "비밀" not in repr(one)
        await echo.release_all()
        async for _ in stream:
            pass
        await releasing
    figures = get_running().figures
    assert get_running().all() == []
    assert (figures.n_requests - before.n_requests, figures.n_succeeded - before.n_succeeded) == (1, 1)
    assert figures.n_tokens - before.n_tokens == 5


@pytest.mark.engine
async def test_a_restart_that_was_asked_for_is_nobodys_fault(spawn_llm: SpawnLLM, endless_gguf: Path) -> None:
    llm = await spawn_llm(model_path=endless_gguf, n_ctx=16384)
    for _ in range(2):
        stream = llm.stream(ask(max_tokens=16_000))
        await read(stream, Delta)
        llm.restart("endless")
        with pytest.raises(errors.EngineLost):
            await read(stream, type(None))
    assert finished(await answer(llm, ask(max_tokens=2))).model == "endless"
    assert (await llm.stats()).restarts == 2
    with pytest.raises(errors.ModelNotFound):
        llm.restart("nobody")


@pytest.mark.engine
async def test_an_engine_that_comes_back_is_still_paused(spawn_llm: SpawnLLM, tiny_gguf: Path) -> None:
    llm = await spawn_llm(model_path=tiny_gguf)
    await answer(llm, ask())
    llm.pause(True)
    llm.restart("tiny")
    answering = asyncio.ensure_future(answer(llm, ask(request_id="2")))
    while not (stats := await llm.stats()).n_queued:  # noqa: ASYNC110 - another process has no event for us
        await asyncio.sleep(0.01)
    assert (stats.is_paused, stats.n_running) == (True, 0)
    llm.pause(False)
    assert finished(await answering).finish_reason


@pytest.mark.engine
async def test_who_waits_in_an_engine_whose_successor_came_during_a_pause_goes_on_after_it(
    spawn_llm: SpawnLLM, tiny_gguf: Path
) -> None:
    llm = await spawn_llm(model_path=tiny_gguf)
    await answer(llm, ask())
    llm.pause(True)
    answering = asyncio.ensure_future(answer(llm, ask(request_id="2")))
    while not (await llm.stats()).n_queued:  # noqa: ASYNC110 - another process has no event for us
        await asyncio.sleep(0.01)
    old = llm.shelf.seats["tiny"]
    write_house(llm.shelf.config.data_dir, HouseSettings(models={"tiny": ModelSettings(n_ctx=512)}))
    llm.shelf.look_now()
    while llm.shelf.seats["tiny"] is old:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    llm.pause(False)
    assert finished(await asyncio.wait_for(answering, 20)).finish_reason
