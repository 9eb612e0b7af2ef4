"""REST for sessions and their config. Translates; actions write and tell others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.fields import BooleanField
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import actions, search
from backend.chat.frames_server import SessionRow
from backend.chat.models import ChatSession, SessionConfig
from backend.chat.openapi import CURSOR, many, one
from backend.chat.owned import session_of
from backend.chat.rows import session_row
from backend.chat.schemas import ConfigRow, DeletedRow, FolderRow, RestoredRow
from backend.chat.serializers import BulkInput, ConfigInput, SessionChanges, SessionInput
from backend.chat.views_base import me
from backend.lib.errors import BadInput, NotFound, sentence
from backend.lib.ids import object_id
from backend.lib.pages import SESSIONS_PER_PAGE, bad_cursor, page, read_cursor
from backend.lib.viewsets import OwnViewSet, run

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FLAGS = ("archived", "pinned", "is_temporary")
_LIST_PARAMETERS = [
    CURSOR,
    OpenApiParameter(
        "search", str, description="words in titles and messages; Korean substrings of one syllable and more"
    ),
    OpenApiParameter("folder", str, description="the folder's name"),
    OpenApiParameter("in_folder", bool, description="false: those in no folder"),
    OpenApiParameter("archived", bool),
    OpenApiParameter("pinned", bool),
    OpenApiParameter("unread", bool, description="an answer ended that nobody has looked at"),
    OpenApiParameter("is_temporary", bool, description="temporary chats are listed only when asked for", default=False),
]


class SessionViewSet(OwnViewSet):
    @extend_schema(summary="Sessions, newest activity first", parameters=_LIST_PARAMETERS, responses=many(SessionRow))
    def list(self, request: Request) -> Response:
        rows = _filtered(request).order_by("-last_activity_at", "-id")
        key = read_cursor(request, 2)
        if key is not None:
            at, last_id = _time(key[0]), key[1]
            # The first half alone lets the index seek; the second keeps those of the same instant.
            rows = rows.filter(last_activity_at__lte=at).filter(Q(last_activity_at__lt=at) | Q(id__lt=last_id))
        found = list(rows[: SESSIONS_PER_PAGE + 1])
        shown = found[:SESSIONS_PER_PAGE]
        next_key = (_microseconds(shown[-1].last_activity_at), shown[-1].pk) if len(found) > len(shown) else None
        return Response(page(request, [session_row(session) for session in shown], next_key))

    @extend_schema(summary="Open a session", request=SessionInput, responses={201: one(SessionRow)})
    def create(self, request: Request) -> Response:
        session = run(actions.create_session(me(request), **self.given(SessionInput)))
        return Response(session_row(session), status=201)

    @extend_schema(summary="One session", responses=one(SessionRow))
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(session_row(session_of(me(request), pk)))

    @extend_schema(summary="Change a session", request=SessionChanges, responses=one(SessionRow))
    def partial_update(self, request: Request, pk: str) -> Response:
        session = session_of(me(request), pk)
        changes = self.given(SessionChanges)
        return Response(session_row(run(actions.update_session(me(request), session.pk, **changes))))

    @extend_schema(summary="Delete a session with all it holds", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        run(actions.delete_session(me(request), object_id(pk)))
        return Response(status=204)

    @extend_schema(
        summary="Delete several sessions; those that are not there are passed over",
        request=BulkInput,
        responses=one(DeletedRow),
    )
    @action(detail=False, methods=["post"], url_path="bulk-delete")
    def bulk_delete(self, request: Request) -> Response:
        deleted = []
        for session_id in sorted(set(self.given(BulkInput)["ids"])):
            try:
                run(actions.delete_session(me(request), session_id))
            except NotFound:
                continue
            deleted.append(session_id)
        return Response({"deleted": deleted})

    @extend_schema(
        summary="Take deletions back, within a minute; those whose time has passed are passed over",
        request=BulkInput,
        responses=one(RestoredRow),
    )
    @action(detail=False, methods=["post"])
    def restore(self, request: Request) -> Response:
        restored = []
        for session_id in sorted(set(self.given(BulkInput)["ids"])):
            try:
                restored.append(session_row(run(actions.restore_session(me(request), session_id))))
            except NotFound:
                continue
        return Response({"restored": restored})

    @extend_schema(summary="Names of folders in use", responses=many(FolderRow))
    @action(detail=False, methods=["get"])
    def folders(self, request: Request) -> Response:
        own = ChatSession.objects.filter(user_id=me(request).pk, archived=False, is_temporary=False)
        rows = own.exclude(folder="")
        named = rows.values("folder").annotate(n_sessions=Count("id")).order_by("folder")
        return Response(
            page(request, [{"name": row["folder"], "n_sessions": row["n_sessions"]} for row in named], None)
        )


class ConfigViewSet(OwnViewSet):
    """`sessions/{id}/config/`: exists with its session."""

    @extend_schema(summary="How this session's replies are made", responses=one(ConfigRow))
    def retrieve(self, request: Request, pk: str) -> Response:
        session = session_of(me(request), pk)
        config = SessionConfig.objects.filter(session=session).first() or SessionConfig(session=session)
        return Response(_config_row(config))

    @extend_schema(summary="Change the config", request=ConfigInput, responses=one(ConfigRow))
    def partial_update(self, request: Request, pk: str) -> Response:
        session = session_of(me(request), pk)
        changes = self.given(ConfigInput)
        return Response(_config_row(run(actions.update_config(me(request), session.pk, **changes))))


def _config_row(config: SessionConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in ConfigRow.model_fields}


def _filtered(request: Request) -> QuerySet[ChatSession]:
    """An empty parameter filters nothing, as if it were absent."""
    asked = {name: str(value) for name, value in request.query_params.items() if value}
    rows = ChatSession.objects.filter(user_id=me(request).pk)
    for flag in _FLAGS:
        if flag in asked:
            rows = rows.filter(**{flag: _boolean(flag, asked[flag])})
    if "is_temporary" not in asked:
        rows = rows.filter(is_temporary=False)
    if "in_folder" in asked:
        in_none = Q(folder="")
        rows = rows.exclude(in_none) if _boolean("in_folder", asked["in_folder"]) else rows.filter(in_none)
    if "unread" in asked:
        is_news = Q(last_reply__gt=F("last_read"))
        rows = rows.filter(is_news if _boolean("unread", asked["unread"]) else ~is_news)
    if "folder" in asked:
        rows = rows.filter(folder=_storable("folder", asked["folder"]))
    if asked.get("search", "").strip():
        ids = search.sessions_with(me(request), _storable("search", asked["search"]))
        rows = rows.filter(id__in=ids) if ids is not None else rows.none()
    return rows


def _boolean(name: str, text: str) -> bool:
    try:
        return bool(BooleanField().run_validation(text))
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from None


def _storable(name: str, text: str) -> str:
    if "\x00" in text:
        raise BadInput(fields={name: [sentence("must not hold NUL", "NUL 문자는 쓸 수 없습니다.")]})
    return text


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _time(microseconds: int) -> datetime:
    try:
        return _EPOCH + microseconds * _MICROSECOND
    except OverflowError:
        raise bad_cursor() from None
