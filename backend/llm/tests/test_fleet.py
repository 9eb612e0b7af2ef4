"""Several engines as one: who serves what, who takes over, who comes and goes. Echo engines, stepped by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from backend.llm import errors
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet import FleetLLM
from backend.llm.remote import Limits, RemoteLLM
from backend.llm.tests.asking import answer, ask, finished, started, text_of
from backend.llm.tests.fake_servers import fake_server
from backend.llm.types import Delta, GenerateRequest, Started


def fleet_of(*echoes: EchoLLM, names: str = "abcd", **options: Any) -> FleetLLM:
    by_name = dict(zip(names, echoes, strict=False))
    specs = [EngineSpec(name, "echo://") for name in by_name]
    return FleetLLM(specs, lambda spec: by_name[spec.name], **options)


def long_ask(n: int = 1, **changes: Any) -> GenerateRequest:
    return replace(ask(request_id=str(n), max_tokens=100_000), **changes)


@pytest_asyncio.fixture
async def two() -> AsyncIterator[tuple[FleetLLM, EchoLLM, EchoLLM]]:
    left, right = EchoLLM(n_tokens=5, rate=0), EchoLLM(n_tokens=5, rate=0)
    fleet = fleet_of(left, right)
    await fleet.start()
    yield fleet, left, right
    await fleet.stop()


async def test_it_works(two: Any) -> None:
    fleet, _left, _right = two
    assert text_of(await answer(fleet, ask())) == echo_text(5)
    (card,) = await fleet.models()
    assert (card.id, card.engine, card.is_default) == ("echo", "a, b", True)
    stats = await fleet.stats()
    assert (stats.state, stats.requests_total, stats.engine) == ("ready", 1, "a, b")
    assert stats.ttft_ms_p50 is not None


async def test_a_model_is_found_by_its_name_on_whichever_engine_has_it() -> None:
    fleet = fleet_of(EchoLLM(n_tokens=1, rate=0, model="small"), EchoLLM(n_tokens=1, rate=0, model="big"))
    assert [(card.id, card.is_default) for card in await fleet.models()] == [("small", True), ("big", False)]
    assert finished(await answer(fleet, replace(ask(), model="big"))).model == "big"
    assert finished(await answer(fleet, replace(ask(), model="big@b"))).model == "big"
    assert finished(await answer(fleet, ask())).model == "small"
    for unknown in ("gpt-99", "big@a", "big@nobody", "@", "small@"):
        with pytest.raises(errors.ModelNotFound):
            await answer(fleet, replace(ask(), model=unknown))


async def test_what_fails_before_its_first_text_moves_over_and_the_rest_does_not(two: Any) -> None:
    fleet, left, _right = two
    left.fail_next(errors.EngineLost())
    events = await answer(fleet, ask())
    assert text_of(events) == echo_text(5)
    left.fail_next(errors.EngineLost(), after=2)
    heard: list[Any] = []
    with pytest.raises(errors.EngineLost):
        async for event in fleet.stream(replace(ask(), model="echo@a")):
            heard.append(event)
    assert text_of(heard)


@pytest.mark.parametrize("error", [errors.BadParameters(param="x", reason="y"), errors.RequestPoisoned()])
async def test_a_request_that_is_itself_at_fault_is_not_passed_on(two: Any, error: errors.LLMError) -> None:
    fleet, left, right = two
    left.fail_next(error)
    right.fail_next(error)
    with pytest.raises(type(error)):
        await answer(fleet, ask())
    assert len(left.requests) + len(right.requests) == 1


async def test_when_all_are_full_it_says_when_to_come_back(two: Any) -> None:
    fleet, left, right = two
    left.fail_next(errors.EngineLost())
    right.fail_next(errors.QueueFull(retry_after_s=9))
    with pytest.raises(errors.QueueFull) as caught:
        await answer(fleet, ask())
    assert caught.value.retry_after_s == 9


async def test_two_processes_send_a_conversation_to_the_same_engine_and_all_to_all() -> None:
    echoes = [EchoLLM(n_tokens=1, rate=0) for _ in range(3)]
    processes = [fleet_of(*echoes), fleet_of(*echoes)]
    for fleet in processes:
        for n in range(30):
            await answer(fleet, replace(ask(), session=str(n)))
    sessions = [[request.session for request in echo.requests] for echo in echoes]
    assert all(set(Counter(asked).values()) == {2} for asked in sessions)
    assert all(len(asked) >= 2 * 5 for asked in sessions)


async def test_a_conversation_comes_home_from_where_it_was_pinned_or_had_to_go(two: Any) -> None:
    fleet, left, right = two
    await answer(fleet, replace(ask(), session="7"))
    home, other = (left, right) if left.requests else (right, left)
    home.fail_next(errors.EngineLost())
    for model in (None, f"echo@{'b' if home is left else 'a'}", None, "echo"):
        await answer(fleet, replace(ask(), session="7", model=model))
    assert len(other.requests) == 2
    assert len(home.requests) >= 3


async def test_streams_spread_over_the_engines() -> None:
    left, right = EchoLLM(is_stepped=True, n_slots=10), EchoLLM(is_stepped=True, n_slots=10)
    fleet = fleet_of(left, right)
    tasks = [asyncio.create_task(answer(fleet, long_ask(n))) for n in range(10)]
    await left.wait_running(5)
    await right.wait_running(5)
    for echo in (left, right):
        await echo.release_all()
    await asyncio.gather(*tasks)


async def test_one_of_two_engines_dies_in_the_middle_of_50_streams() -> None:
    """Those without text move over and end whole; the others end as lost."""
    async with fake_server("vllm", model="m", delay_s=0.002) as dying, fake_server("vllm", model="m") as other:
        limits = Limits(connect_s=2, first_token_s=20, between_s=20)
        specs = [
            EngineSpec(name, far.url, n_slots=25, may_be_private=True) for name, far in (("a", dying), ("b", other))
        ]
        fleet = FleetLLM(specs, lambda spec: RemoteLLM(spec, limits))
        silent = asyncio.Event()

        async def mute(writer: Any, asked: Any) -> None:
            silent.set()
            await asyncio.Event().wait()

        async def listen(n: int) -> tuple[str, errors.LLMError | None]:
            text = ""
            try:
                async for event in fleet.stream(
                    replace(ask(request_id=str(n), max_tokens=60), model="m@a" if n < 25 else "m")
                ):
                    if isinstance(event, Delta):
                        text += event.text
            except errors.LLMError as error:
                return text, error
            return text, None

        # 25 are pinned to the engine that dies, where a pin has no one to fall back to; the rest may go anywhere.
        dying.plan += [mute] * 5
        tasks = [asyncio.create_task(listen(n)) for n in range(50)]
        await silent.wait()
        while not any(body for body in other.completions):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await dying.kill()
        ends = await asyncio.gather(*tasks)
        await fleet.stop()
    cut = [text for text, error in ends if isinstance(error, errors.EngineLost)]
    assert all(text for text in cut)
    whole = [text for text, error in ends if error is None]
    assert whole
    assert all(len(text.split()) == 60 for text in whole)
    # Free to move and without text: none of them failed.
    assert [error for text, error in ends[25:] if error is not None and not text] == []


async def test_engines_come_and_go_while_it_runs() -> None:
    joined: list[EngineSpec] = []
    echoes = {"a": EchoLLM(n_tokens=1, rate=0), "b": EchoLLM(rate=0, model="late", is_stepped=True)}

    async def now_joined() -> list[EngineSpec]:
        return joined

    fleet = FleetLLM([EngineSpec("a", "echo://")], lambda spec: echoes[spec.name], joined=now_joined, probe_every_s=30)
    await fleet.start()
    joined.append(EngineSpec("b", "echo://b", origin="itself"))
    fleet.refresh()
    while len(await fleet.models()) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    running = fleet.stream(long_ask(model="late"))
    assert isinstance(await anext(running), Started)
    joined[0] = replace(joined[0], is_draining=True)
    fleet.refresh()
    while not fleet.members["b"].spec.is_draining:  # noqa: ASYNC110
        await asyncio.sleep(0)
    with pytest.raises(errors.EngineUnavailable):
        await answer(fleet, replace(ask(), model="late"))
    joined.clear()
    fleet.refresh()
    while "b" in fleet.members:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await echoes["b"].release_all()
    assert len([event async for event in running]) > 1  # what it was writing has ended
    await fleet.stop()


async def test_started_tells_the_engine_that_took_over(two: Any) -> None:
    fleet, left, right = two
    left.fail_next(errors.EngineUnavailable())
    right.fail_next(errors.EngineUnavailable())
    with pytest.raises(errors.EngineUnavailable):
        await answer(fleet, ask())
    assert started(await answer(fleet, ask())).engine == "echo"
