"""REST for what is remembered of oneself."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.lib.ids import object_id
from backend.lib.pages import newest_page
from backend.lib.viewsets import OwnViewSet, run
from backend.memory import memories
from backend.memory.asker import owner_id
from backend.memory.models import Entry
from backend.memory.serializers import ForgottenRow, MemoryExport, MemoryInput, MemoryPage, MemoryRow

PER_PAGE = 50
_PARAMETERS = [
    OpenApiParameter("kind", str, enum=["fact", "turn"]),
    OpenApiParameter("q", str, description="a part of the text"),
    OpenApiParameter("ids", str, description="ids with commas between them: only these"),
    OpenApiParameter("cursor", str),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200}),
]


class MemoryViewSet(OwnViewSet):
    @extend_schema(summary="What is remembered of me, newest first", parameters=_PARAMETERS, responses=MemoryPage)
    def list(self, request: Request) -> Response:
        return Response(newest_page(request, _filtered(request), PER_PAGE, MemoryRow))

    @extend_schema(summary="Remember this", request=MemoryInput, responses={201: MemoryRow})
    def create(self, request: Request) -> Response:
        entry = run(memories.add(request.user, self.given(MemoryInput)["text"]))
        return Response(MemoryRow(entry).data, status=201)

    @extend_schema(
        summary="Forget everything that is remembered of me",
        operation_id="memories_forget_all",
        responses={200: ForgottenRow},
    )
    def destroy_all(self, request: Request) -> Response:
        return Response({"forgotten": run(memories.forget_everything(request.user))})

    @extend_schema(summary="One memory", responses=MemoryRow)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(MemoryRow(memories.own_memory(request.user, object_id(pk))).data)

    @extend_schema(summary="Put a memory right", request=MemoryInput, responses=MemoryRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        memories.own_memory(request.user, object_id(pk))
        entry = run(memories.edit(request.user, object_id(pk), self.given(MemoryInput)["text"]))
        return Response(MemoryRow(entry).data)

    @extend_schema(summary="Forget a memory, and what repeats it", responses={200: ForgottenRow})
    def destroy(self, request: Request, pk: str) -> Response:
        return Response({"forgotten": run(memories.forget(request.user, object_id(pk)))})

    @extend_schema(summary="All memories as one JSON document", responses=MemoryExport)
    @action(detail=False, methods=["get"])
    def export(self, request: Request) -> Response:
        rows: Any = MemoryRow(memories.own(owner_id(request)).order_by("id"), many=True).data
        answer = Response({"format": "maru.memories.1", "memories": rows})
        answer["Content-Disposition"] = 'attachment; filename="maru-memories.json"'
        return answer


def _filtered(request: Request) -> QuerySet[Entry]:
    """An empty parameter filters nothing."""
    asked = request.query_params
    found = memories.own(owner_id(request))
    if asked.get("kind") in ("fact", "turn"):
        found = found.filter(kind=asked["kind"])
    if words := asked.get("q", "").replace("\x00", "").strip():
        found = found.filter(text__icontains=words)
    if ids := asked.get("ids"):
        found = found.filter(pk__in=[object_id(id) for id in ids.split(",")[:200]])
    return found
