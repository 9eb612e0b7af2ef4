"""/api/admin/sessions/{id}/…: one conversation as staff sees it, and what only administrators may with it.

Its text is behind glass (chat/openings.py): whoever breaks it says why, for a time, and the owner sees it.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.views import person
from backend.chat import openings
from backend.chat.actions import erase_session
from backend.chat.export import as_document
from backend.chat.models import ChatSession, Message, Opening
from backend.chat.rows import stamp
from backend.chat.views_openings import OpeningRow
from backend.lib.fields import TextField
from backend.lib.pages import MESSAGES_PER_PAGE, page, read_cursor, read_limit
from backend.lib.viewsets import run
from backend.ops.admin_audit import IsAdministrator
from backend.ops.admin_serializers import AdminSessionSerializer
from backend.ops.admin_views import sessions_as_staff_sees_them
from backend.ops.audit import record


class ReasonInput(serializers.Serializer[Any]):
    reason = TextField(min_length=5, max_length=500)


class AdminSessionDetail(AdminSessionSerializer):
    openings = serializers.SerializerMethodField()

    class Meta(AdminSessionSerializer.Meta):
        fields = (*AdminSessionSerializer.Meta.fields, "openings")  # type: ignore[assignment]

    @extend_schema_field(OpeningRow(many=True))
    def get_openings(self, session: ChatSession) -> list[dict[str, Any]]:
        rows = Opening.objects.filter(session=session).select_related("reader").order_by("-id")
        return [openings.row(row) for row in rows[: openings.MAX_SHOWN]]


class ReadMessage(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    parent_id = serializers.IntegerField(allow_null=True)
    role = serializers.ChoiceField(choices=["system", "user", "assistant"])
    content = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    model = serializers.CharField(allow_blank=True)
    timestamp = serializers.DateTimeField()


class ReadPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    results = ReadMessage(many=True)


class SessionDetail(RetrieveAPIView[ChatSession]):
    """Figures and who read it; no title, no text."""

    permission_classes = (IsAdminUser,)
    serializer_class = AdminSessionDetail
    queryset = sessions_as_staff_sees_them()


class SessionErase(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Delete a conversation for good, at once", request=ReasonInput, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        reason = _reason(request)
        session = openings.any_session(pk)
        run(erase_session(pk, along=lambda: _record(request, "session.delete", session, reason)))
        return Response(status=204)


class SessionOpen(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Break the glass: say why, then read for 15 minutes. The owner sees it.",
        request=ReasonInput,
        responses={201: OpeningRow},
    )
    def post(self, request: Request, pk: int) -> Response:
        return Response(openings.row(_break_glass(request, pk, "read")), status=201)


class SessionMessages(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="The messages, while the glass is broken; oldest first, all branches",
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses=ReadPage,
    )
    def get(self, request: Request, pk: int) -> Response:
        session = openings.any_session(pk)
        openings.check_open(person(request), session)
        limit, key = read_limit(request, MESSAGES_PER_PAGE), read_cursor(request)
        found = Message.objects.filter(session=session, id__gt=key[0] if key else 0).order_by("id")[: limit + 1]
        rows = list(found)
        next_key = (rows[limit - 1].pk,) if len(rows) > limit else None
        return Response(page(request, [_message(row) for row in rows[:limit]], next_key))


class SessionExport(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Take a conversation away as JSON, for a legal request; the owner sees it",
        request=ReasonInput,
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        opening = _break_glass(request, pk, "export")
        document = as_document(opening.session)
        headers = {"Content-Disposition": f'attachment; filename="maru-session-{pk}.json"'}
        text = json.dumps(document, ensure_ascii=False, indent=1)
        return HttpResponse(text, content_type="application/json", headers=headers)


def _break_glass(request: Request, pk: int, kind: str) -> Opening:
    reason = _reason(request)
    session = openings.any_session(pk)
    action = "session.open" if kind == "read" else "session.export"
    return openings.open_session(
        person(request), session, kind, reason, along=lambda: _record(request, action, session, reason)
    )


def _record(request: Request, action: str, session: ChatSession, reason: str) -> None:
    changes = {"owner": (None, session.user_id), "reason": (None, reason)}
    record(request, action, target_kind="session", target_id=session.pk, changes=changes)


def _reason(request: Request) -> str:
    shape = ReasonInput(data=request.data)
    shape.is_valid(raise_exception=True)
    return str(shape.validated_data["reason"])


def _message(message: Message) -> dict[str, Any]:
    plain = ("id", "parent_id", "role", "content", "status", "model")
    return {**{name: getattr(message, name) for name in plain}, "timestamp": stamp(message.timestamp)}
