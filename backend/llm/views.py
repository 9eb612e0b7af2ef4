"""/api/llm/: what models there are, how the engine does, and generation without a session. Views translate only.

`generate` is asynchronous from end to end (lib/async_view.py): when the reader goes away Django cancels it, which closes the
stream, which aborts the generation and frees its slot.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib.async_view import Accepted, AsyncAPIView, event_stream
from backend.lib.errors import AppError, told
from backend.llm.generations import Generations
from backend.llm.serializers import (
    EngineStatsSerializer,
    GeneratedSerializer,
    GenerateSerializer,
    ModelCardSerializer,
    messages_of,
    params_of,
)
from backend.llm.service import get_service
from backend.llm.types import Delta, Finished, GenerateRequest, Queued, Started, StreamEvent, left_open


class ModelsView(APIView):
    @extend_schema(responses=ModelCardSerializer(many=True), tags=["llm"])
    def get(self, request: Request) -> Response:
        """What can be asked for. Empty when no model is installed."""
        cards = async_to_sync(get_service().models)()
        return Response([{**asdict(card), "problem": told(card.problem)} for card in cards])


class StatsView(APIView):
    @extend_schema(responses=EngineStatsSerializer, tags=["llm"])
    def get(self, request: Request) -> Response:
        """The engine's state and measured figures."""
        found = async_to_sync(get_service().stats)()
        stats = asdict(found)
        stats["detail"] = told(found.detail)
        del stats["slots"]  # who holds which is for staff
        return Response(stats)


class GenerateView(AsyncAPIView):
    @extend_schema(
        request=GenerateSerializer,
        responses={
            (200, "application/json"): GeneratedSerializer,
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.ANY, description="Events `data: {…}` of type queued, started, delta, finished, error."
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
            left_open=left_open(fields),
            model=fields.get("model"),
            user=str(request.user.pk),
        )
        login_ended = getattr(request.auth, "ended", None)
        answer = _stream if fields["stream"] else _collect
        return Accepted(lambda: answer(generate, Generations([generate], request.user, login_ended)))


async def _collect(request: GenerateRequest, running: Generations) -> JsonResponse:
    parts: list[str] = []
    logprobs: list[dict[str, Any]] = []
    body: dict[str, Any] = {}
    async with running:
        async for batch in running.batches():
            for _, event in batch:
                if isinstance(event, Delta):
                    parts.append(event.text)
                    logprobs += map(asdict, event.logprobs)
                elif isinstance(event, Finished):
                    body = asdict(event)
    if request.params.top_logprobs is not None:
        body["logprobs"] = logprobs
    return JsonResponse({"text": "".join(parts), **body}, json_dumps_params={"ensure_ascii": False})


async def _stream(request: GenerateRequest, running: Generations) -> StreamingHttpResponse:
    """Raises the AppError of a request that is refused at once, so that it still gets its own HTTP status."""
    await running.begin()
    return event_stream(_frames(running), running.close)


async def _frames(running: Generations) -> AsyncIterator[str]:
    """Server-sent events, with a comment now and then so that no proxy takes a long wait for a dead line."""
    try:
        async for batch in running.batches():
            yield "".join(_frame(_shape(event)) for _, event in batch) or ": still here\n\n"
    except AppError as error:
        yield _frame({"type": "error", **error.as_dict()})
    finally:
        await running.close()


def _frame(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _shape(event: StreamEvent) -> dict[str, Any]:
    names: dict[type, str] = {Queued: "queued", Started: "started", Delta: "delta", Finished: "finished"}
    body = asdict(event)
    if isinstance(event, Started):
        del body["prompt"]
    elif isinstance(event, Delta):
        del body["reasoning"]  # not split here
        if not event.logprobs:
            del body["logprobs"]
    return {"type": names[type(event)], **body}
