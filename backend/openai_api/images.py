"""Pictures in a request of /v1: what may be one, and how one is fetched that is given by its address.

An engine is only ever sent the bytes: an address would be fetched by it from where it stands, past our guard, and would
tell its owner who asks. Fetching happens on the event loop; checking (of a header, nothing is decoded) anywhere.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace

from backend import house
from backend.chat import uploads
from backend.lib.errors import BadInput, sentence
from backend.lib.outbound import (
    AddressRefused,
    AsyncClient,
    HTTPError,
    InvalidURL,
    TooMuch,
    guarded_client,
    is_caused_by,
)
from backend.llm.types import MAX_IMAGE_BYTES, MAX_IMAGES, ChatMessage, GenerateRequest, Image
from backend.openai_api.errors import BadParam

FETCH_S = 15.0  # for all of one request
MAX_URL_CHARS = 2000
MAX_REDIRECTS = 3
N_FETCHING = 8  # in this process

_fetching = asyncio.Semaphore(N_FETCHING)


def image_of(url: str, detail: str, at: int, place: str) -> Image:
    """Checked if it brings its bytes; an address stays one until `fetched`. Raises BadParam."""
    if url.startswith("data:"):
        return Image(_sound(_bytes_of(url, place), place), at, detail)
    if not url.startswith(("https://", "http://")) or len(url) > MAX_URL_CHARS or not url.isprintable():
        raise BadParam(
            place,
            sentence(
                "An image is a data: URL (base64) or an address that begins with https:// or http://.",
                "이미지는 data: URL(base64)이나 https://, http:// 주소로 보내 주세요.",
            ),
        )
    if not house.flag("image_addresses"):
        raise BadParam(
            place,
            sentence(
                "This house fetches no images from addresses; send the image itself as a data: URL.",
                "이 서버는 주소에서 이미지를 가져오지 않습니다. 이미지를 data: URL로 보내 주세요.",
            ),
            "unsupported_content",
        )
    return Image(url, at, detail)


def check_amount(messages: Sequence[ChatMessage]) -> None:
    """Raises BadParam."""
    images = [image for message in messages for image in message.images]
    if len(images) > MAX_IMAGES or sum(_n_bytes(image.url) for image in images) > MAX_IMAGE_BYTES:
        raise _too_many()


async def fetched(requests: Sequence[GenerateRequest], *, may_be_private: bool = False) -> list[GenerateRequest]:
    """With every image as its bytes. The requests are choices of one question: their messages are the same. Raises BadParam.

    `may_be_private` for tests, which have no internet.
    """
    messages = requests[0].messages
    if not any(is_address(image) for message in messages for image in message.images):
        return list(requests)
    try:
        async with asyncio.timeout(FETCH_S), _fetching:
            # Reading the certificates takes a while, in which other people's answers must go on.
            client = await asyncio.to_thread(
                guarded_client,
                may_be_private=may_be_private,
                timeout=FETCH_S,
                max_bytes=uploads.MAX_BYTES,
                max_line_bytes=uploads.MAX_BYTES,
                max_redirects=MAX_REDIRECTS,
            )
            async with client:
                held = await _all_held(client, messages)
    except TimeoutError:
        raise _unfetched(sentence("it took too long", "시간이 너무 오래 걸립니다")) from None
    return [replace(request, messages=tuple(held)) for request in requests]


async def _all_held(client: AsyncClient, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """One after the other, so that no more than what is allowed is ever held."""
    held = list(messages)
    for n, message in enumerate(messages):
        for m, image in enumerate(message.images):
            if is_address(image):
                images = list(held[n].images)
                images[m] = await _held(client, image)
                held[n] = replace(message, images=tuple(images))
                check_amount(held)
    return held


async def _held(client: AsyncClient, image: Image) -> Image:
    try:
        answer = await client.get(image.url, headers={"Accept": ", ".join(uploads.MEDIA_TYPES.values())})
    except (HTTPError, InvalidURL, OSError, ValueError) as error:
        if is_caused_by(error, AddressRefused):
            raise _unfetched(sentence("the address is not one of the internet", "인터넷 주소가 아닙니다")) from error
        if is_caused_by(error, TooMuch):
            raise _too_many() from error
        raise _unfetched(sentence("it cannot be reached", "연결할 수 없습니다")) from error
    if answer.status_code != 200:
        raise _unfetched(sentence(f"status {answer.status_code}", f"상태 코드 {answer.status_code}"))
    return replace(image, url=_sound(answer.content, "image_url"))


def is_address(image: Image) -> bool:
    return not image.url.startswith("data:")


def _bytes_of(url: str, place: str) -> bytes:
    head, _, body = url.partition(",")
    if not head.endswith(";base64") or _n_bytes(url) > uploads.MAX_BYTES:
        raise _too_many() if head.endswith(";base64") else _no_image(place)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _no_image(place) from None


def _n_bytes(url: str) -> int:
    """That its base64 stands for."""
    return (len(url) - url.find(",") - 1) * 3 // 4 - url[-2:].count("=")


def _sound(content: bytes, place: str) -> str:
    """As a data: URL that says what its bytes are, whatever the sender called them."""
    try:
        media_type, _, _ = uploads.measure(content)
    except BadInput:
        raise _no_image(place) from None
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _no_image(place: str) -> BadParam:
    text = sentence(
        "This is no PNG, JPEG, WebP or GIF image (as base64) of at most 40 megapixels.",
        "PNG, JPEG, WebP, GIF 이미지(base64)가 아니거나 40메가픽셀보다 큽니다.",
    )
    return BadParam(place, text, "invalid_image")


def _too_many() -> BadParam:
    text = sentence(
        f"At most {MAX_IMAGES} images, each of 10 MiB and {MAX_IMAGE_BYTES >> 20} MiB together.",
        f"이미지는 최대 {MAX_IMAGES}장, 한 장에 10 MiB, 모두 합해 {MAX_IMAGE_BYTES >> 20} MiB까지 보낼 수 있습니다.",
    )
    return BadParam("messages", text, "image_too_large")


def _unfetched(why: str) -> BadParam:
    text = sentence(f"An image could not be fetched: {why}.", f"이미지를 가져오지 못했습니다: {why}.")
    return BadParam("messages", text, "image_unreachable")
