"""REST for taking a session out of the house, and for bringing one in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import export
from backend.chat.import_receipts import HEADER, import_key
from backend.chat.imports import import_sessions
from backend.chat.models import ChatSession
from backend.chat.openapi import one, ref
from backend.chat.owned import session_of
from backend.chat.rows import session_row, stamp
from backend.chat.schemas import ImportedRow, SignedDocument
from backend.chat.transfer_schema import SessionDocument
from backend.chat.views_base import me
from backend.lib import clock, signed
from backend.lib.errors import BadInput, sentence
from backend.lib.storage import in_db
from backend.lib.viewsets import OwnViewSet, run

FORMS = ("json", "markdown", "signed")


class MarkdownRenderer(BaseRenderer):
    """Lets a caller say `Accept: text/markdown`; errors still go out as JSON text."""

    media_type = "text/markdown"
    format = "markdown"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return json.dumps(data, ensure_ascii=False).encode()


class ExportViewSet(OwnViewSet):
    """`sessions/{pk}/export/`"""

    renderer_classes = (JSONRenderer, MarkdownRenderer)

    @extend_schema(
        summary="A session as a document",
        parameters=[OpenApiParameter("as", str, enum=FORMS, default="json")],
        responses={
            (200, "application/json"): OpenApiResponse(
                {"oneOf": [ref(SessionDocument), ref(SignedDocument)]}, "the whole tree; can be imported again"
            ),
            (200, "text/markdown"): OpenApiTypes.STR,
        },
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        form = request.query_params.get("as", "json")
        if form not in FORMS:
            raise BadInput(
                fields={"as": [sentence("json, markdown or signed", "json, markdown, signed 중 하나여야 합니다.")]}
            )
        session = session_of(me(request), pk)
        if form == "markdown":
            text, kind, ending = export.as_markdown(session), "text/markdown", "md"
        else:
            text, kind, ending = json.dumps(export.as_document(session), ensure_ascii=False), "application/json", "json"
        if form == "signed":
            text, ending = json.dumps(signed.signed(text, stamp(clock.now())), ensure_ascii=False), "signed.json"
        # The name holds no title: titles are the user's own words, and headers travel further than bodies.
        headers = {"Content-Disposition": f'attachment; filename="maru-{session.pk}.{ending}"'}
        return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)


class ExportAllViewSet(OwnViewSet):
    """`sessions/export/`"""

    @extend_schema(
        operation_id="sessions_export_all",
        summary="All sessions as one document",
        description="The archive included, temporary chats not. An array, oldest first, one session a "
        "line, that `sessions/import/` takes; what is larger than a request may be, in several arrays of some lines each.",
        responses={200: {"type": "array", "items": ref(SessionDocument)}},
    )
    def retrieve(self, request: Request) -> StreamingHttpResponse:
        own = ChatSession.objects.filter(user=me(request), is_temporary=False)
        headers = {"Content-Disposition": 'attachment; filename="maru-conversations.json"'}
        pieces = _pieces(list(own.order_by("id").values_list("id", flat=True)))
        return StreamingHttpResponse(pieces, content_type="application/json; charset=utf-8", headers=headers)


async def _pieces(ids: Sequence[int]) -> AsyncIterator[bytes]:
    """One session after the other: never more than one of them is in memory. What was deleted meanwhile is left out."""
    mark = b"["
    for id in ids:
        if text := await in_db(_document_text, id):
            yield mark + text
            mark = b",\n"
    yield b"]" if mark != b"[" else b"[]"


def _document_text(id: int) -> bytes:
    session = ChatSession.objects.filter(id=id).first()
    return json.dumps(export.as_document(session), ensure_ascii=False).encode() if session else b""


class ImportViewSet(OwnViewSet):
    """`sessions/import/`"""

    throttle_scope = "import"

    @extend_schema(
        summary="Make sessions of a document",
        description="Takes Maru's own exports (one session, signed or not, or all), and ChatGPT's `conversations.json` "
        "(whole, or one conversation of it). At most 2,000 sessions at once. Sent again within a day with the same "
        "`Idempotency-Key` and body, it makes nothing and is answered with what the first one made.",
        parameters=[
            OpenApiParameter(
                HEADER,
                {"type": "string", "pattern": r'^"?[!#-\[\]-~]{1,128}"?$'},
                OpenApiParameter.HEADER,
                description="one for each import, a UUID for example; with another body than before: 422",
            )
        ],
        request={
            "application/json": {
                "oneOf": [
                    ref(SessionDocument),
                    ref(SignedDocument),
                    {"type": "object", "required": ["mapping"], "description": "a conversation of ChatGPT"},
                    {
                        "type": "array",
                        "items": {"type": "object"},
                        "description": "ours, or ChatGPT's conversations.json",
                    },
                ]
            }
        },
        responses={201: one(ImportedRow)},
    )
    def create(self, request: Request) -> Response:
        header = request.headers.get(HEADER)
        # The body before the data: once it was parsed it cannot be read any more.
        key = None if header is None else import_key(header, request.body)
        sessions = run(import_sessions(me(request), request.data, key))
        return Response({"sessions": [session_row(session) for session in sessions]}, status=201)
