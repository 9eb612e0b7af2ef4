"""/api/admin/engines/…: all engines with their health, and those that administrators add. Translates; joining.py decides."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib import clock
from backend.lib.async_view import Accepted, AsyncAPIView
from backend.lib.errors import Forbidden, NotFound, told
from backend.lib.ids import object_id
from backend.llm import registry
from backend.ops import joining
from backend.ops.admin_audit import IsAdministrator
from backend.ops.admin_engine_shapes import (
    EngineAsked,
    EngineChanges,
    EngineFleet,
    EngineRow,
    EngineTest,
    NewToken,
    TokenAsked,
    TokenRow,
)
from backend.ops.audit import record
from backend.ops.models import Engine, JoinToken


class Engines(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(operation_id="admin_engines", summary="All engines and how they are", responses=EngineFleet)
    def get(self, request: Request) -> Response:
        return Response({"policy": settings.MARU.dispatch, "engines": rows()})

    @extend_schema(summary="Add a remote engine; administrators only", request=EngineAsked, responses={201: EngineRow})
    def post(self, request: Request) -> Response:
        _administrators_only(self, request)
        with transaction.atomic():
            row = joining.add(_given(EngineAsked, request))
            record(
                request, "engine.add", target_kind="engine", changes={"engine": ("", row.name), "url": ("", row.url)}
            )
        refresh_fleet()
        return Response(_row(row.name), status=201)


class EngineDetail(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Change one that was added, or drain one", request=EngineChanges, responses=EngineRow)
    def patch(self, request: Request, engine: str) -> Response:
        with transaction.atomic():
            row = joining.named(engine)
            changes = joining.change(row, _given(EngineChanges, request))
            told = {"engine": (row.name, row.name), **changes}
            record(request, "engine.change", target_kind="engine", changes=told)
        refresh_fleet()
        return Response(_row(row.name))

    @extend_schema(summary="Remove it; what it is writing may end", responses={204: None})
    def delete(self, request: Request, engine: str) -> Response:
        with transaction.atomic():
            joining.named(engine).delete()
            record(request, "engine.remove", target_kind="engine", changes={"engine": (engine, "")})
        refresh_fleet()
        return Response(status=204)


class EngineTrial(AsyncAPIView):
    """A short request to this engine alone."""

    permission_classes = (IsAdminUser,)

    @extend_schema(summary="Ask it for a few words", request=None, responses=EngineTest)
    def post(self, request: Request, engine: str) -> HttpResponse:
        fleet, user = registry.get_fleet(), str(request.user.pk)
        if fleet is None or engine not in fleet.members:
            raise NotFound

        async def answer() -> HttpResponse:
            found = await registry.try_engine(fleet, engine, user)
            return JsonResponse(asdict(found), json_dumps_params={"ensure_ascii": False})

        return Accepted(answer)


class Tokens(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_engine_tokens", summary="Who may register engines", responses=TokenRow(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response(TokenRow(JoinToken.objects.order_by("id"), many=True).data)

    @extend_schema(summary="Let an engine register itself", request=TokenAsked, responses={201: NewToken})
    def post(self, request: Request) -> Response:
        asked = _given(TokenAsked, request)
        text, digest = joining.new_token()
        days = asked.get("days")
        with transaction.atomic():
            token = JoinToken.objects.create(
                name=asked["name"],
                digest=digest,
                may_be_private=asked.get("may_be_private", False),
                expires_at=clock.now() + timedelta(days=days) if days else None,
            )
            record(request, "engine.token", target_kind="engine", target_id=token.pk)
        return Response({**TokenRow(token).data, "token": text}, status=201)


class TokenDetail(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Take it back; the engines that came by it leave", responses={204: None})
    def delete(self, request: Request, token: str) -> Response:
        with transaction.atomic():
            if not JoinToken.objects.filter(pk=object_id(token)).delete()[0]:
                raise NotFound
            record(request, "engine.token_revoke", target_kind="engine", target_id=int(token))
        refresh_fleet()
        return Response(status=204)


def refresh_fleet() -> None:
    """This process at once, others at their next look."""
    fleet = registry.get_fleet()
    if fleet is not None:
        async_to_sync(fleet.look)()


def rows() -> list[dict[str, Any]]:
    stored = {row.name: row for row in Engine.objects.order_by("id")}
    fleet = registry.get_fleet()
    members = fleet.members if fleet is not None else {}
    found = [_of_member(member, stored.get(name)) for name, member in list(members.items())]
    return found + [_gone(row) for name, row in stored.items() if name not in members]


def _row(name: str) -> dict[str, Any]:
    found = next((row for row in rows() if row["name"] == name), None)
    if found is None:
        raise NotFound
    return found


def _of_member(member: Any, row: Engine | None) -> dict[str, Any]:
    spec, stats = member.spec, member.stats
    return {
        **{
            name: getattr(spec, name) for name in ("name", "origin", "weight", "n_ctx", "sees_images", "may_be_private")
        },
        "url": spec.url if spec.is_remote else "",
        "n_slots": (stats.n_slots if stats else 0) or spec.n_slots,
        "is_draining": member.is_draining,
        "state": stats.state if stats else "starting",
        "detail": told(stats.detail) if stats else "",
        "key_state": joining.key_state(row) if row else ("set" if spec.api_key else "none"),
        "seen_at": row.seen_at if row else None,
        "models": [card.id for card in member.cards][:100],
        **{name: getattr(member, name) for name in ("n_running", "n_requests", "n_failed", "n_moved")},
        "prefill_ms": member.prefill.mean(),
        "duration_ms": member.duration.mean(),
        "tokens_per_second": stats.tokens_per_second if stats else None,
    }


def _gone(row: Engine) -> dict[str, Any]:
    """Not a member: its heartbeat or its token has run out, or this process has not looked yet."""
    zeros: dict[str, Any] = dict.fromkeys(("n_running", "n_requests", "n_failed", "n_moved"), 0)
    nothing: dict[str, Any] = dict.fromkeys(("prefill_ms", "duration_ms", "tokens_per_second"))
    known = ("name", "url", "weight", "n_slots", "n_ctx", "sees_images", "may_be_private", "seen_at")
    return {
        **{name: getattr(row, name) for name in known},
        "origin": "itself" if row.token_id else "administrator",
        "is_draining": row.is_draining or row.leaves,
        "state": "gone" if row.token_id else "starting",
        "detail": "",
        "key_state": joining.key_state(row),
        "models": [],
        **zeros,
        **nothing,
    }


def _administrators_only(view: APIView, request: Request) -> None:
    if not IsAdministrator().has_permission(request, view):
        raise Forbidden


def _given(shape: Any, request: Request) -> dict[str, Any]:
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
