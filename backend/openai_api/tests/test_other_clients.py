"""LiteLLM, LangChain and plain curl habits, with nothing changed but address and key. Their telemetry is off (conftest.py)."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from backend.openai_api.tests.conftest import Served
from backend.openai_api.tests.test_openai_client import HI, WEATHER

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


class Weather(BaseModel):
    """The weather."""

    city: Literal["서울", "부산"]


# --- LiteLLM -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def litellm() -> Any:
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


def ask_litellm(litellm: Any, agent: Served, **asked: Any) -> Any:
    given = {"model": "openai/agent", "messages": HI, "temperature": 0, "max_retries": 0, **asked}
    return litellm.completion(api_base=agent.base_url, **{"api_key": agent.key, **given})


def test_litellm(litellm: Any, agent: Served) -> None:
    message = ask_litellm(litellm, agent).choices[0].message
    assert message.content.startswith("I look outside.")
    assert message.reasoning_content == "The sky is asked for…"


def test_litellm_stream_with_usage(litellm: Any, agent: Served) -> None:
    chunks = list(ask_litellm(litellm, agent, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).startswith(
        "I look outside."
    )
    assert chunks[-1].usage.completion_tokens == 23


async def test_litellm_async(litellm: Any, agent: Served) -> None:
    answer = await litellm.acompletion(
        model="openai/agent", messages=HI, temperature=0, api_base=agent.base_url, api_key=agent.key
    )
    assert answer.choices[0].finish_reason == "stop"


def test_litellm_tools(litellm: Any, agent: Served) -> None:
    choice = ask_litellm(litellm, agent, tools=[WEATHER]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert json.loads(choice.message.tool_calls[0].function.arguments) == {"city": "서울"}


def test_litellm_response_format(litellm: Any, agent: Served) -> None:
    text = ask_litellm(litellm, agent, response_format=Weather).choices[0].message.content
    assert Weather.model_validate_json(text)


def test_litellm_text_completion(litellm: Any, agent: Served) -> None:
    answer = litellm.text_completion(
        model="text-completion-openai/agent",
        prompt="The",
        temperature=0,
        max_tokens=4,
        api_base=agent.base_url,
        api_key=agent.key,
    )
    assert answer.choices[0].text == " sky is asked for"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"model": "openai/gpt-4o"}, "NotFoundError"),
        ({"api_key": "maru-wrong"}, "AuthenticationError"),
        ({"messages": [{"role": "user", "content": "날씨 " * 5000}]}, "ContextWindowExceededError"),
        ({"temperature": 9}, "BadRequestError"),
    ],
)
def test_litellm_knows_our_errors(litellm: Any, agent: Served, asked: dict[str, Any], error: str) -> None:
    with pytest.raises(getattr(litellm.exceptions, error)):
        ask_litellm(litellm, agent, **asked)


# --- LangChain ---------------------------------------------------------------------------------------------------------


def langchain(agent: Served, **options: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model="agent", base_url=agent.base_url, api_key=agent.key, temperature=0, max_retries=0, timeout=30, **options
    )


def test_langchain(agent: Served) -> None:
    answer = langchain(agent).invoke("날씨 어때?")
    assert answer.content.startswith("I look outside.")
    assert answer.usage_metadata["output_tokens"] == 23
    assert answer.response_metadata["finish_reason"] == "stop"


def test_langchain_messages_of_all_roles(agent: Served) -> None:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    call = {"id": "call_1", "name": "get_weather", "args": {"city": "서울"}}
    talk = [
        SystemMessage("Be kind."), HumanMessage("날씨?"), AIMessage("", tool_calls=[call]),
        ToolMessage("맑음", tool_call_id="call_1"), HumanMessage("고마워"),
    ]  # fmt: skip
    assert langchain(agent).invoke(talk).content.startswith("I look outside.")


def test_langchain_stream(agent: Served) -> None:
    chunks = list(langchain(agent, stream_usage=True).stream("날씨 어때?"))
    assert "".join(chunk.content for chunk in chunks).startswith("I look outside.")
    assert sum((chunk.usage_metadata or {}).get("output_tokens", 0) for chunk in chunks) == 23


async def test_langchain_async_batch(agent: Served) -> None:
    answers = await langchain(agent).abatch(["하나", "둘", "셋"])
    assert [answer.content[:15] for answer in answers] == ["I look outside."] * 3


def test_langchain_tools(agent: Served) -> None:
    (call,) = langchain(agent).bind_tools([WEATHER]).invoke("날씨?").tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "서울"})


def test_langchain_tool_chunks(agent: Served) -> None:
    chunks = list(langchain(agent).bind_tools([WEATHER]).stream("날씨?"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert [call["args"] for call in whole.tool_calls] == [{"city": "서울"}]


def test_langchain_forced_tool(agent: Served) -> None:
    bound = langchain(agent).bind_tools([WEATHER], tool_choice="get_weather", parallel_tool_calls=False)
    assert bound.invoke("날씨?").tool_calls[0]["name"] == "get_weather"


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_langchain_structured_output(agent: Served, method: str) -> None:
    assert isinstance(langchain(agent).with_structured_output(Weather, method=method).invoke("날씨?"), Weather)


def test_langchain_logprobs(agent: Served) -> None:
    answer = langchain(agent).bind(logprobs=True, top_logprobs=1).invoke("날씨?")
    assert len(answer.response_metadata["logprobs"]["content"]) == 22


def test_langchain_responses(agent: Served) -> None:
    answer = langchain(agent, use_responses_api=True).invoke("날씨 어때?")
    assert answer.text.startswith("I look outside.")


def test_langchain_responses_stream_with_tools(agent: Served) -> None:
    chunks = list(langchain(agent, use_responses_api=True).bind_tools([WEATHER]).stream("날씨?"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert [call["args"] for call in whole.tool_calls] == [{"city": "서울"}]


# --- curl --------------------------------------------------------------------------------------------------------------


def test_curl(agent: Served) -> None:
    body = json.dumps({"messages": HI, "stream": True, "temperature": 0})
    command = ["curl", "-sN", f"{agent.base_url}/chat/completions", "-H", f"Authorization: Bearer {agent.key}"]
    command += ["-H", "Content-Type: application/json", "-d", body]
    told = subprocess.run(command, capture_output=True, timeout=30, check=True).stdout.decode()
    *chunks, end = [line.removeprefix("data: ") for line in told.split("\n") if line]
    deltas = [json.loads(chunk)["choices"][0]["delta"] for chunk in chunks]
    assert end == "[DONE]"
    assert "".join(delta.get("content", "") for delta in deltas).startswith("I look outside.")
