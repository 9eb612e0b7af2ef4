"""/api/admin/feedback/…: what users thought of answers, and the training set of those who share theirs. Administrators only.

Without its owner's consent a rating is a figure: neither text nor note is sent (ADR 0006), and nothing of it is exported. To read
one conversation for a stated reason (break-glass) is not a licence to train on it: it opens nothing here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.chat import ratings
from backend.lib.fields import TextField
from backend.lib.pages import page, read_cursor, read_limit
from backend.lib.storage import in_db
from backend.ops.admin_audit import IsAdministrator
from backend.ops.audit import record

PER_PAGE = 25
MAX_EXAMPLES = 100_000
ROWS_AT_A_TIME = 50
_VALUES = {"1": 1, "-1": -1}


class FeedbackMessage(serializers.Serializer[Any]):
    role = serializers.CharField()
    content = serializers.CharField(allow_blank=True)


class FeedbackRow(serializers.Serializer[Any]):
    message = serializers.IntegerField()
    username = serializers.CharField()
    value = serializers.IntegerField(help_text="1 good, -1 bad")
    model = serializers.CharField(allow_blank=True)
    timestamp = serializers.DateTimeField()
    is_shared = serializers.BooleanField(help_text="its owner lets administrators read it and train on it")
    note = serializers.CharField(allow_blank=True, help_text="empty where it is not shared")
    messages = FeedbackMessage(many=True, help_text="the conversation up to the answer; empty where it is not shared")


class FeedbackPage(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    results = FeedbackRow(many=True)


class FeedbackSum(serializers.Serializer[Any]):
    model = serializers.CharField(allow_blank=True)
    n_good = serializers.IntegerField()
    n_bad = serializers.IntegerField()
    n_shared = serializers.IntegerField()


class ExportAsked(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(
        choices=["chat", "preference"],
        required=False,
        help_text="chat: conversations that end with the answer; preference: pairs of a good and a bad answer",
    )
    value = serializers.ChoiceField(choices=["1", "-1"], required=False, help_text="only these; of kind chat")
    model = TextField(required=False, allow_blank=True, max_length=120)


class JSONLinesRenderer(BaseRenderer):
    """Lets a caller say `Accept: application/jsonl`."""

    media_type, format, charset = "application/jsonl", "jsonl", "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return json.dumps(data, ensure_ascii=False).encode() + b"\n"


class FeedbackList(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_feedback",
        summary="Ratings of everybody, newest first; text only of those who share theirs",
        parameters=[
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200}),
            OpenApiParameter("value", str, enum=["1", "-1"]),
            OpenApiParameter("model", str),
        ],
        responses=FeedbackPage,
    )
    def get(self, request: Request) -> Response:
        limit, key = read_limit(request, PER_PAGE), read_cursor(request)
        found = ratings.of_the_house(
            value=_VALUES.get(request.query_params.get("value", "")),
            model=request.query_params.get("model", "")[:120],
            before=key[0] if key else None,
            limit=limit + 1,
        )
        next_key = (found[limit - 1]["message"],) if len(found) > limit else None
        return Response(page(request, found[:limit], next_key))


class FeedbackSums(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_feedback_sums", summary="Good and bad by model", responses=FeedbackSum(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response(ratings.sums_by_model())


class FeedbackExport(APIView):
    permission_classes = (IsAdministrator,)
    renderer_classes = (JSONRenderer, JSONLinesRenderer)

    @extend_schema(
        summary=f"The training set of shared ratings as JSON lines, at most {MAX_EXAMPLES}",
        request=ExportAsked,
        responses={(200, "application/jsonl"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> StreamingHttpResponse:
        asked = ExportAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        kind, value, model = given.get("kind", "chat"), _VALUES.get(given.get("value", "")), given.get("model", "")
        rows = (
            ratings.preferences(model=model, limit=MAX_EXAMPLES)
            if kind == "preference"
            else ratings.examples(value=value, model=model, limit=MAX_EXAMPLES)
        )
        told = {"kind": ("", kind), "value": (None, value), "model": ("", model)}
        record(request, "feedback.export", target_kind="feedback", changes=told)
        headers = {"Content-Disposition": f'attachment; filename="maru-{kind}.jsonl"'}
        return StreamingHttpResponse(_lines(rows), content_type="application/jsonl; charset=utf-8", headers=headers)


async def _lines(rows: Iterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """Some at a time, beside the event loop: under ASGI a plain iterator would be read whole into memory first."""
    while lines := await in_db(_some_lines, rows):
        yield lines


def _some_lines(rows: Iterator[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in islice(rows, ROWS_AT_A_TIME))
