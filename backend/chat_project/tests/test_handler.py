"""Requests borrow threads that last, and Django's middlewares need none."""

from __future__ import annotations

import asyncio
import contextvars
import json
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.test import AsyncRequestFactory

from backend.chat_project import on_the_loop
from backend.chat_project.handler import Borrowed, Lender
from backend.chat_project.refusals import refusal
from backend.lib.errors import TooLarge

this_thread = sync_to_async(threading.get_ident)


async def served(lender: Lender, *, n: int = 1) -> int:
    async with Borrowed(lender):
        idents = {await this_thread() for _ in range(n)}
    assert len(idents) == 1, "one request, one thread"
    return idents.pop()


async def test_it_works() -> None:
    lender = Lender()
    assert await served(lender, n=3) == await served(lender)
    assert len(lender.idle) == 1


async def test_two_requests_at_once_have_two_threads() -> None:
    lender = Lender(max_idle=1)
    async with Borrowed(lender):
        mine = await this_thread()
        other = await asyncio.create_task(served(lender), context=contextvars.Context())
    assert mine != other
    assert len(lender.idle) == 1, "the second one ends"


async def test_a_request_that_needs_no_thread_starts_none() -> None:
    lender = Lender()
    async with Borrowed(lender):
        pass
    assert not lender.idle[0]._threads


async def test_what_outlives_a_request_does_not_hold_its_thread() -> None:
    lender = Lender()
    goes_on = asyncio.Event()

    async def later() -> int:
        await goes_on.wait()
        return await this_thread()

    async with Borrowed(lender):
        mine = await this_thread()
        task = asyncio.create_task(later())
    goes_on.set()
    assert await task != mine


@pytest.mark.parametrize("writes", [False, True])
async def test_a_session_is_written_in_a_thread_and_nothing_else_is(writes: bool) -> None:
    loop_s = threading.get_ident()
    seen: list[int] = []

    class Session(on_the_loop.Session):
        def process_response(self, request: ASGIRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
            seen.append(threading.get_ident())
            return response

    async def answer(request: ASGIRequest) -> HttpResponse:
        request.session.modified = writes
        return HttpResponse()

    await Session(answer)(AsyncRequestFactory().get("/"))
    assert (seen[0] == loop_s) is not writes


async def test_a_form_is_refused_without_its_token() -> None:
    async def answer(request: ASGIRequest) -> HttpResponse:
        return HttpResponse()

    check = on_the_loop.Csrf(answer).process_view
    request = AsyncRequestFactory().post("/x", {"a": "1"})
    assert (await check(request, answer, (), {})).status_code == 403
    answer.csrf_exempt = True  # type: ignore[attr-defined]
    assert await check(AsyncRequestFactory().post("/x"), answer, (), {}) is None


@pytest.mark.parametrize(
    "path, of", [("/v1/embeddings", lambda told: told["error"]), ("/api/sessions/", lambda told: told)]
)
def test_who_is_refused_at_the_door_hears_it_in_the_shape_of_his_path(path: str, of: Any) -> None:
    told = of(json.loads(refusal(path, TooLarge(), "ko")))
    assert told["code"] == "too_large"
    assert "너무" in told.get("message", told.get("detail", ""))
