"""Images in /v1: to a remote engine that sees as their bytes, to nobody else; addresses only where administrators allow it."""

from __future__ import annotations

import asyncio
import base64
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest
from PIL import Image as Picture

from backend.chat import uploads
from backend.lib.errors import AppError
from backend.llm.tests.fake_servers import FakeServer
from backend.llm.types import MAX_IMAGE_BYTES, ChatMessage, GenerateRequest, Image
from backend.openai_api import images
from backend.openai_api.tests.conftest import Served, served


def png(width: int = 2, height: int = 2) -> bytes:
    held = io.BytesIO()
    Picture.new("RGB", (width, height), "red").save(held, "PNG")
    return held.getvalue()


def data_url(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


PNG = data_url(png())


@pytest.fixture(scope="module")
def seeing() -> Iterator[FakeServer]:
    """A server of the kind of vLLM, on a loop of its own."""
    server, loop = FakeServer("vllm", "sees"), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    yield server
    asyncio.run_coroutine_threadsafe(server.kill(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture(scope="module")
def house(seeing: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served(tmp_path_factory.mktemp("images"), ENGINES=f"echo://?tokens=5&rate=0,{seeing.url}")


@pytest.fixture
def client(house: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=house.base_url, api_key=house.key, max_retries=0)


def talk(*parts: Any) -> list[Any]:
    return [
        {"role": "user", "content": [{"type": "text", "text": one} if isinstance(one, str) else one for one in parts]}
    ]


def picture(url: str = PNG, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def test_it_works(client: openai.OpenAI, seeing: FakeServer) -> None:
    """In their order, with the detail that was asked for."""
    answer = client.chat.completions.create(
        model="sees", messages=talk("Is this", picture(detail="low"), "or this red?", picture()), max_tokens=5
    )
    assert answer.choices[0].message.content
    (message,) = seeing.completions[-1]["messages"]
    assert message["content"] == [
        {"type": "text", "text": "Is this"},
        {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
        {"type": "text", "text": "\nor this red?"},
        {"type": "image_url", "image_url": {"url": PNG}},
    ]


def test_responses_have_them_too(client: openai.OpenAI, seeing: FakeServer) -> None:
    content = [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": PNG, "detail": "auto"},
    ]
    given: Any = [{"role": "user", "content": content}]
    assert client.responses.create(model="sees", input=given, max_output_tokens=5).output_text
    assert seeing.completions[-1]["messages"][0]["content"][1]["image_url"] == {"url": PNG, "detail": "auto"}


def test_an_image_is_what_its_bytes_say(client: openai.OpenAI, seeing: FakeServer) -> None:
    called_gif = data_url(png(), "image/gif")
    client.chat.completions.create(model="sees", messages=talk("?", picture(called_gif)), max_tokens=5)
    assert seeing.completions[-1]["messages"][0]["content"][1]["image_url"]["url"] == PNG


def test_a_large_one_passes_and_as_much_text_does_not(client: openai.OpenAI, seeing: FakeServer) -> None:
    noise = io.BytesIO()
    Picture.effect_noise((1500, 1500), 100).save(noise, "PNG")
    assert len(noise.getvalue()) > 1024 * 1024
    sent = data_url(noise.getvalue())
    client.chat.completions.create(model="sees", messages=talk("?", picture(sent)), max_tokens=5)
    assert seeing.completions[-1]["messages"][0]["content"][1]["image_url"]["url"] == sent
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model="sees", messages=talk("가" * 600_000, "나" * 600_000))
    assert (error.value.code, error.value.param) == ("invalid_value", "messages")


def of_size(n_bytes: int) -> str:
    return data_url(png().ljust(n_bytes, b"\0"))


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_the_limits_hold_to_the_byte(missing: int) -> None:
    """Whatever base64 puts behind its end."""
    url = of_size(uploads.MAX_BYTES - missing)
    one = images.image_of(url, "", 0, "place")
    assert one.url == url
    images.check_amount([ChatMessage("user", "?", images=(one,) * (MAX_IMAGE_BYTES // uploads.MAX_BYTES))])


def test_a_byte_more_is_too_much() -> None:
    with pytest.raises(AppError) as error:
        images.image_of(of_size(uploads.MAX_BYTES + 1), "", 0, "place")
    assert getattr(error.value, "openai_code", "") == "image_too_large"
    half, more = Image(of_size(MAX_IMAGE_BYTES // 2)), Image(of_size(MAX_IMAGE_BYTES // 2 + 1))
    with pytest.raises(AppError):
        images.check_amount([ChatMessage("user", "?", images=(half, more))])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ([picture("data:image/png;base64,AAAA")], "invalid_image"),
        ([picture("data:image/png;base64,????")], "invalid_image"),
        ([picture("data:image/svg+xml;base64,PHN2Zy8+")], "invalid_image"),
        ([picture("data:image/png,raw")], "invalid_image"),
        ([picture("ftp://example.org/a.png")], "invalid_value"),
        ([picture("http://example.org/a.png")], "unsupported_content"),  # the house fetches nothing unless told to
        ([picture()] * 17, "image_too_large"),
        ([{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}], "unsupported_content"),
    ],
)
def test_what_is_none_is_refused_by_its_place(client: openai.OpenAI, content: list[Any], code: str) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model="sees", messages=talk(*content))
    assert error.value.code == code
    assert str(error.value.param).startswith("messages")


def test_a_session_keeps_its_images_and_shows_them_again(
    client: openai.OpenAI, house: Served, seeing: FakeServer
) -> None:
    session = house.running.request("POST", "/api/sessions/", {}, house.token)[1]["id"]
    house.running.request("PATCH", f"/api/sessions/{session}/config/", {"model": "sees"}, house.token)
    ask = {"model": "sees", "extra_body": {"metadata": {"maru_session": session}}}
    client.chat.completions.create(messages=talk("What is it?", picture()), **ask)
    client.chat.completions.create(messages=talk("And its colour?"), **ask)
    shown = [part for message in seeing.completions[-1]["messages"] for part in message["content"]]
    assert {"type": "image_url", "image_url": {"url": PNG}} in shown
    rows = house.running.request("GET", f"/api/sessions/{session}/messages/", None, house.token)[1]["results"]
    assert [each["name"] for row in rows for each in row["attachments"]] == ["image-1.png"]


def test_models_that_do_not_see_say_so_and_sessions_take_no_addresses(client: openai.OpenAI, house: Served) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model="echo", messages=talk("?", picture()))
    assert (error.value.code, error.value.param) == ("unsupported_content", "messages")
    session = house.running.request("POST", "/api/sessions/", {}, house.token)[1]["id"]
    for url in (PNG, "https://example.org/a.png"):  # the session's model is the echo
        with pytest.raises(openai.BadRequestError) as error:
            client.chat.completions.create(
                model="sees", messages=talk("?", picture(url)), extra_body={"metadata": {"maru_session": session}}
            )
        assert error.value.code == "unsupported_content"


def test_where_it_is_allowed_an_address_is_fetched_but_none_inside(client: openai.OpenAI, house: Served) -> None:
    assert house.running.request("PATCH", "/api/admin/settings/", {"image_addresses": True}, house.token)[0] == 200
    try:
        for url in (house.running.url, "http://169.254.169.254/latest", "http://[::1]:1/", "https://localhost/a.png"):
            with pytest.raises(openai.BadRequestError) as error:
                client.chat.completions.create(model="sees", messages=talk("?", picture(url)))
            assert (error.value.code, "internet" in str(error.value)) == ("image_unreachable", True)
    finally:
        house.running.request("PATCH", "/api/admin/settings/", {"image_addresses": None}, house.token)


class Shop(BaseHTTPRequestHandler):
    pages: dict[str, tuple[int, bytes, dict[str, str]]] = {
        "/a.png": (200, png(), {"Content-Type": "text/html"}),
        "/page": (200, b"<html>", {}),
        "/gone": (404, b"", {}),
        "/moved": (302, b"", {"Location": "/a.png"}),
        "/round": (302, b"", {"Location": "/round"}),
    }

    def do_GET(self) -> None:
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(20):
                self.wfile.write(b"x" * 1024 * 1024)
            return
        status, body, headers = self.pages[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def asked(*urls: str) -> list[GenerateRequest]:
    return [GenerateRequest("1", (ChatMessage("user", "?", images=tuple(Image(url) for url in urls)),))]


async def test_what_is_fetched_is_sent_as_its_bytes(shop: str) -> None:
    (request,) = await images.fetched(asked(f"{shop}/a.png", PNG, f"{shop}/moved"), may_be_private=True)
    assert [image.url for image in request.messages[0].images] == [PNG, PNG, PNG]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/page", "invalid_image"),
        ("/gone", "image_unreachable"),
        ("/round", "image_unreachable"),
        ("/endless", "image_too_large"),
    ],
)
async def test_what_cannot_be_fetched_is_told(shop: str, path: str, code: str) -> None:
    with pytest.raises(AppError) as error:
        await images.fetched(asked(shop + path), may_be_private=True)
    assert getattr(error.value, "openai_code", "") == code
