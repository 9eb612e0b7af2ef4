"""DRF views that answer asynchronously: DRF's part (who asks, how often, what) runs in a thread as ever, the answer on the loop.

So a view holds no thread while a model writes, and when the reader goes away Django cancels the answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.views import APIView

from backend.lib.api_errors import headers_of
from backend.lib.errors import AppError

SSE_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SSE_TYPE = "text/event-stream; charset=utf-8"


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
