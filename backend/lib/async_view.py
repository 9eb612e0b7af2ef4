"""DRF views that answer asynchronously: DRF's part (who asks, how often, what) runs in a thread as ever, the answer on the loop.

So a view holds no thread while a model writes, and when the reader goes away Django cancels the answer.
"""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Self

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.views import APIView

from backend.lib.api_errors import headers_of
from backend.lib.errors import AppError

SSE_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SSE_TYPE = "text/event-stream; charset=utf-8"


Close = Callable[[], Coroutine[Any, Any, None]]


class Frames:
    """Server-sent events on their way out. `close` is called where they are thrown away before anybody asked for the first.

    HAZARD: of a generator that was never begun no line is run, not even its `finally`: a caller who leaves while the response is
    on its way to the server would leave behind all that stands ready for him.
    """

    def __init__(self, frames: AsyncIterator[str], close: Close) -> None:
        self._frames = frames
        self._unread = weakref.finalize(self, _closed_in, asyncio.get_running_loop(), close)
        self._unread.atexit = False  # type: ignore[misc]

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[str]:
        self._unread.detach()
        return self._frames.__anext__()

    def close(self) -> None:
        """By Django, in a thread, when the response has been sent or given up."""
        self._unread()


_closing: set[asyncio.Task[None]] = set()


def _closed_in(loop: asyncio.AbstractEventLoop, close: Close) -> None:
    """From any thread: wherever the last who knew of them forgot them."""

    def begin() -> None:
        # HAZARD: the request is over, and what is made in its context with it.
        task = loop.create_task(close(), context=contextvars.Context())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    if not loop.is_closed():
        loop.call_soon_threadsafe(begin)


def event_stream(frames: AsyncIterator[str], close: Close) -> StreamingHttpResponse:
    """`frames` close by themselves once they were begun."""
    return StreamingHttpResponse(Frames(frames, close), content_type=SSE_TYPE, headers=SSE_HEADERS)


class EventStreamRenderer(BaseRenderer):
    """Lets DRF's negotiation accept `text/event-stream`; what it renders itself is an error, as JSON."""

    media_type, format, charset = "text/event-stream", "sse", "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return JSONRenderer().render(data)


class Accepted(HttpResponse):
    """What a handler returns when DRF's part is done: `answer` makes the true response. Never sent itself."""

    def __init__(self, answer: Callable[[], Awaitable[HttpResponseBase]]) -> None:
        super().__init__()
        self.answer = answer


class AsyncAPIView(APIView):
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    @staticmethod
    def refusal(error: AppError) -> HttpResponseBase:
        """The response for an error of `answer`."""
        return JsonResponse(
            error.as_dict(),
            status=error.http_status,
            headers=headers_of(error),
            json_dumps_params={"ensure_ascii": False},
        )

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        checked = super().as_view(**initkwargs)

        async def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = await sync_to_async(checked)(request, *args, **kwargs)
            if not isinstance(response, Accepted):
                return response
            try:
                answered = await response.answer()
            except AppError as error:
                answered = cls.refusal(error)
            for name, value in response.headers.items():
                answered.headers.setdefault(name, value)
            return answered

        for name, value in vars(checked).items():
            setattr(view, name, value)  # csrf_exempt, and what the OpenAPI generator looks for
        return view
