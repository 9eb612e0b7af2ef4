"""/api/llm/: what models there are, how the engine does, and generation without a session. Views translate only.

`generate` is asynchronous from end to end: it holds no thread while the model writes, and when the reader goes away Django
cancels it, which closes the stream, which aborts the generation and frees its slot.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib.api_errors import headers_of
from backend.lib.errors import AppError, TooManyRequests
from backend.llm.serializers import (
    EngineStatsSerializer,
    GeneratedSerializer,
    GenerateSerializer,
    ModelCardSerializer,
    messages_of,
    params_of,
)
from backend.llm.service import get_service
from backend.llm.types import Delta, Finished, GenerateRequest, Queued, Started, StreamEvent

MAX_PER_USER = 8
KEEP_ALIVE_S = 15.0

_n_running: Counter[str] = Counter()  # per user, of this process


class ModelsView(APIView):
    @extend_schema(responses=ModelCardSerializer(many=True), tags=["llm"])
    def get(self, request: Request) -> Response:
        """What can be asked for. Empty when no model is installed."""
        cards = async_to_sync(get_service().models)()
        return Response([asdict(card) for card in cards])


class StatsView(APIView):
    @extend_schema(responses=EngineStatsSerializer, tags=["llm"])
    def get(self, request: Request) -> Response:
        """The engine's state and measured figures."""
        return Response(asdict(async_to_sync(get_service().stats)()))


class EventStreamRenderer(BaseRenderer):
    """Lets DRF's negotiation accept `text/event-stream`; what it renders itself is an error, as JSON."""

    media_type, format, charset = "text/event-stream", "sse", "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return JSONRenderer().render(data)


class _Accepted(HttpResponse):
    """DRF's part is done: who asks is known and what is asked was checked. Never sent."""

    def __init__(self, generate: GenerateRequest, *, streams: bool) -> None:
        super().__init__()
        self.generate, self.streams = generate, streams


class GenerateView(APIView):
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        checked = super().as_view(**initkwargs)

        async def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = await sync_to_async(checked)(request, *args, **kwargs)
            return await _generate(response) if isinstance(response, _Accepted) else response

        for name, value in vars(checked).items():
            setattr(view, name, value)  # csrf_exempt, and what the OpenAPI generator looks for
        return view

    @extend_schema(
        request=GenerateSerializer,
        responses={
            (200, "application/json"): GeneratedSerializer,
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR, description="Events `data: {…}` of type queued, started, delta, finished, error."
            ),
        },
        tags=["llm"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Generate without a session. With `stream` the answer comes as server-sent events; leaving aborts it."""
        serializer = GenerateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        generate = GenerateRequest(
            request_id=str(uuid.uuid4()),
            messages=messages_of(fields),
            params=params_of(fields),
            model=fields.get("model"),
            user=str(request.user.pk),
        )
        return _Accepted(generate, streams=fields["stream"])


async def _generate(accepted: _Accepted) -> HttpResponseBase:
    request = accepted.generate
    try:
        if _n_running[request.user] >= MAX_PER_USER:
            raise TooManyRequests(retry_after_s=2)
        if not accepted.streams:
            return JsonResponse(await _collect(request), json_dumps_params={"ensure_ascii": False})
        return await _stream(request)
    except AppError as error:
        return JsonResponse(error.as_dict(), status=error.http_status, headers=headers_of(error))


async def _events(request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
    """The service's stream, counted for its user."""
    _n_running[request.user] += 1
    try:
        async with aclosing(get_service().stream(request)) as events:
            async for event in events:
                yield event
    finally:
        _n_running[request.user] -= 1
        if not _n_running[request.user]:
            del _n_running[request.user]


async def _collect(request: GenerateRequest) -> dict[str, Any]:
    parts: list[str] = []
    logprobs: list[dict[str, Any]] = []
    body: dict[str, Any] = {}
    async with aclosing(_events(request)) as events:
        async for event in events:
            if isinstance(event, Delta):
                parts.append(event.text)
                logprobs += map(asdict, event.logprobs)
            elif isinstance(event, Finished):
                body = asdict(event)
    if request.params.top_logprobs is not None:
        body["logprobs"] = logprobs
    return {"text": "".join(parts), **body}


async def _stream(request: GenerateRequest) -> StreamingHttpResponse:
    """Raises the AppError of a request that is refused at once, so that it still gets its own HTTP status."""
    events = _events(request)
    try:
        first = await anext(events)
    except BaseException:
        await events.aclose()
        raise
    return StreamingHttpResponse(
        _frames(first, events),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _frames(first: StreamEvent, events: AsyncGenerator[StreamEvent]) -> AsyncIterator[str]:
    """Server-sent events, with a comment now and then so that no proxy takes a long wait for a dead line."""
    coming: asyncio.Task[StreamEvent | None] | None = None
    try:
        yield _frame(_shape(first))
        while True:
            coming = coming or asyncio.create_task(_next(events))
            done, _ = await asyncio.wait({coming}, timeout=KEEP_ALIVE_S)
            if not done:
                yield ": still here\n\n"
                continue
            event, coming = coming.result(), None
            if event is None:
                return
            yield _frame(_shape(event))
    except AppError as error:
        yield _frame({"type": "error", **error.as_dict()})
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await events.aclose()


def _frame(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _shape(event: StreamEvent) -> dict[str, Any]:
    names: dict[type, str] = {Queued: "queued", Started: "started", Delta: "delta", Finished: "finished"}
    body = asdict(event)
    if isinstance(event, Started):
        del body["prompt"]
    elif isinstance(event, Delta) and not event.logprobs:
        del body["logprobs"]
    return {"type": names[type(event)], **body}


async def _next(events: AsyncGenerator[StreamEvent]) -> StreamEvent | None:
    return await anext(events, None)
