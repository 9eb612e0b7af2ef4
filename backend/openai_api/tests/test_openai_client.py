"""The official client, with nothing changed but its base URL and key, against a running server and a real (tiny) model.

The model thinks "The sky is asked for…", says "I look outside." and asks for the weather in Seoul.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any, Literal

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from backend.openai_api.tests.conftest import Served

pytestmark = [pytest.mark.engine, pytest.mark.slow]

HI: Any = [{"role": "user", "content": "날씨 어때?"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["서울", "부산"]}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
TIME: Any = {"type": "function", "function": {"name": "get_time"}}


class Weather(BaseModel):
    city: Literal["서울", "부산"]
    is_sunny: bool
    sky: Literal["clear", "cloudy"] | None


@pytest.fixture
def client(agent: Served) -> OpenAI:
    return OpenAI(base_url=agent.base_url, api_key=agent.key, max_retries=0, timeout=30)


def chat(client: OpenAI, **asked: Any) -> Any:
    return client.chat.completions.create(**{"model": "agent", "messages": HI, "temperature": 0, **asked})


def test_it_works(client: OpenAI) -> None:
    answer = chat(client)
    (choice,) = answer.choices
    assert choice.message.content.startswith("I look outside.")
    assert choice.message.reasoning_content == "The sky is asked for…"
    assert (choice.finish_reason, answer.model, answer.object) == ("stop", "agent", "chat.completion")
    assert answer.id.startswith("chatcmpl-")
    assert abs(answer.created - time.time()) < 60


def test_usage_counts_what_was_read_and_written(client: OpenAI) -> None:
    usage = chat(client).usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens == 23
    assert usage.completion_tokens_details.reasoning_tokens == 7
    assert usage.prompt_tokens_details.cached_tokens >= 0


def test_a_stream_says_the_same_as_the_whole(client: OpenAI) -> None:
    chunks = list(chat(client, stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks]
    message = chat(client).choices[0].message
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == message.content
    thought = "".join(getattr(delta, "reasoning_content", "") or "" for delta in deltas)
    assert thought == message.reasoning_content
    assert [chunk.choices[0].finish_reason for chunk in chunks][-2:] == [None, "stop"]
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_comes_in_a_last_chunk_of_its_own(client: OpenAI) -> None:
    chunks = list(chat(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 23
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_with_streaming_response(client: OpenAI) -> None:
    raw = client.chat.completions.with_streaming_response
    with raw.create(model="agent", messages=HI, temperature=0, stream=True) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-request-id"].startswith("req_")
        lines = [line for line in response.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


def test_with_raw_response_has_the_request_id(client: OpenAI) -> None:
    response = client.chat.completions.with_raw_response.create(model="agent", messages=HI, max_tokens=1)
    assert response.request_id == response.headers["x-request-id"]
    assert response.parse()._request_id == response.request_id


def test_the_helper_for_streams(client: OpenAI) -> None:
    with client.chat.completions.stream(model="agent", messages=HI, temperature=0, tools=[WEATHER]) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done", "tool_calls.function.arguments.done"} <= kinds
    assert final.choices[0].message.tool_calls[0].function.name == "get_weather"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_length_is_bounded(client: OpenAI, name: str) -> None:
    answer = chat(client, **{name: 5})
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5


@pytest.mark.parametrize("stop", [" outside", [" outside"], ["nowhere", "outside"]])
def test_stop(client: OpenAI, stop: Any) -> None:
    choice = chat(client, stop=stop).choices[0]
    assert choice.message.content.rstrip() == "I look"
    assert choice.finish_reason == "stop"


def test_n_choices(client: OpenAI) -> None:
    answer = chat(client, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert answer.usage.completion_tokens == 3 * 23
    assert answer.usage.prompt_tokens == chat(client).usage.prompt_tokens


def test_n_choices_in_a_stream(client: OpenAI) -> None:
    texts = ["", ""]
    ends: list[int] = []
    for chunk in chat(client, n=2, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            ends += [choice.index] if choice.finish_reason else []
    assert texts[0] == texts[1]
    assert texts[0].startswith("I look outside.")
    assert sorted(ends) == [0, 1]


def test_the_same_seed_gives_the_same_answer(client: OpenAI) -> None:
    def hot(seed: int) -> str:
        asked = {"temperature": 2, "top_p": 1, "seed": seed, "max_tokens": 40, "extra_body": {"min_p": 0, "top_k": 0}}
        return str(chat(client, **asked).choices[0].message.model_dump_json())

    answers = [hot(seed) for seed in (1, 1, -7, -7, 2**40)]
    assert answers[0] == answers[1]
    assert answers[2] == answers[3]


def test_logprobs(client: OpenAI) -> None:
    answer = chat(client, logprobs=True, top_logprobs=2, max_tokens=9)
    tokens = answer.choices[0].logprobs.content
    assert len(tokens) == 9
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in tokens)
    assert bytes(tokens[1].bytes).decode() == tokens[1].token == tokens[1].top_logprobs[0].token
    assert math.isclose(tokens[1].logprob, tokens[1].top_logprobs[0].logprob)


def test_logprobs_in_a_stream(client: OpenAI) -> None:
    chunks = list(chat(client, logprobs=True, stream=True))
    n_told = sum(len(choice.logprobs.content) for chunk in chunks for choice in chunk.choices if choice.logprobs)
    assert n_told == 22  # all but the one that ended the answer


def test_logit_bias_moves_a_token(client: OpenAI) -> None:
    first = chat(client, logprobs=True, max_tokens=1).choices[0].logprobs.content[0].token
    banned = {str(token): -100 for token in range(256, 300)}
    second = chat(client, logprobs=True, max_tokens=1, logit_bias=banned).choices[0].logprobs.content[0].token
    assert first == "<think>\n"
    assert second != first


def test_penalties_are_taken(client: OpenAI) -> None:
    assert chat(client, frequency_penalty=1.5, presence_penalty=-1, max_tokens=3).usage.completion_tokens == 3


def test_what_is_not_known_is_ignored(client: OpenAI) -> None:
    asked = {
        "store": True,
        "user": "x",
        "service_tier": "auto",
        "extra_body": {"no_such_thing": [1]},
        "metadata": {"a": "b"},
    }
    assert chat(client, **asked).choices[0].finish_reason == "stop"


def test_content_in_parts_and_a_developer(client: OpenAI) -> None:
    parts: Any = [{"type": "text", "text": "날씨"}, {"type": "text", "text": "어때?"}]
    messages = [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": parts}]
    assert chat(client, messages=messages).choices[0].message.content.startswith("I look")


def test_thinking_switched_off(client: OpenAI) -> None:
    message = chat(client, reasoning_effort="none").choices[0].message
    assert message.content.startswith("I look outside.")
    assert getattr(message, "reasoning_content", None) is None


# --- tools -----------------------------------------------------------------------------------------------------------


def test_the_model_calls_a_tool(client: OpenAI) -> None:
    (choice,) = chat(client, tools=[WEATHER, TIME]).choices
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "I look outside.")
    assert (call.type, call.function.name, json.loads(call.function.arguments)) == (
        "function",
        "get_weather",
        {"city": "서울"},
    )
    assert call.id.startswith("call_")


def test_a_tools_result_is_read(client: OpenAI) -> None:
    first = chat(client, tools=[WEATHER]).choices[0].message
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "맑음"}
    answer = chat(client, messages=[*HI, first, result], tools=[WEATHER])
    assert answer.usage.prompt_tokens > chat(client, tools=[WEATHER]).usage.prompt_tokens


def test_a_call_in_a_stream(client: OpenAI) -> None:
    chunks = list(chat(client, tools=[WEATHER], stream=True))
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [(call.index, call.function.name) for call in calls] == [(0, "get_weather")]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert "<tool_call>" not in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_call_can_be_forced(client: OpenAI, choice: Any) -> None:
    answer = chat(client, tools=[WEATHER], tool_choice=choice, parallel_tool_calls=False, temperature=1, seed=3)
    (call,) = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments)["city"] in ("서울", "부산")


def test_a_named_function_is_the_one_called(client: OpenAI) -> None:
    named: Any = {"type": "function", "function": {"name": "get_time"}}
    answer = chat(client, tools=[WEATHER, TIME], tool_choice=named)
    assert {call.function.name for call in answer.choices[0].message.tool_calls} == {"get_time"}


def test_tool_choice_none(client: OpenAI) -> None:
    message = chat(client, tools=[WEATHER], tool_choice="none").choices[0].message
    assert message.tool_calls is None


# --- structured output -------------------------------------------------------------------------------------------------


def test_parse_gives_an_object(client: OpenAI) -> None:
    for seed in range(3):
        completion = client.chat.completions.parse(model="agent", messages=HI, response_format=Weather, seed=seed)
        weather = completion.choices[0].message.parsed
        assert isinstance(weather, Weather)


def test_parse_of_tools(client: OpenAI) -> None:
    tool = openai.pydantic_function_tool(Weather)
    completion = client.chat.completions.parse(model="agent", messages=HI, tools=[tool], tool_choice="required")
    call = completion.choices[0].message.tool_calls[0]
    assert isinstance(call.function.parsed_arguments, Weather)


def test_json_object(client: OpenAI) -> None:
    answer = chat(client, response_format={"type": "json_object"}, max_tokens=400, temperature=1, seed=1)
    text = answer.choices[0].message.content
    assert text.startswith("{")
    if answer.choices[0].finish_reason == "stop":
        json.loads(text)


def test_a_json_schema_in_a_stream(client: OpenAI) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"], "additionalProperties": False}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chat(client, response_format=wanted, stream=True))
    assert json.loads(text)["a"] in (1, 2)


# --- the other addresses ---------------------------------------------------------------------------------------------


def test_models(client: OpenAI) -> None:
    models = {model.id: model.object for model in client.models.list().data}
    assert models["agent"] == "model"
    assert client.models.retrieve("agent").id == "agent"


def test_a_model_was_made_when_its_file_was_and_not_when_it_is_asked_for(client: OpenAI, agent_gguf: Path) -> None:
    made = int(agent_gguf.stat().st_mtime)
    assert client.models.retrieve("agent").created == made
    assert {model.id: model.created for model in client.models.list().data}["agent"] == made


def test_a_model_that_is_not_there(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("gpt-4o")
    assert (raised.value.code, raised.value.param) == ("model_not_found", "model")


def test_completions_continue_a_text_as_it_is(client: OpenAI) -> None:
    answer = client.completions.create(model="agent", prompt="The", temperature=0, max_tokens=4)
    assert answer.choices[0].text == " sky is asked for"
    assert (answer.object, answer.choices[0].finish_reason, answer.usage.prompt_tokens) == (
        "text_completion",
        "length",
        1,
    )


def test_completions_of_several_prompts_with_echo_and_logprobs(client: OpenAI) -> None:
    answer = client.completions.create(
        model="agent", prompt=["The", "I"], temperature=0, max_tokens=2, n=2, echo=True, logprobs=1
    )
    assert [choice.text for choice in answer.choices] == ["The sky is"] * 2 + ["I look outside"] * 2
    logprobs = answer.choices[0].logprobs
    assert (logprobs.tokens, logprobs.text_offset) == ([" sky", " is"], [3, 7])
    assert answer.usage.prompt_tokens == 2


def test_completions_in_a_stream(client: OpenAI) -> None:
    stream = client.completions.create(model="agent", prompt="The", temperature=0, max_tokens=4, stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == " sky is asked for"


async def test_the_async_client_and_many_at_once(agent: Served) -> None:
    import asyncio

    async with AsyncOpenAI(base_url=agent.base_url, api_key=agent.key, timeout=30) as client:
        calls = [
            client.chat.completions.create(model="agent", messages=HI, temperature=0, max_tokens=10 + n)
            for n in range(8)
        ]
        answers = await asyncio.gather(*calls)
    assert [answer.usage.completion_tokens for answer in answers if answer.usage] == list(range(10, 18))


# --- responses -------------------------------------------------------------------------------------------------------


def respond(client: OpenAI, **asked: Any) -> Any:
    return client.responses.create(**{"model": "agent", "input": "날씨 어때?", "temperature": 0, **asked})


def test_a_response(client: OpenAI) -> None:
    response = respond(client, instructions="Be kind.", metadata={"a": "b"})
    thought, message = response.output
    assert response.output_text.startswith("I look outside.")
    assert (thought.type, thought.content[0].text) == ("reasoning", "The sky is asked for…")
    assert (message.role, message.status, response.status) == ("assistant", "completed", "completed")
    assert (response.metadata, response.usage.output_tokens) == ({"a": "b"}, 23)


def test_a_responses_events_come_in_order(client: OpenAI) -> None:
    events = list(respond(client, stream=True, tools=[{**WEATHER["function"], "type": "function"}]))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type.removeprefix("response.") for event in events]
    assert list(dict.fromkeys(kinds)) == [
        "created", "in_progress", "output_item.added", "content_part.added", "reasoning_text.delta", "reasoning_text.done",
        "content_part.done", "output_item.done", "output_text.delta", "output_text.done", "function_call_arguments.delta",
        "function_call_arguments.done", "completed",
    ]  # fmt: skip
    final = events[-1].response
    assert [item.type for item in final.output] == ["reasoning", "message", "function_call"]
    assert json.loads(final.output[2].arguments) == {"city": "서울"}
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == final.output_text


def test_a_response_goes_on_with_a_tools_result(client: OpenAI) -> None:
    tool: Any = {**WEATHER["function"], "type": "function"}
    first = respond(
        client, tools=[tool], tool_choice={"type": "function", "name": "get_weather"}, parallel_tool_calls=False
    )
    (call,) = first.output
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "맑음"}
    talk = [{"role": "user", "content": "날씨?"}, *first.output, result]
    assert respond(client, input=talk, tools=[tool]).usage.input_tokens > first.usage.input_tokens


def test_a_response_is_parsed(client: OpenAI) -> None:
    response = client.responses.parse(model="agent", input="날씨?", text_format=Weather)
    assert isinstance(response.output_parsed, Weather)


def test_a_response_that_is_cut_is_incomplete(client: OpenAI) -> None:
    response = respond(client, max_output_tokens=9)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert list(respond(client, max_output_tokens=9, stream=True))[-1].type == "response.incomplete"


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "input[0].content[0].image_url",
        ),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
        ({"temperature": -1}, "temperature"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ],
)
def test_responses_name_the_parameter(client: OpenAI, asked: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        respond(client, **asked)
    assert raised.value.param == param


# --- errors ------------------------------------------------------------------------------------------------------------

SCHEMA_OF_NOTHING = {"name": "x", "schema": {"type": "nonsense"}}
IMAGE = [{"type": "image_url", "image_url": {"url": "data:"}}]
SOUND = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}
OTHER = {"type": "function", "function": {"name": "other"}}
BAD: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"model": "gpt-4o"}, "model_not_found", "model"),
    ({"temperature": 3}, "invalid_value", "temperature"),
    ({"top_p": 0}, "invalid_value", "top_p"),
    ({"n": 99}, "invalid_value", "n"),
    ({"n": "two"}, "invalid_type", "n"),
    ({"max_tokens": 0}, "invalid_value", "max_tokens"),
    ({"messages": []}, "invalid_value", "messages"),
    ({"messages": [{"role": "wizard", "content": "x"}]}, "invalid_value", "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "invalid_value", "messages[0].content"),
    ({"messages": [{"role": "user", "content": "a\0"}]}, "invalid_value", "messages[0].content"),
    ({"messages": [{"role": "user", "content": IMAGE}]}, "invalid_image", "messages[0].content[0].image_url"),
    ({"messages": [{"role": "user", "content": [SOUND]}]}, "unsupported_content", "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": "날씨 " * 5000}]}, "context_length_exceeded", "messages"),
    ({"top_logprobs": 3}, "invalid_value", "top_logprobs"),
    ({"logprobs": True, "top_logprobs": 21}, "invalid_value", "top_logprobs"),
    ({"logit_bias": {"x": 1}}, "invalid_value", "logit_bias.x"),
    ({"stop": ["x"] * 17}, "invalid_value", "stop"),
    ({"response_format": {"type": "json_schema"}}, "invalid_value", "response_format.json_schema"),
    ({"response_format": {"type": "json_schema", "json_schema": SCHEMA_OF_NOTHING}}, "bad_parameters", "response_format"),
    ({"tools": [{"type": "function", "function": {"name": "two words"}}]}, "invalid_value", "tools[0].function.name"),
    ({"tool_choice": "required"}, "invalid_value", "tool_choice"),
    ({"tools": [TIME], "tool_choice": OTHER}, "invalid_value", "tool_choice"),
    ({"tools": [TIME], "response_format": {"type": "json_object"}}, "invalid_value", "response_format"),
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("asked", "code", "param"), BAD)
def test_errors_name_the_parameter(client: OpenAI, asked: dict[str, Any], code: str, param: str, stream: bool) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        chat(client, **asked, stream=stream)
    error = raised.value
    assert error.status_code == (404 if code == "model_not_found" else 400)
    assert (error.code, error.param, error.type) == (code, param, "invalid_request_error")
    assert error.request_id
    assert error.message


@pytest.mark.parametrize("key", ["maru-wrong", "sk-proj-of-somebody-else"])
def test_a_wrong_key(agent: Served, key: str) -> None:
    client = OpenAI(base_url=agent.base_url, api_key=key, max_retries=0)
    with pytest.raises(openai.AuthenticationError) as raised:
        chat(client)
    assert raised.value.code == "invalid_api_key"


def test_a_key_that_may_only_read(agent: Served) -> None:
    client = OpenAI(base_url=agent.base_url, api_key=agent.make_key("read"), max_retries=0)
    assert client.models.list().data
    with pytest.raises(openai.PermissionDeniedError) as raised:
        chat(client)
    assert raised.value.code == "scope_missing"


def test_addresses_that_are_not_there(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.files.list()
    with pytest.raises(openai.APIStatusError) as raised:
        client.get("/chat/completions", cast_to=object)
    assert raised.value.status_code == 405


def test_no_embedding_model(client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        client.embeddings.create(model="agent", input="hi")
    assert raised.value.status_code in (400, 404, 503)


def test_health_needs_no_key(agent: Served) -> None:
    assert agent.running.request("GET", "/v1/health") == (200, {"status": "ok"})
