"""REST for one's own ratings: a page of JSON, or JSON lines for a fine-tuning tool."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat.openapi import CURSOR, LIMIT, many
from backend.chat.ratings import ratings
from backend.chat.schemas import RatingRow
from backend.chat.views_base import me
from backend.lib.errors import BadInput, sentence
from backend.lib.pages import page, read_cursor, read_limit
from backend.lib.viewsets import OwnViewSet

RATINGS_PER_PAGE = 50
MAX_LINES = 1_000
_VALUE = OpenApiParameter("value", int, enum=[1, -1], description="only these")


class JSONLinesRenderer(BaseRenderer):
    """Lets a caller say `Accept: application/jsonl`; errors still go out as one line of JSON."""

    media_type = "application/jsonl"
    format = "jsonl"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return json.dumps(data, ensure_ascii=False).encode() + b"\n"


class RatingViewSet(OwnViewSet):
    """`feedback/`"""

    @extend_schema(
        summary="Answers that you rated, newest first, each with the conversation before it",
        operation_id="feedback_list",
        parameters=[CURSOR, _VALUE, LIMIT],
        responses=many(RatingRow),
    )
    def list(self, request: Request) -> Response:
        limit, key = read_limit(request, RATINGS_PER_PAGE), read_cursor(request)
        found = ratings(me(request), value=_value(request), before=key[0] if key else None, limit=limit + 1)
        next_key = (found[limit - 1]["message"],) if len(found) > limit else None
        return Response(page(request, found[:limit], next_key))


class RatingExportViewSet(OwnViewSet):
    """`feedback/export/`"""

    renderer_classes = (JSONRenderer, JSONLinesRenderer)

    @extend_schema(
        summary=f"The newest {MAX_LINES} of them as JSON lines, for fine-tuning",
        operation_id="feedback_export",
        parameters=[_VALUE],
        responses={(200, "application/jsonl"): OpenApiTypes.STR},
    )
    def retrieve(self, request: Request) -> HttpResponse:
        found = ratings(me(request), value=_value(request), before=None, limit=MAX_LINES)
        kept = ("messages", "value", "note", "model")
        lines = (json.dumps({name: row[name] for name in kept}, ensure_ascii=False) + "\n" for row in found)
        headers = {"Content-Disposition": 'attachment; filename="maru-feedback.jsonl"'}
        return HttpResponse("".join(lines), content_type="application/jsonl; charset=utf-8", headers=headers)


def _value(request: Request) -> int | None:
    text = request.query_params.get("value")
    if text not in (None, "1", "-1"):
        raise BadInput(fields={"value": [sentence("1 or -1", "1 또는 -1이어야 합니다.")]})
    return int(text) if text else None
