"""RemoteLLM against servers that are slow, rude, broken or hostile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from backend.llm import errors
from backend.llm.engine_spec import EngineSpec
from backend.llm.remote import Limits, RemoteLLM
from backend.llm.tests.asking import answer, ask, finished, started, text_of
from backend.llm.tests.fake_servers import FakeServer, begin_stream, fake_server, raw, refusal, send_event, send_raw
from backend.llm.types import Delta, SamplingParams, Tool, ToolCall

PATIENT = Limits()  # a machine that stalls changes no answer
KEY = "sk-very-secret"


def engine(server: FakeServer, limits: Limits = PATIENT, **options: Any) -> RemoteLLM:
    return RemoteLLM(EngineSpec("far", server.url, may_be_private=True, api_key=KEY, **options), limits)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with fake_server("vllm") as made:
        yield made


@pytest_asyncio.fixture
async def llm(server: FakeServer, request: pytest.FixtureRequest) -> AsyncIterator[RemoteLLM]:
    """Tests that wait for a limit name it."""
    made = engine(server, getattr(request, "param", PATIENT))
    yield made
    await made.stop()


def event(**delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": delta.pop("finish_reason", None)}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


WORD = event(content="word ")
END = event(finish_reason="stop")
DONE = b"data: [DONE]\n\n"


async def test_it_works(server: FakeServer, llm: RemoteLLM) -> None:
    events = await answer(llm, ask("안녕", max_tokens=5))
    assert started(events).engine == "far"
    end = finished(events)
    assert (end.model, end.completion_tokens, end.cached_tokens, end.finish_reason) == ("fake", 5, 3, "length")
    assert end.prompt_tokens > 0
    (body,) = server.completions
    assert body["messages"] == [{"role": "user", "content": "안녕"}]
    assert body["stream_options"] == {"include_usage": True}
    assert server.asked[-1].headers["authorization"] == f"Bearer {KEY}"
    assert server.asked[-1].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_reasoning_becomes_a_block_of_its_own(server: FakeServer, llm: RemoteLLM, name: str) -> None:
    server.plan.append(raw(event(**{name: "Let me "}), event(**{name: "see."}), WORD, END, DONE, then="end"))
    assert text_of(await answer(llm, ask())) == "<think>\nLet me see.\n</think>\n\nword "


async def test_an_answer_that_is_only_reasoning_is_closed(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan.append(raw(event(reasoning="Hm."), END, DONE, then="end"))
    assert text_of(await answer(llm, ask())) == "<think>\nHm.\n</think>\n"


async def test_without_usage_the_pieces_are_counted(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan.append(raw(WORD, WORD, END, DONE, then="end"))
    assert finished(await answer(llm, ask())).completion_tokens == 2


@pytest.mark.parametrize("llm", [Limits(tail_s=0.2)], indirect=True)
async def test_usage_that_never_comes_does_not_hold_the_answer(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan.append(raw(WORD, END, then="silent"))
    assert text_of(await answer(llm, ask())) == "word "


async def test_korean_split_in_the_middle_of_a_character_arrives_whole(server: FakeServer, llm: RemoteLLM) -> None:
    line = 'data: {"choices":[{"delta":{"content":"안녕"}}]}\n\n'.encode()
    server.plan.append(raw(line[:40], line[40:], END, DONE, then="end"))
    assert text_of(await answer(llm, ask())) == "안녕"


@pytest.mark.parametrize(
    ("bytes_", "error"),
    [
        (b"data: {oops\n\n", errors.EngineMalformed),
        (b"data: \xff\xfe\n\n", errors.EngineMalformed),
        (b"data: [1]\n\n", errors.EngineMalformed),
        (b'data: {"choices": 7}\n\n', errors.EngineMalformed),
        (b'data: {"choices": [7]}\n\n', errors.EngineMalformed),
        (b'data: {"choices": [{"delta": "x"}]}\n\n', errors.EngineMalformed),
        (b'data: {"choices": [{"delta": {"content": {}}}]}\n\n', errors.EngineMalformed),
        (b"data: " + b"[" * 100_000 + b"\n\n", errors.EngineMalformed),
        (b'data: {"created": ' + b"9" * 5000 + b"}\n\n", errors.EngineMalformed),
        (b'data: {"error": {"message": "boom", "code": 500}}\n\n', errors.EngineFailed),
        (b'data: {"error": {"message": "x", "type": "exceed_context_size_error"}}\n\n', errors.ContextOverflow),
        (b'data: {"error": {"message": "this maximum context length is 10"}}\n\n', errors.ContextOverflow),
        (b"", errors.EngineUnavailable),
    ],
)
@pytest.mark.parametrize("has_text", [False, True])
async def test_what_cannot_be_understood_is_a_clear_error(
    server: FakeServer, llm: RemoteLLM, bytes_: bytes, error: type[errors.LLMError], has_text: bool
) -> None:
    parts = [WORD, bytes_] if has_text else [bytes_]
    then = "silent" if bytes_ else "cut"
    server.plan += [raw(*filter(None, parts), then=then), raw(*filter(None, parts), then=then)]
    heard: list[Any] = []
    with pytest.raises(errors.LLMError) as caught:
        async for one in llm.stream(ask()):
            heard.append(one)
    wanted = errors.RemoteLost if not bytes_ and has_text else error
    assert isinstance(caught.value, wanted)
    assert text_of(heard) == ("word " if has_text else "")


@pytest.mark.parametrize(
    "answer_",
    [
        raw(b'data: {"choices": [{"delta": {"content": "' + b"x" * 9_000_000, then="silent"),
        raw(*[b": padding\n" * 100_000] * 80, then="silent"),
    ],
    ids=["one endless line", "endless comments"],
)
@pytest.mark.parametrize("llm", [Limits(first_token_s=2)], indirect=True)
async def test_a_stream_without_end_is_cut(server: FakeServer, llm: RemoteLLM, answer_: Any) -> None:
    server.plan += [answer_, answer_]
    with pytest.raises((errors.EngineMalformed, errors.EngineUnavailable)):
        await answer(llm, ask())


async def test_words_without_end_are_cut(server: FakeServer) -> None:
    many = event(content="x" * 500_000)

    async def endless(writer: Any, asked: Any) -> None:
        await begin_stream(writer)
        while True:
            await send_raw(writer, many)

    server.plan.append(endless)
    llm = engine(server)
    with pytest.raises(errors.EngineMalformed):
        await answer(llm, ask())
    await llm.stop()


async def test_a_compressed_answer_is_refused(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan += [refusal(200, {}, Content_Encoding="gzip")] * 2
    with pytest.raises(errors.EngineMalformed):
        await answer(llm, ask())


@pytest.mark.parametrize("llm", [Limits(first_token_s=2)], indirect=True)
async def test_silence_before_the_first_text_is_an_engine_that_is_away(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan += [raw(event(role="assistant"), then="silent")] * 2
    with pytest.raises(errors.EngineUnavailable):
        await answer(llm, ask())


@pytest.mark.parametrize("llm", [Limits(between_s=1)], indirect=True)
async def test_comments_alone_do_not_keep_an_answer_alive(server: FakeServer, llm: RemoteLLM) -> None:
    async def chatty(writer: Any, asked: Any) -> None:
        await begin_stream(writer)
        await send_raw(writer, WORD)
        while True:
            await send_raw(writer, b": keep-alive\n\n")
            await asyncio.sleep(0.05)

    server.plan.append(chatty)
    with pytest.raises(errors.RemoteLost):
        await answer(llm, ask())


async def test_what_failed_before_its_first_text_is_asked_once_more(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan.append(refusal(500, {"error": {"message": "x"}}))
    assert text_of(await answer(llm, ask(max_tokens=3)))
    assert len(server.completions) == 2


async def test_after_text_nothing_is_asked_again(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan.append(raw(WORD))
    with pytest.raises(errors.RemoteLost):
        await answer(llm, ask())
    assert len(server.completions) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": {"message": "no"}}, errors.EngineRefused),
        (403, {"error": {"message": "no"}}, errors.EngineRefused),
        (404, {"error": {"message": "no model"}}, errors.ModelNotFound),
        (429, {"error": {"message": "slow"}}, errors.QueueFull),
        (400, {"error": {"message": "bad", "param": "temperature"}}, errors.BadParameters),
        (400, {"error": {"message": "x", "code": "context_length_exceeded"}}, errors.ContextOverflow),
        (422, "not even an object", errors.BadParameters),
        (302, {}, errors.EngineFailed),
        (500, {"error": "x"}, errors.EngineFailed),
    ],
)
async def test_refusals_have_our_codes(
    server: FakeServer, llm: RemoteLLM, status: int, body: Any, error: type[errors.LLMError]
) -> None:
    server.plan += [refusal(status, body, Location="http://127.0.0.1:1/", Retry_After="7")] * 2
    with pytest.raises(error) as caught:
        await answer(llm, ask())
    assert KEY not in str(caught.value)
    if error is errors.QueueFull:
        assert caught.value.retry_after_s == 7


async def test_an_engine_that_keeps_failing_is_left_alone(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan += [refusal(500, {})] * 6
    for _ in range(3):
        with pytest.raises(errors.LLMError):
            await answer(llm, ask())
    n_asked = len(server.completions)
    with pytest.raises(errors.EngineUnavailable) as caught:
        await answer(llm, ask())
    assert caught.value.retry_after_s
    assert len(server.completions) == n_asked <= 6
    assert (await llm.stats()).state == "down"


async def test_leaving_closes_the_connection_so_that_the_engine_stops(server: FakeServer, llm: RemoteLLM) -> None:
    server.delay_s = 0.01
    stream = llm.stream(ask(max_tokens=100_000))
    async for one in stream:
        if isinstance(one, Delta):
            break
    assert server.n_open == 1
    await stream.aclose()
    while server.n_open:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_an_engine_that_is_not_there(server: FakeServer, llm: RemoteLLM) -> None:
    await server.kill()
    assert await llm.models() == []
    assert (await llm.stats()).state == "down"
    with pytest.raises(errors.EngineUnavailable):
        await answer(llm, ask())


@pytest.mark.parametrize("dialect", ["vllm", "llamacpp", "openai"])
async def test_a_continuation_is_asked_for_in_the_engines_own_words(dialect: str) -> None:
    async with fake_server(dialect) as far:
        llm = engine(far)
        request = ask("hi", "so far", continue_last=True, max_tokens=2)
        if dialect == "openai":
            with pytest.raises(errors.CannotContinue):
                await answer(llm, request)
        else:
            await answer(llm, request)
            (body,) = far.completions
            assert body.get("continue_final_message", False) is (dialect == "vllm")
            assert body["messages"][-1]["role"] == "assistant"
        await llm.stop()


async def test_only_what_a_dialect_knows_is_sent() -> None:
    params = SamplingParams(top_k=7, repeat_penalty=1.2, stop=("a", "b", "c", "d", "e"), seed=3, max_tokens=2)
    sent = {}
    for dialect in ("vllm", "llamacpp", "openai", "somebody"):
        async with fake_server(dialect) as far:
            llm = engine(far)
            await answer(llm, replace(ask(), params=params))
            sent[dialect] = far.completions[0]
            await llm.stop()
    assert sent["vllm"]["repetition_penalty"] == 1.2
    assert sent["llamacpp"]["repeat_penalty"] == 1.2
    assert sent["openai"]["max_completion_tokens"] == 2
    for dialect in ("openai", "somebody"):
        assert not {"top_k", "min_p", "repeat_penalty", "repetition_penalty"} & set(sent[dialect])
        assert len(sent[dialect]["stop"]) == 4


async def test_a_schema_goes_along_and_a_grammar_is_never_lost_silently(server: FakeServer, llm: RemoteLLM) -> None:
    await answer(llm, ask(json_schema='{"type": "object"}', max_tokens=2))
    assert server.completions[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}
    async with fake_server("somebody") as far:
        plain = engine(far)
        with pytest.raises(errors.BadParameters):
            await answer(plain, ask(grammar='root ::= "a"'))
        await plain.stop()


async def test_a_log_probability_of_hundreds_of_digits_is_none(server: FakeServer, llm: RemoteLLM) -> None:
    choice = {"index": 0, "delta": {"content": "x"}, "logprobs": {"content": [{"token": "x", "logprob": -(10**400)}]}}
    server.plan.append(raw(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n", END, DONE, then="end"))
    events = await answer(llm, ask(top_logprobs=0))
    assert [(one.text, one.logprobs) for one in events if isinstance(one, Delta)] == [("x", ())]


async def test_log_probabilities_are_read(server: FakeServer, llm: RemoteLLM) -> None:
    top = [{"token": "word ", "logprob": -0.5}, {"token": "x", "logprob": "no number"}]
    logprobs = {"content": [{"token": "word ", "logprob": -0.5, "top_logprobs": top}]}
    chunk = {"choices": [{"index": 0, "delta": {"content": "word "}, "logprobs": logprobs}]}

    async def talk(writer: Any, asked: Any) -> None:
        await begin_stream(writer)
        await send_event(writer, chunk)
        await send_raw(writer, END + DONE)
        writer.write(b"0\r\n\r\n")

    server.plan.append(talk)
    (delta,) = [one for one in await answer(llm, ask(top_logprobs=2)) if isinstance(one, Delta)]
    assert delta.logprobs[0].top == (("word ", -0.5),)


async def test_an_address_inside_the_house_is_refused_unless_configured(server: FakeServer) -> None:
    llm = RemoteLLM(EngineSpec("far", server.url))
    assert await llm.models() == []
    assert "refused" in (await llm.stats()).detail.en
    assert server.asked == []
    await llm.stop()


async def test_tools_go_along_and_calls_come_whole(server: FakeServer, llm: RemoteLLM) -> None:
    pieces = [
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"ci'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": 'ty": "서울"}'}}]},
        {"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "time", "arguments": "{}"}}]},
    ]
    server.plan.append(raw(*(event(**piece) for piece in pieces), event(finish_reason="tool_calls"), DONE, then="end"))
    tools = (Tool("weather", "of a city", '{"type": "object"}'), Tool("time"))
    events = await answer(llm, replace(ask(), tools=tools, tool_choice="required"))
    assert [one for one in events if isinstance(one, ToolCall)] == [
        ToolCall("c1", "weather", '{"city": "서울"}'),
        ToolCall("c2", "time", "{}"),
    ]
    assert finished(events).finish_reason == "tool_calls"
    (body,) = server.completions
    assert [tool["function"]["name"] for tool in body["tools"]] == ["weather", "time"]
    assert body["tool_choice"] == "required"


async def test_a_call_may_take_as_long_to_write_as_any_text(server: FakeServer) -> None:
    async def slowly(writer: asyncio.StreamWriter, asked: Any) -> None:
        await begin_stream(writer)
        for n in range(12):
            name = {"id": "c1", "name": "write"} if n == 0 else {}
            call = {"index": 0, "id": name.get("id"), "function": {"name": name.get("name"), "arguments": "x"}}
            await send_raw(writer, event(tool_calls=[call]))
            await asyncio.sleep(0.4)
        await send_raw(writer, event(finish_reason="tool_calls") + DONE)
        raise ConnectionError

    server.plan.append(slowly)
    llm = engine(server, Limits(first_token_s=4))
    events = await answer(llm, replace(ask(), tools=(Tool("write"),)))
    assert [one.arguments for one in events if isinstance(one, ToolCall)] == ["x" * 12]
    assert finished(events).timings.ttft_ms < 4000 < finished(events).timings.decode_ms
    await llm.stop()


async def test_a_call_that_was_cut_is_asked_for_once_more(server: FakeServer, llm: RemoteLLM) -> None:
    call = event(tool_calls=[{"index": 0, "id": "c1", "function": {"name": "time", "arguments": "{}"}}])
    server.plan += [raw(call), raw(call, event(finish_reason="tool_calls"), DONE, then="end")]
    events = await answer(llm, replace(ask(), tools=(Tool("time"),)))
    assert [one for one in events if isinstance(one, ToolCall)] == [ToolCall("c1", "time", "{}")]


async def test_reasoning_is_split_where_that_is_asked_for(server: FakeServer, llm: RemoteLLM) -> None:
    server.plan.append(raw(event(reasoning="Hm."), WORD, END, DONE, then="end"))
    events = await answer(llm, replace(ask(), splits_reasoning=True))
    assert [(one.text, one.reasoning) for one in events if isinstance(one, Delta)] == [("", "Hm."), ("word ", "")]


async def test_vectors_stand_in_their_texts_order_and_have_length_one(server: FakeServer, llm: RemoteLLM) -> None:
    result = await llm.embed(["a", "b"], model="fake")
    assert result.vectors == [[0.6, 0.8], [0.6, 0.8]]
    assert result.n_tokens == 7
    with pytest.raises(errors.NoEmbeddingModel):
        await llm.embed(["a"])
