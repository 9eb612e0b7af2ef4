"""/api/llm/: shapes, ranges, who may, and server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.test import AsyncClient
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.errors import EngineLost, NoModel
from backend.llm.service import use_service

Api = Callable[..., APIClient]


@pytest.fixture
def echo() -> EchoLLM:
    service = EchoLLM(n_tokens=5, rate=0)
    use_service(service)
    return service


def events_of(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(part[6:]) for part in body.decode().split("\n\n") if part.startswith("data: ")]


def test_it_works(api: Api, user: User, echo: EchoLLM) -> None:
    response = api(user).post("/api/llm/generate/", {"prompt": "안녕", "seed": 4})
    assert response.status_code == 200
    body = response.json()
    assert (body["text"], body["finish_reason"], body["seed"]) == (echo_text(5), "stop", 4)
    assert echo.requests[-1].messages[0].content == "안녕"
    assert echo.requests[-1].user == str(user.pk)


def test_messages_instead_of_a_prompt(api: Api, user: User, echo: EchoLLM) -> None:
    messages = [{"role": "system", "content": "  kind "}, {"role": "user", "content": ""}]
    response = api(user).post("/api/llm/generate/", {"messages": messages, "max_tokens": 2})
    assert response.json()["finish_reason"] == "length"
    assert echo.requests[-1].messages[0].content == "  kind "


def test_all_samplers_reach_the_engine(api: Api, user: User, echo: EchoLLM) -> None:
    asked = {"prompt": "a", "mirostat": 2, "xtc_probability": 0.5, "logit_bias": {"12": -3.5}, "top_logprobs": 3}
    response = api(user).post("/api/llm/generate/", asked)
    assert response.status_code == 200
    assert response.json()["logprobs"] == []  # Echo has none to tell
    params = echo.requests[-1].params
    assert (params.mirostat, params.xtc_probability, params.top_logprobs) == (2, 0.5, 3)
    assert params.logit_bias == ((12, -3.5),)


def test_a_schema_reaches_the_engine_as_text(api: Api, user: User, echo: EchoLLM) -> None:
    schema = {"type": "object", "properties": {"이름": {"type": "string"}}}
    assert api(user).post("/api/llm/generate/", {"prompt": "a", "json_schema": schema}).status_code == 200
    assert json.loads(echo.requests[-1].params.json_schema) == schema


def test_a_body_nested_60000_deep_is_refused(api: Api, user: User, echo: EchoLLM) -> None:
    body = '{"prompt": "a", "json_schema": ' + '{"items":' * 60_000 + "{}" + "}" * 60_000 + "}"
    response = api(user).post("/api/llm/generate/", body, content_type="application/json")
    assert response.status_code == 400
    for n in range(200, 1100, 50):  # around the parser's own limit
        body = '{"prompt": "a", "json_schema": ' + '{"items":' * n + "{}" + "}" * n + "}"
        assert api(user).post("/api/llm/generate/", body, content_type="application/json").status_code in (200, 400)


@pytest.mark.parametrize("path", ["models/", "stats/", "generate/"])
def test_a_stranger_gets_401(api: Api, echo: EchoLLM, db: None, path: str) -> None:
    client = api()
    response = (
        client.post(f"/api/llm/{path}", {"prompt": "x"}) if path == "generate/" else client.get(f"/api/llm/{path}")
    )
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


BAD = [
    ({}, "prompt"),
    ({"prompt": "a", "messages": [{"role": "user", "content": "b"}]}, "prompt"),
    ({"prompt": "a", "temperature": 2.1}, "temperature"),
    ({"prompt": "a", "temperature": "warm"}, "temperature"),
    ({"prompt": "a", "top_p": 0}, "top_p"),
    ({"prompt": "a", "top_k": -1}, "top_k"),
    ({"prompt": "a", "max_tokens": 0}, "max_tokens"),
    ({"prompt": "a", "seed": 2**32}, "seed"),
    ({"prompt": "a", "mirostat": 3}, "mirostat"),
    ({"prompt": "a", "logit_bias": {"ein": 1}}, "logit_bias"),
    ({"prompt": "a", "logit_bias": {"1": 101}}, "logit_bias"),
    ({"prompt": "a", "stop": ["x"] * 17}, "stop"),
    ({"prompt": "a", "stop": ["x" * 65]}, "stop.0"),
    ({"prompt": "a\0"}, "prompt"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "wizard", "content": "b"}]}, "messages.0.role"),
    ({"messages": "hello"}, "messages"),
]


@pytest.mark.parametrize(("body", "field"), BAD)
def test_bad_input_names_the_field(api: Api, user: User, echo: EchoLLM, body: dict[str, Any], field: str) -> None:
    response = api(user).post("/api/llm/generate/", body)
    assert (response.status_code, response.json()["code"]) == (400, "bad_input")
    assert any(name.startswith(field) for name in response.json()["fields"])


def test_models_and_stats(api: Api, user: User, echo: EchoLLM) -> None:
    (card,) = api(user).get("/api/llm/models/").json()
    assert (card["id"], card["is_default"]) == ("echo", True)
    stats = api(user).get("/api/llm/stats/").json()
    assert (stats["state"], stats["ttft_ms_p50"]) == ("ready", None)


def test_an_engines_error_keeps_its_code_and_status(api: Api, user: User, echo: EchoLLM) -> None:
    echo.fail_next(NoModel())
    response = api(user).post("/api/llm/generate/", {"prompt": "a", "stream": False})
    assert (response.status_code, response.json()["code"]) == (503, "no_model")
    response = api(user).post("/api/llm/generate/", {"prompt": "a", "model": "gpt-99", "stream": True})
    assert (response.status_code, response.json()["code"]) == (404, "model_not_found")


@pytest.mark.django_db(transaction=True)
async def test_a_stream_comes_as_events(user: User, echo: EchoLLM) -> None:
    client = AsyncClient()
    await client.aforce_login(user)
    response = await client.post(
        "/api/llm/generate/",
        {"prompt": "a", "stream": True},
        content_type="application/json",
        headers={"accept": "text/event-stream"},
    )
    assert response["Content-Type"].startswith("text/event-stream")
    events = events_of(b"".join([part async for part in response.streaming_content]))
    assert [event["type"] for event in events] == ["started", *["delta"] * 5, "finished"]
    assert "".join(event["text"] for event in events[1:-1]) == echo_text(5)
    assert "prompt" not in events[0]


@pytest.mark.django_db(transaction=True)
async def test_an_error_in_the_middle_is_the_last_event(user: User, echo: EchoLLM) -> None:
    echo.fail_next(EngineLost(), after=2)
    client = AsyncClient()
    await client.aforce_login(user)
    body = {"prompt": "a", "stream": True}
    response = await client.post("/api/llm/generate/", body, content_type="application/json")
    events = events_of(b"".join([part async for part in response.streaming_content]))
    assert [event["type"] for event in events] == ["started", "delta", "delta", "error"]
    assert (events[-1]["code"], events[-1]["retryable"]) == ("engine_lost", True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("streams", [True, False])
async def test_leaving_aborts_the_generation(user: User, streams: bool) -> None:
    echo = EchoLLM(n_tokens=1000, is_stepped=True)
    use_service(echo)
    communicator = await _post(user, {"prompt": "a", "stream": streams})
    await echo.wait_running()
    if streams:
        await echo.release(2)
        assert (await communicator.receive_output())["status"] == 200
    await communicator.send_input({"type": "http.disconnect"})
    await asyncio.wait_for(echo.wait_idle(), 5)
    await communicator.wait()


@pytest.mark.django_db(transaction=True)
async def test_who_leaves_before_the_first_byte_leaves_nothing_running(user: User) -> None:
    """Of a generator that nobody began no line is run, so that it cannot notice by itself."""
    echo = EchoLLM(n_tokens=1000, is_stepped=True)
    use_service(echo)
    scope, body = await _request(user, {"prompt": "a", "stream": True})
    has_left = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if body:
            return {"type": "http.request", "body": body.pop()}
        await has_left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        assert message["type"] == "http.response.start"
        has_left.set()
        await asyncio.Event().wait()

    answering = asyncio.create_task(get_asgi_application()(scope, receive, send))
    await echo.wait_running()
    await echo.release(1)
    async with asyncio.timeout(20):  # UNREAD_S is longer
        await answering
        await echo.wait_idle()


async def _request(user: User, fields: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Its scope, and its body."""
    client = AsyncClient()
    await client.aforce_login(user)
    raw = json.dumps(fields).encode()
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    token = "a" * 32
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/llm/generate/",
        "raw_path": b"/api/llm/generate/",
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(raw)).encode()),
            (b"cookie", f"{cookies}; csrftoken={token}".encode()),
            (b"x-csrftoken", token.encode()),
        ],
        "client": ["127.0.0.1", 1],
        "server": ["testserver", 80],
    }
    return scope, [raw]


async def _post(user: User, fields: dict[str, Any]) -> ApplicationCommunicator:
    scope, (raw,) = await _request(user, fields)
    communicator = ApplicationCommunicator(get_asgi_application(), scope)
    await communicator.send_input({"type": "http.request", "body": raw})
    return communicator


@pytest.mark.django_db(transaction=True)
async def test_one_user_may_not_take_all_places(user: User) -> None:
    from backend.llm.generations import MAX_PER_USER

    echo = EchoLLM(n_tokens=10, is_stepped=True)
    use_service(echo)
    communicators = [await _post(user, {"prompt": "a"}) for _ in range(MAX_PER_USER)]
    await echo.wait_running(MAX_PER_USER)
    refused = await _post(user, {"prompt": "a"})
    assert (await refused.receive_output(5))["status"] == 429
    for communicator in communicators:
        await communicator.send_input({"type": "http.disconnect"})
    await asyncio.wait_for(echo.wait_idle(), 5)
