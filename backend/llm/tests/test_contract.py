"""What every LLMService keeps, whichever engine stands behind it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from backend.llm.echo import EchoLLM
from backend.llm.engine_spec import EngineSpec, specs_of
from backend.llm.errors import ModelNotFound, NoEmbeddingModel
from backend.llm.fleet import FleetLLM
from backend.llm.remote import RemoteLLM
from backend.llm.service import LLMService
from backend.llm.tests.asking import answer, ask, finished, started, text_of
from backend.llm.tests.fake_servers import fake_server
from backend.llm.tests.hosting import sharing
from backend.llm.types import Delta, Finished, Queued, Started


@pytest_asyncio.fixture(params=["echo", "local", "vllm", "llamacpp", "fleet", "shared"])
async def llm(request: pytest.FixtureRequest) -> AsyncIterator[LLMService]:
    if request.param == "echo":
        yield EchoLLM(n_tokens=100_000, rate=0)
        return
    if request.param == "fleet":
        yield FleetLLM([EngineSpec("one", "echo://")], lambda spec: EchoLLM(n_tokens=100_000, rate=0))
        return
    if request.param == "shared":
        folder: Path = request.getfixturevalue("tmp_path")
        async with sharing(EchoLLM(n_tokens=100_000, rate=0), folder / "host.sock") as [service]:
            yield service
        return
    if request.param != "local":
        async with fake_server(request.param) as server:
            service = RemoteLLM(specs_of((server.url,))[0])
            yield service
            await service.stop()
        return
    from backend.llm.fixtures import _connected

    socket: Path = request.getfixturevalue("endless_engine_socket")
    async for service in _connected(socket):
        yield service


async def test_it_works(llm: LLMService) -> None:
    events = await answer(llm, ask(max_tokens=12))
    kinds = [type(event) for event in events if not isinstance(event, Queued)]
    assert kinds[0] is Started
    assert set(kinds[1:-1]) == {Delta}
    assert kinds[-1] is Finished
    assert text_of(events)


async def test_max_tokens_ends_with_length_and_the_count_is_true(llm: LLMService) -> None:
    events = await answer(llm, ask(max_tokens=12))
    end = finished(events)
    assert (end.finish_reason, end.completion_tokens) == ("length", 12)
    assert sum(event.n_tokens for event in events if isinstance(event, Delta)) <= 12


async def test_the_same_seed_gives_the_same_answer_and_is_reported(llm: LLMService) -> None:
    # The very first reads its whole prompt, the others only its last token: their logits differ in the last bits.
    _, first, second = [await answer(llm, ask(max_tokens=20, seed=11)) for _ in range(3)]
    assert text_of(first) == text_of(second)
    assert started(first).seed == finished(first).seed == 11


async def test_without_a_seed_one_is_drawn_and_reported(llm: LLMService) -> None:
    drawn = finished(await answer(llm, ask(max_tokens=20, seed=None)))
    again = await answer(llm, ask(max_tokens=20, seed=drawn.seed))
    assert 0 <= drawn.seed < 2**32
    assert finished(again).seed == drawn.seed


async def test_a_stop_string_ends_it_and_is_not_part_of_the_text(llm: LLMService) -> None:
    for _ in range(2):
        whole = text_of(await answer(llm, ask(max_tokens=40)))
    stop = whole[len(whole) // 2 : len(whole) // 2 + 5]
    events = await answer(llm, ask(max_tokens=40, stop=(stop,)))
    assert finished(events).finish_reason == "stop"
    assert text_of(events) == whole[: whole.index(stop)]


async def test_timings_are_measured(llm: LLMService) -> None:
    end = finished(await answer(llm, ask(max_tokens=30)))
    assert 0 < end.timings.ttft_ms < 30_000
    assert end.timings.decode_ms > 0
    assert end.timings.tokens_per_second == pytest.approx(29 / end.timings.decode_ms * 1000, rel=0.01)


async def test_closing_a_stream_frees_its_slot(llm: LLMService) -> None:
    stream = llm.stream(ask(max_tokens=100_000))
    async for event in stream:
        if isinstance(event, Delta):
            break
    assert (await llm.stats()).n_running == 1
    await stream.aclose()
    while (await llm.stats()).n_running:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert (await llm.stats()).n_slots_used == 0


async def test_two_streams_go_on_side_by_side(llm: LLMService) -> None:
    left, right = llm.stream(ask(max_tokens=100_000)), llm.stream(ask(user="jun", max_tokens=100_000))
    n_deltas = 0
    while n_deltas < 20:
        n_deltas += isinstance(await anext(left), Delta)
        await anext(right)
    await left.aclose()
    await right.aclose()


async def test_an_unknown_model_is_refused(llm: LLMService) -> None:
    from dataclasses import replace

    with pytest.raises(ModelNotFound):
        await answer(llm, replace(ask(), model="gpt-99"))


async def test_counts_and_cards(llm: LLMService) -> None:
    await answer(llm, ask(max_tokens=1))
    counts = await llm.count_tokens(["", "hello", "hello hello hello"])
    assert counts[0] == 0 < counts[1] < counts[2]
    (card,) = await llm.models()
    assert card.is_default
    assert card.n_ctx > 0
    stats = await llm.stats()
    assert stats.state == "ready"
    assert stats.requests_total >= 1


async def test_vectors_have_length_one_and_stand_in_their_texts_order(llm: LLMService) -> None:
    try:
        result = await llm.embed(["따뜻한 차", "the moon", "따뜻한 차"])
    except NoEmbeddingModel:
        return
    assert [math.hypot(*vector) for vector in result.vectors] == pytest.approx([1.0, 1.0, 1.0], abs=1e-3)
    assert result.vectors[0] == pytest.approx(result.vectors[2], abs=1e-3)
    assert result.vectors[0] != pytest.approx(result.vectors[1], abs=1e-2)
    assert result.n_tokens >= 6
