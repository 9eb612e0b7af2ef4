"""`metadata.maru_session`: the turn is written into a session, and is the chat's own in every way."""

from __future__ import annotations

import time
from typing import Any

import openai
import pytest
from openai import OpenAI

from backend.openai_api.tests.conftest import Served

pytestmark = pytest.mark.slow


@pytest.fixture
def client(echo: Served) -> OpenAI:
    return OpenAI(base_url=echo.base_url, api_key=echo.key, max_retries=0, timeout=30)


@pytest.fixture
def session(echo: Served) -> int:
    created = echo.running.request("POST", "/api/sessions/", {}, echo.token)[1]
    config = f"/api/sessions/{created['id']}/config/"
    assert echo.running.request("PATCH", config, {"max_tokens": 20}, echo.token)[0] == 200
    return int(created["id"])


def messages(echo: Served, session: int) -> list[Any]:
    return list(echo.running.request("GET", f"/api/sessions/{session}/messages/", token=echo.token)[1]["results"])


def say(client: OpenAI, session: Any, text: str = "안녕", **asked: Any) -> Any:
    talk: Any = [{"role": "system", "content": "not read"}, {"role": "user", "content": text}]
    return client.chat.completions.create(model="echo", messages=talk, metadata={"maru_session": str(session)}, **asked)


def test_it_works(client: OpenAI, echo: Served, session: int) -> None:
    answer = say(client, session)
    assert answer.choices[0].message.content.startswith("word1 word2")
    question, reply = messages(echo, session)
    assert (question["content"], reply["content"]) == ("안녕", answer.choices[0].message.content)
    assert (reply["status"], answer.choices[0].finish_reason) == ("complete", "length")
    assert answer.usage.completion_tokens == 20


def test_a_stream_tells_what_is_stored(client: OpenAI, echo: Served, session: int) -> None:
    chunks = list(say(client, session, stream=True, stream_options={"include_usage": True}))
    told = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert told == messages(echo, session)[-1]["content"]
    assert chunks[-1].usage.completion_tokens == 20


def test_the_next_turn_follows_the_last(client: OpenAI, echo: Served, session: int) -> None:
    say(client, session, "하나")
    say(client, session, "둘")
    rows = messages(echo, session)
    assert [row["content"] for row in rows if row["is_user"]] == ["하나", "둘"]
    assert rows[2]["parent_id"] == rows[1]["id"]


def test_a_reader_who_leaves_stops_the_reply(client: OpenAI, echo: Served, session: int) -> None:
    config = f"/api/sessions/{session}/config/"
    echo.running.request("PATCH", config, {"max_tokens": 2000}, echo.token)
    stream = say(client, session, stream=True)
    next(chunk for chunk in stream if chunk.choices[0].delta.content)
    stream.close()
    deadline = time.monotonic() + 10
    while (reply := messages(echo, session)[-1])["status"] != "stopped":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert reply["content"].startswith("word1")


@pytest.mark.parametrize("session_id", [999_999, "0", "x", "-1", "9" * 30])
def test_a_session_that_is_not_mine(client: OpenAI, session_id: Any) -> None:
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        say(client, session_id)


@pytest.mark.parametrize("asked", [{"n": 2}, {"logprobs": True}, {"response_format": {"type": "json_object"}}])
def test_what_a_session_cannot_do_is_named(client: OpenAI, echo: Served, session: int, asked: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        say(client, session, **asked)
    assert raised.value.param == next(iter(asked))
    assert messages(echo, session) == []
