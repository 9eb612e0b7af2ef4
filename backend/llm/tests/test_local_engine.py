"""The real engine with a tiny model: batching, prefixes, special tokens, UTF-8, places in the queue."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from backend.llm.errors import BadParameters, ContextOverflow, QueueFull
from backend.llm.fixtures import SpawnLLM, _connected
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask, finished, started, text_of
from backend.llm.types import Delta, Finished, GenerateRequest, Queued, SamplingParams, Started, StreamEvent


async def idle(llm: LocalLLM) -> None:
    await llm.count_tokens([""])  # returns when the engine is ready
    while (stats := await llm.stats()).n_running or stats.n_queued:
        pass


async def test_it_works(tiny_llm: LocalLLM) -> None:
    events = await answer(tiny_llm, ask(temperature=0))
    assert finished(events).finish_reason == "stop"
    assert text_of(events).strip().endswith(".")
    assert started(events).prompt == "<|im_start|>user\n안녕<|im_end|>\n<|im_start|>assistant\n"


async def test_the_model_and_template_hashes_are_told(tiny_llm: LocalLLM) -> None:
    end = finished(await answer(tiny_llm, ask()))
    assert re.fullmatch(r"[0-9a-f]{64}", end.model_hash)
    assert re.fullmatch(r"[0-9a-f]{64}", end.template_hash)
    assert end.template == "model"


async def test_two_users_streams_interleave_in_one_engine(endless_llm: LocalLLM) -> None:
    order: list[str] = []

    async def read(user: str) -> None:
        async for event in endless_llm.stream(ask(user=user, max_tokens=300)):
            if isinstance(event, Delta | Finished):
                order.append(user)

    await asyncio.gather(read("minji"), read("jun"))
    first_half = order[: len(order) // 2]
    assert {"minji", "jun"} == set(first_half)
    assert sum(before != after for before, after in pairwise(order)) > 50


async def test_a_long_prompt_does_not_freeze_the_others(endless_llm: LocalLLM) -> None:
    deltas_while_reading = 0
    async with aclosing(endless_llm.stream(ask(max_tokens=16_000))) as running:
        async for event in running:
            if isinstance(event, Delta):
                break
        long = endless_llm.stream(ask("옛날 옛적에 " * 100, user="jun", max_tokens=2))
        assert isinstance(await anext(long), Started)
        first = asyncio.create_task(anext(long))
        async for event in running:
            deltas_while_reading += isinstance(event, Delta)
            if first.done():
                break
        await long.aclose()
    assert deltas_while_reading >= 3


async def test_emoji_and_korean_split_over_tokens_arrive_whole(tiny_llm: LocalLLM) -> None:
    seen = ""
    for seed in range(12):
        events = await answer(tiny_llm, ask(seed=seed, temperature=1.0, max_tokens=200))
        seen += text_of(events)
        assert "�" not in text_of(events)
        assert all(event.text.encode("utf-8") for event in events if isinstance(event, Delta))
    assert "뷁" in seen
    assert any(emoji in seen for emoji in "😀🌙🎉🌸")


async def test_max_tokens_in_the_middle_of_a_character_leaves_no_ruin(endless_llm: LocalLLM) -> None:
    # The second time: a prompt that is read in another way gives logits that differ in the last bits.
    for _ in range(2):
        whole = text_of(await answer(endless_llm, ask(max_tokens=60, temperature=1.0)))
    for n in range(1, 60, 2):
        events = await answer(endless_llm, ask(max_tokens=n, temperature=1.0))
        assert whole.startswith(text_of(events))
        assert finished(events).completion_tokens == n


async def test_who_goes_on_behind_an_answer_that_was_cut_within_a_character_sees_no_ruin(endless_llm: LocalLLM) -> None:
    for n in range(1, 60):
        cut = text_of(await answer(endless_llm, ask(max_tokens=n, temperature=1.0)))
        more = text_of(await answer(endless_llm, ask("안녕", cut, continue_last=True, max_tokens=3, temperature=1.0)))
        assert "�" not in more, (n, cut)


async def test_the_second_turn_reads_only_what_is_new(endless_llm: LocalLLM) -> None:
    await idle(endless_llm)
    question = "오늘 날씨가 어때요? " * 20
    first = await answer(endless_llm, ask(question, max_tokens=30))
    second = await answer(endless_llm, ask(question, text_of(first), "그리고 내일은?", max_tokens=5))
    n_before = finished(first).prompt_tokens + finished(first).completion_tokens
    assert finished(second).cached_tokens >= n_before - 8
    assert started(second).cached_tokens == finished(second).cached_tokens


async def test_a_reused_prefix_gives_the_same_answer_as_a_fresh_one(endless_llm: LocalLLM) -> None:
    question = "처음부터 다시 이야기해 주세요. " * 8
    fresh = await answer(endless_llm, ask(question, max_tokens=40, temperature=0))
    again = await answer(endless_llm, ask(question, max_tokens=40, temperature=0))
    assert finished(again).cached_tokens > 0
    assert text_of(again) == text_of(fresh)


async def test_a_continuation_goes_on_without_a_new_turn(endless_llm: LocalLLM) -> None:
    request = ask("안녕", "Hello there, the", continue_last=True, temperature=0, max_tokens=4)
    events = await answer(endless_llm, request)
    assert started(events).prompt.endswith("<|im_start|>assistant\nHello there, the")
    assert text_of(events).startswith((" floor", " moon", " small", " old", " evening"))


async def test_waiting_requests_hear_their_place_again_when_it_changes(endless_llm: LocalLLM) -> None:
    await idle(endless_llm)
    running = [endless_llm.stream(ask(user=user, max_tokens=16_000)) for user in ("a", "b")]
    for stream in running:
        assert isinstance(await anext(stream), Started)
    third, fourth = (endless_llm.stream(ask(user=user, max_tokens=4)) for user in ("c", "d"))
    assert await anext(third) == Queued(1, eta_ms=pytest.approx(0, abs=10**9))
    place: StreamEvent = await anext(fourth)
    assert isinstance(place, Queued)
    assert place.position == 2
    assert place.eta_ms is None or place.eta_ms >= 0
    await third.aclose()
    place = await anext(fourth)
    assert isinstance(place, Queued)
    assert place.position == 1
    await running[0].aclose()
    assert isinstance(await anext(fourth), Started)
    for stream in (*running, fourth):
        await stream.aclose()


async def test_a_full_queue_says_when_to_come_back(endless_llm: LocalLLM) -> None:
    await idle(endless_llm)
    streams = [endless_llm.stream(ask(user=str(n), max_tokens=16_000)) for n in range(5)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(QueueFull) as refused:
        await answer(endless_llm, ask())
    assert refused.value.retry_after_s is not None
    assert refused.value.retry_after_s >= 1
    for stream in streams:
        await stream.aclose()


async def test_those_who_wait_are_served_round_robin_between_users(endless_llm: LocalLLM) -> None:
    await idle(endless_llm)
    running = [endless_llm.stream(ask(user="greedy", max_tokens=16_000)) for _ in range(2)]
    for stream in running:
        await anext(stream)
    greedy = endless_llm.stream(ask(user="greedy", max_tokens=2))
    await anext(greedy)
    modest = endless_llm.stream(ask(user="modest", max_tokens=2))
    place = await anext(modest)
    assert isinstance(place, Queued)
    assert place.position == 1
    for stream in (*running, greedy, modest):
        await stream.aclose()


async def test_a_weight_goes_before_who_came_first(endless_llm: LocalLLM) -> None:
    await idle(endless_llm)
    running = [endless_llm.stream(ask(user=user, max_tokens=16_000)) for user in ("guest", "staff")]
    for stream in running:
        await anext(stream)
    first = endless_llm.stream(ask(user="guest", max_tokens=2))
    await anext(first)
    second = endless_llm.stream(replace(ask(user="staff", max_tokens=2), weight=4.0))
    place = await anext(second)
    assert isinstance(place, Queued)
    assert place.position == 1
    with pytest.raises(BadParameters):
        await answer(endless_llm, replace(ask(), weight=0.0))
    for stream in (*running, first, second):
        await stream.aclose()


async def test_a_cancel_storm_leaves_nothing_behind(endless_llm: LocalLLM) -> None:
    async def start_and_leave(n: int) -> None:
        async with aclosing(endless_llm.stream(ask(user=str(n), max_tokens=16_000))) as stream:
            try:
                await anext(stream)
            except QueueFull:
                return

    await asyncio.gather(*(start_and_leave(n) for n in range(200)))
    await idle(endless_llm)
    assert (await endless_llm.stats()).n_slots_used == 0


async def test_a_prompt_over_the_context_is_refused_with_figures(tiny_llm: LocalLLM) -> None:
    with pytest.raises(ContextOverflow) as refused:
        await answer(tiny_llm, ask("가나다라 " * 3000))
    assert refused.value.params["n_tokens"] > refused.value.params["n_ctx"] == 2048


@pytest.mark.parametrize(
    "params",
    [
        {"temperature": 3.0},
        {"top_p": 0.0},
        {"seed": -1},
        {"stop": ("",)},
        {"max_tokens": 0},
        {"temperature": float("nan")},
    ],
)
async def test_parameters_out_of_range_are_refused_by_the_engine_too(
    tiny_llm: LocalLLM, params: dict[str, object]
) -> None:
    with pytest.raises(BadParameters):
        await answer(tiny_llm, ask(**params))


async def test_odd_text_is_read_as_it_is(tiny_llm: LocalLLM) -> None:
    for text in ("", " ", "\0", "\ud83d", "\u202eabc", "\ufdd0", "{{ 7*7 }}", "{% for x in y %}"):
        events = await answer(tiny_llm, ask(text, max_tokens=3))
        assert started(events).prompt.count("<|im_end|>") == 1
    hostile = GenerateRequest("1", (), SamplingParams())
    with pytest.raises(BadParameters):
        await answer(tiny_llm, hostile)


async def test_two_web_processes_share_one_engine_and_hear_only_their_own(
    tiny_llm: LocalLLM, tiny_engine_socket: Path
) -> None:
    async for other in _connected(tiny_engine_socket):
        mine, theirs = await asyncio.gather(
            answer(tiny_llm, ask("hello", temperature=0)), answer(other, ask("안녕하세요", temperature=0))
        )
        alone = await answer(tiny_llm, ask("hello", temperature=0))
        assert text_of(mine) == text_of(alone)
        assert finished(theirs).prompt_tokens != finished(mine).prompt_tokens


async def test_a_conversation_that_lost_its_slot_comes_back_from_ram(spawn_llm: SpawnLLM, tiny_gguf: Path) -> None:
    llm = await spawn_llm(model_path=tiny_gguf, n_slots=1, n_parked=0)
    question = "오늘 날씨가 어때요? " * 12
    fresh = await answer(llm, ask(question, temperature=0, max_tokens=20))
    await answer(llm, ask("We talk about something else. " * 10, max_tokens=3))
    again = await answer(llm, ask(question, temperature=0, max_tokens=20))
    assert finished(again).cached_tokens >= finished(again).prompt_tokens - 1
    assert text_of(again) == text_of(fresh)


async def test_who_ended_leaves_the_context_as_another_begins_and_says_the_same_afterwards(
    spawn_llm: SpawnLLM, tiny_gguf: Path
) -> None:
    llm = await spawn_llm(model_path=tiny_gguf, n_slots=2, n_parked=2)
    question = "오늘 날씨가 어때요? " * 24
    fresh = await answer(llm, ask(question, temperature=0, max_tokens=20))
    n_first = (await llm.stats()).kv_cells_used
    await answer(llm, ask("We talk about something else.", max_tokens=3))
    stats = await llm.stats()
    assert (stats.saved_conversations, stats.kv_cells_used < n_first) == (1, True)
    again = await answer(llm, ask(question, temperature=0, max_tokens=20))
    assert finished(again).cached_tokens >= finished(again).prompt_tokens - 1
    assert text_of(again) == text_of(fresh)
    assert (await llm.stats()).restores_total == 1


async def test_what_does_not_fit_into_a_frame_is_refused_and_nothing_breaks(tiny_llm: LocalLLM) -> None:
    with pytest.raises(BadParameters):
        await answer(tiny_llm, ask("x" * 40_000_000))
    with pytest.raises(BadParameters):
        await answer(tiny_llm, ask(seed=2**70))
    assert finished(await answer(tiny_llm, ask(max_tokens=2)))


async def test_guessing_ahead_changes_nothing_but_the_number_of_steps(spawn_llm: SpawnLLM, endless_gguf: Path) -> None:
    """Greedy, the same words alone, with guesses, and with guesses in a batch of eight."""
    repeats = "하나 둘 셋 넷 하나 둘 셋 넷 하나 둘 셋 넷 "
    requests = [ask(f"{n} {repeats}", user=str(n), max_tokens=120, temperature=0) for n in range(8)]
    plain = await spawn_llm(model_path=endless_gguf, n_draft=0, n_slots=8)
    alone = [text_of(await answer(plain, request)) for request in requests]
    assert (await plain.stats()).draft_tokens_total == 0
    guessing = await spawn_llm(model_path=endless_gguf, n_draft=7, n_slots=8)
    assert [text_of(await answer(guessing, request)) for request in requests] == alone
    together = await asyncio.gather(*(answer(guessing, request) for request in requests))
    assert [text_of(events) for events in together] == alone
    stats = await guessing.stats()
    assert stats.draft_tokens_total >= stats.accepted_tokens_total > 0
    first = stats.histograms["time_to_first_token_seconds"]
    assert sum(first.counts) == sum(stats.histograms["e2e_request_latency_seconds"].counts) > 0
    assert first.sum_s > 0


async def test_random_cancels_leave_nothing_behind(spawn_llm: SpawnLLM, endless_gguf: Path) -> None:
    """A hundred here, a thousand in docs/reliability.md (`python -m backend.llm.bench.cancels`)."""
    from backend.llm.bench.cancels import cancel_at_random

    llm = await spawn_llm(model_path=endless_gguf, n_slots=3, n_parked=1)
    outcome = await cancel_at_random(llm, n=100, seed=1)
    assert outcome.n_cancelled + outcome.n_finished == 100
    stats = await llm.stats()
    assert (stats.n_running, stats.n_queued, stats.n_slots_used) == (0, 0, 0)
    assert stats.kv_cells_used <= 4 * 4096
    assert finished(await answer(llm, ask(max_tokens=5))).completion_tokens == 5


async def test_a_reply_at_the_end_of_its_context_ends_or_forgets_as_set_and_says_so(
    spawn_llm: SpawnLLM, endless_gguf: Path
) -> None:
    request = ask("마루 " * 20, max_tokens=400, temperature=0)
    stopping = await spawn_llm(model_path=endless_gguf, n_ctx=256)
    end = finished(await answer(stopping, request))
    assert (end.finish_reason, end.is_context_full, end.shifted_tokens) == ("length", True, 0)
    assert end.prompt_tokens + end.completion_tokens == 256
    shifting = await spawn_llm(model_path=endless_gguf, n_ctx=256, context_overflow="shift")
    end = finished(await answer(shifting, request))
    assert (end.completion_tokens, end.is_context_full) == (400, False)
    assert end.shifted_tokens > 0
