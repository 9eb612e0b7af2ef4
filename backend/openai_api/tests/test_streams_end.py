"""Nothing goes on that nobody waits for: readers who leave, keys that end, users who ask for too much. Against a running server
whose engine says a word every 10 ms, 2,000 of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from backend.llm.generations import MAX_PER_USER
from backend.openai_api.tests.conftest import Served

pytestmark = pytest.mark.slow

HI: Any = [{"role": "user", "content": "hi"}]
PATIENCE_S = 10.0


def until(served: Served, **wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(served.stats()[name] != value for name, value in wanted.items()):
        assert time.monotonic() < deadline, served.stats()
        time.sleep(0.02)


@pytest.fixture
def client(echo: Served) -> OpenAI:
    return OpenAI(base_url=echo.base_url, api_key=echo.key, max_retries=0, timeout=30)


@pytest.fixture
async def many(echo: Served) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=echo.base_url, api_key=echo.key, max_retries=0, timeout=30) as client:
        yield client


def chat(client: Any, **asked: Any) -> Any:
    return client.chat.completions.create(**{"model": "echo", "messages": HI, **asked})


def test_it_works(client: OpenAI, echo: Served) -> None:
    assert chat(client, max_tokens=3).choices[0].message.content == "word1 word2 word3"
    until(echo, n_running=0)


def test_a_reader_who_leaves_a_stream_ends_it(client: OpenAI, echo: Served) -> None:
    stream = chat(client, stream=True, n=2)
    next(stream)
    until(echo, n_running=2)
    stream.close()
    until(echo, n_running=0, n_slots_used=0)


@pytest.mark.parametrize("address", ["chat", "completions", "responses"])
async def test_a_caller_who_does_not_wait_ends_it(many: AsyncOpenAI, echo: Served, address: str) -> None:
    calls: dict[str, Any] = {
        "chat": lambda: chat(many),
        "completions": lambda: many.completions.create(model="echo", prompt="a", max_tokens=2000),
        "responses": lambda: many.responses.create(model="echo", input="a"),
    }
    call = asyncio.create_task(calls[address]())
    await asyncio.to_thread(until, echo, n_running=1)
    call.cancel()
    await asyncio.to_thread(until, echo, n_running=0)


def test_a_client_that_times_out_ends_it(client: OpenAI, echo: Served) -> None:
    with pytest.raises(openai.APITimeoutError):
        chat(client.with_options(timeout=0.5))
    until(echo, n_running=0)


@pytest.mark.parametrize("end", ["delete", "rotate"])
def test_a_key_that_ends_takes_its_streams_along(echo: Served, end: str) -> None:
    key = echo.made_key("chat")
    client = OpenAI(base_url=echo.base_url, api_key=key["key"], max_retries=0, timeout=30)
    stream = chat(client, stream=True)
    next(stream)
    path = f"/api/auth/keys/{key['id']}/"
    method, path = ("DELETE", path) if end == "delete" else ("POST", f"{path}rotate/")
    assert echo.running.request(method, path, token=echo.token)[0] in (200, 204)
    with pytest.raises(openai.APIError) as raised:
        list(stream)
    assert raised.value.code == "invalid_api_key"
    until(echo, n_running=0)
    with pytest.raises(openai.AuthenticationError):
        chat(client)


async def test_a_key_that_ends_takes_its_waiting_calls_along(echo: Served) -> None:
    key = echo.made_key("chat")
    async with AsyncOpenAI(base_url=echo.base_url, api_key=key["key"], max_retries=0, timeout=30) as client:
        call = asyncio.create_task(chat(client))
        await asyncio.to_thread(until, echo, n_running=1)
        await asyncio.to_thread(echo.running.request, "DELETE", f"/api/auth/keys/{key['id']}/", None, echo.token)
        with pytest.raises(openai.AuthenticationError):
            await call
    await asyncio.to_thread(until, echo, n_running=0)


async def test_there_is_an_end_to_how_much_one_may_ask_at_once(many: AsyncOpenAI, echo: Served) -> None:
    streams = [await chat(many, stream=True, n=8) for _ in range(MAX_PER_USER // 8)]
    with pytest.raises(openai.RateLimitError) as raised:
        await chat(many, max_tokens=1)
    assert (raised.value.code, raised.value.type) == ("rate_limit_exceeded", "rate_limit_error")
    assert int(raised.value.response.headers["retry-after"]) > 0
    for stream in streams:
        await stream.close()
    await asyncio.to_thread(until, echo, n_running=0)
    assert (await chat(many, max_tokens=1)).choices


def test_retries_of_the_client_get_through(client: OpenAI, echo: Served) -> None:
    streams = [chat(client, stream=True, n=8, max_tokens=50) for _ in range(MAX_PER_USER // 8)]
    assert chat(client.with_options(max_retries=5), max_tokens=1).choices
    for stream in streams:
        stream.close()
    until(echo, n_running=0)


def test_nothing_of_a_call_is_stored(client: OpenAI, echo: Served) -> None:
    before = echo.running.request("GET", "/api/sessions/", token=echo.token)[1]["results"]
    chat(client, max_tokens=3, metadata={"topic": "secret"})
    assert echo.running.request("GET", "/api/sessions/", token=echo.token)[1]["results"] == before


def test_a_body_that_is_no_json(echo: Served) -> None:
    import urllib.error
    import urllib.request

    for body, kind, status in (
        (b"{", "application/json", 400),
        (b"a=1", "text/plain", 415),
        (b"[" * 99_999, "application/json", 400),
    ):
        request = urllib.request.Request(f"{echo.base_url}/chat/completions", body, method="POST")
        request.add_header("Content-Type", kind)
        request.add_header("Authorization", f"Bearer {echo.key}")
        with pytest.raises(urllib.error.HTTPError) as raised, urllib.request.urlopen(request, timeout=20):
            pass
        with raised.value as error:
            assert error.code == status
            assert b'"error"' in error.read()
