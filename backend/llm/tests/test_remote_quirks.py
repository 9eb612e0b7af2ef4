"""RemoteLLM against what servers are known to do that the standard does not say."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from backend.llm import errors
from backend.llm.remote import Limits, RemoteLLM
from backend.llm.remote_events import Reading
from backend.llm.tests.asking import answer, ask, finished, text_of
from backend.llm.tests.fake_servers import FakeServer, begin_stream, fake_server, raw, refusal, send_raw
from backend.llm.tests.test_remote import DONE, END, WORD, engine, event, llm, server
from backend.llm.types import TokenLogprob, Tool, ToolCall, left_open

__all__ = ["llm", "server"]


ONLY_ITS_OWN = {
    "message": "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
    "type": "invalid_request_error",
    "param": "temperature",
    "code": "unsupported_value",
}


async def test_what_nobody_chose_and_the_model_refuses_is_left_out_from_then_on() -> None:
    """As OpenAI's reasoning models do with every temperature but their own."""
    async with fake_server("openai") as server:
        llm = engine(server)
        server.plan.append(refusal(400, {"error": ONLY_ITS_OWN}))
        open_ = replace(ask(max_tokens=2), left_open=left_open(()))
        assert finished(await answer(llm, open_)).completion_tokens == 2
        assert finished(await answer(llm, open_)).completion_tokens == 2
        assert ["temperature" in body for body in server.completions] == [True, False, False]
        assert all("top_p" in body for body in server.completions)
        await llm.stop()


async def test_what_somebody_chose_and_the_model_refuses_is_told() -> None:
    async with fake_server("openai") as server:
        llm = engine(server)
        server.plan.append(refusal(400, {"error": ONLY_ITS_OWN}))
        with pytest.raises(errors.BadParameters) as raised:
            await answer(llm, replace(ask(max_tokens=2), left_open=left_open(["temperature"])))
        assert raised.value.params["param"] == "temperature"
        assert len(server.completions) == 1
        await llm.stop()


NO_ROOM = {
    "object": "error",
    "message": "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8000 in the messages, "
    "1000 in the completion). Please reduce the length of the messages or completion.",
    "type": "BadRequestError",
    "code": 400,
}


async def test_an_answer_that_does_not_fit_is_cut_to_what_the_context_has_left(
    server: FakeServer, llm: RemoteLLM
) -> None:
    """A local engine cuts it itself; vLLM refuses it, and without a limit writes what fits."""
    server.plan += [refusal(400, NO_ROOM), raw(WORD, END, DONE, then="end")]
    assert text_of(await answer(llm, ask(max_tokens=1000))) == "word "
    assert ["max_tokens" in body for body in server.completions] == [True, False]


async def test_a_prompt_that_does_not_fit_is_refused_all_the_same(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan += [refusal(400, NO_ROOM)] * 3
    with pytest.raises(errors.ContextOverflow):
        await answer(llm, ask(max_tokens=1000))
    assert len(server.completions) == 2


def called(*pieces: dict[str, Any]) -> Any:
    parts = [event(tool_calls=[piece]) for piece in pieces]
    return raw(*parts, event(finish_reason="tool_calls"), DONE, then="end")


def calls_of(events: list[Any]) -> list[ToolCall]:
    return [one for one in events if isinstance(one, ToolCall)]


async def test_calls_that_share_an_index_stay_apart(server: FakeServer, llm: RemoteLLM) -> None:
    """Gemini's and Ollama's servers have given index 0 to all of them."""
    pieces = [
        {"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"city": "서울"}'}},
        {"index": 0, "id": "c2", "function": {"name": "time", "arguments": "{"}},
        {"index": 0, "function": {"arguments": "}"}},
    ]
    server.plan.append(called(*pieces))
    events = await answer(llm, replace(ask(), tools=(Tool("weather"), Tool("time"))))
    assert calls_of(events) == [ToolCall("c1", "weather", '{"city": "서울"}'), ToolCall("c2", "time", "{}")]


async def test_an_id_of_its_own_for_each_piece_makes_no_other_call(server: FakeServer, llm: RemoteLLM) -> None:
    """As vLLM did for long: the name is in the first piece only."""
    pieces = [
        {"index": 0, "id": "c1", "function": {"name": "time", "arguments": "{"}},
        {"index": 0, "id": "c2", "function": {"arguments": "}"}},
    ]
    server.plan.append(called(*pieces))
    assert calls_of(await answer(llm, replace(ask(), tools=(Tool("time"),)))) == [ToolCall("c1", "time", "{}")]


async def test_calls_without_ids_get_some(server: FakeServer, llm: RemoteLLM) -> None:
    """A result is told to which call it belongs: programs that get no id cannot answer."""
    pieces = [{"index": n, "id": "", "function": {"name": "time", "arguments": "{}"}} for n in range(2)]
    server.plan.append(called(*pieces))
    ids = [one.id for one in calls_of(await answer(llm, replace(ask(), tools=(Tool("time"),))))]
    assert all(ids)
    assert len(set(ids)) == 2


async def test_a_text_beside_the_delta_hides_no_call(server: FakeServer, llm: RemoteLLM) -> None:
    """Together's server says the text twice."""
    call = {"index": 0, "id": "c1", "function": {"name": "time", "arguments": "{}"}}
    choice = {"index": 0, "text": "", "delta": {"content": "", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    line = b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"
    server.plan.append(raw(line, DONE, then="end"))
    assert calls_of(await answer(llm, replace(ask(), tools=(Tool("time"),)))) == [ToolCall("c1", "time", "{}")]


async def test_an_answer_that_calls_ends_for_its_calls(server: FakeServer, llm: RemoteLLM) -> None:
    """Some say “stop”; a local engine's says what it is, and programs go by it."""
    call = {"index": 0, "id": "c1", "function": {"name": "time", "arguments": "{}"}}
    server.plan.append(raw(event(tool_calls=[call]), END, DONE, then="end"))
    assert finished(await answer(llm, replace(ask(), tools=(Tool("time"),)))).finish_reason == "tool_calls"


async def test_who_was_silent_for_all_the_time_is_not_asked_again() -> None:
    """No time would be left for it: it failed at once, and counted as another failure of the engine."""
    async with fake_server("vllm") as server:
        llm = engine(server, Limits(first_token_s=0.7))
        await llm.models()
        server.plan += [raw(then="silent")] * 2
        for _ in range(2):
            with pytest.raises(errors.EngineUnavailable):
                await answer(llm, ask())
        assert llm._breaker._n_failed == 2, "four would leave it alone"
        await llm.stop()


async def test_a_call_that_was_cut_late_is_not_asked_for_again() -> None:
    """Its first word came in time; a second try would have none left."""

    async def late(writer: Any, asked: Any) -> None:
        await begin_stream(writer)
        call = {"index": 0, "id": "c1", "function": {"name": "write", "arguments": "x"}}
        await send_raw(writer, event(tool_calls=[call]))
        await asyncio.sleep(0.8)
        raise ConnectionError

    async with fake_server("vllm") as server:
        llm = engine(server, Limits(first_token_s=0.7))
        await llm.models()
        server.plan.append(late)
        with pytest.raises(errors.EngineUnavailable):
            await answer(llm, replace(ask(), tools=(Tool("write"),)))
        assert llm._breaker._n_failed == 1
        await llm.stop()


@pytest.mark.parametrize("reason", ["error", "abort", "insufficient_system_resource"])
async def test_an_answer_that_its_server_says_has_failed_is_no_whole_one(
    server: FakeServer, llm: RemoteLLM, reason: str
) -> None:
    failed = event(finish_reason=reason)
    server.plan += [raw(failed, DONE, then="end"), raw(WORD, failed, DONE, then="end")]
    heard: list[Any] = []
    with pytest.raises(errors.EngineFailed):
        async for one in llm.stream(ask()):
            heard.append(one)
    assert len(server.completions) == 2, "before its first text it is asked for once more"
    assert text_of(heard) == "word "


def old(logprobs: Any) -> Any:
    return Reading().take({"choices": [{"text": "a b", "logprobs": logprobs}]})


def test_log_probabilities_of_completions_are_read() -> None:
    told = {"tokens": ["a", " b"], "token_logprobs": [-0.5, -1], "top_logprobs": [{"a": -0.5, "x": "no"}, None]}
    assert old(told).logprobs == (TokenLogprob("a", -0.5, (("a", -0.5),)), TokenLogprob(" b", -1.0, ()))
    # The first token of an echo has none.
    assert old({"tokens": ["a", " b"], "token_logprobs": [None, -1]}).logprobs == (TokenLogprob(" b", -1.0, ()),)


@pytest.mark.parametrize(
    "told", [{"tokens": ["a"]}, {"tokens": 7, "token_logprobs": 7}, {"tokens": [7], "token_logprobs": [-1]}, [], 7]
)
def test_log_probabilities_that_are_none_harm_nothing(told: Any) -> None:
    assert old(told).logprobs == ()
