"""/api/admin/live/…: the live figures for whoever has no socket, their history, and what staff does about what it sees.

Staff may look, and stop a reply that runs away; what touches everybody (pause, drain, restart) is for administrators. Every
act is in the audit log. Translates; turns, fleet and the house's settings act.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.chat.models import Message
from backend.chat.turns import get_turns
from backend.lib.errors import BadInput, NotFound, sentence
from backend.lib.viewsets import run
from backend.llm.errors import EngineNotFound
from backend.llm.registry import drained_engines, get_fleet
from backend.ops import joining
from backend.ops.admin_audit import IsAdministrator
from backend.ops.admin_engines import refresh_fleet
from backend.ops.audit import record
from backend.ops.live import shapes
from backend.ops.live.history import RINGS
from backend.ops.live.sampler import get_sampler
from backend.ops.models import Engine


class Live(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="admin_live_now",
        summary="What this web process knows now: running requests, engines, machine",
        responses={(200, "application/json"): shapes.LIVE},
    )
    def get(self, request: Request) -> Response:
        stats = async_to_sync(get_sampler().reader.stats)()
        return Response(stats.wire())


class LiveHistory(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="admin_live_history",
        summary="What was measured in the last 15 minutes, hour or day",
        parameters=[OpenApiParameter("range", str, enum=list(RINGS), default="15m")],
        responses=shapes.HistoryShape,
    )
    def get(self, request: Request) -> Response:
        name = request.query_params.get("range", "15m")
        if name not in RINGS:
            known = ", ".join(RINGS)
            raise BadInput(fields={"range": [sentence(f"one of {known}", f"{known} 중 하나여야 합니다.")]})
        columns = get_sampler().history.columns(name)
        return Response({"range": name, "step_s": RINGS[name][0], "process": get_turns().owner, **columns})


class ReplyStop(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="Stop a running reply; its text so far is kept", request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        if not Message.objects.filter(pk=pk, status__in=Message.LIVE).exists():
            raise NotFound
        record(request, "live.stop", target_kind="reply", target_id=pk)
        run(get_turns().stop(pk))
        return Response(status=204)


class Queue(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_live_queue",
        summary="Pause the queue, or let it go on; what runs is not touched",
        request=shapes.PauseInput,
        responses=shapes.PauseShape,
    )
    def post(self, request: Request) -> Response:
        is_paused = _given(shapes.PauseInput, request)["is_paused"]
        action = "live.pause" if is_paused else "live.resume"
        house.change({"queue_paused": is_paused}, along=lambda _: record(request, action, target_kind="house"))
        run(_steer())
        return Response({"is_paused": is_paused})


class EngineDrain(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Give an engine no new request, or open it again",
        request=shapes.DrainInput,
        responses=shapes.DrainShape,
    )
    def post(self, request: Request, engine: str) -> Response:
        is_draining = _given(shapes.DrainInput, request)["is_draining"]
        changes = {"engine": ("", engine)}
        action = "engine.drain" if is_draining else "engine.open"
        if (row := Engine.objects.filter(name=engine).first()) is not None:
            # One that was added has this in its row, where the page of the engines changes it, too.
            with transaction.atomic():
                joining.change(row, {"is_draining": is_draining})
                record(request, action, target_kind="engine", changes=changes)
            refresh_fleet()
            return Response({"is_draining": is_draining})
        fleet = get_fleet()
        # A name that is gone may still be taken off the list.
        if engine not in drained_engines() and (fleet is None or engine not in fleet.members):
            raise EngineNotFound(engine=engine)

        def amended(names: str) -> str:
            others = {name for name in names.split(",") if name} - {engine}
            return ",".join(sorted(others | {engine} if is_draining else others))

        # Of two who drain at the same moment neither is lost.
        house.amend(
            "drained_engines", amended, lambda _: record(request, action, target_kind="engine", changes=changes)
        )
        run(_steer())
        return Response({"is_draining": is_draining})


class EngineRestart(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Restart the engine process of a model; replies it was writing go on in the next one",
        request=shapes.RestartInput,
        responses={204: None},
    )
    def post(self, request: Request, engine: str) -> Response:
        model = _given(shapes.RestartInput, request)["model"]
        run(_restart(engine, model))
        record(request, "engine.restart", target_kind="engine", changes={"engine": ("", engine), "model": ("", model)})
        return Response(status=204)


async def _steer() -> None:
    """In this process at once; the others follow within a second."""
    if (fleet := get_fleet()) is not None:
        fleet.steer()


async def _restart(engine: str, model: str) -> None:
    fleet = get_fleet()
    if fleet is None:
        raise EngineNotFound(engine=engine)
    fleet.restart(engine, model)


def _given(shape: Any, request: Request) -> dict[str, Any]:
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
