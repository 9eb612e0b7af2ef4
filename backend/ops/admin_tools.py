"""/api/admin/tool-servers/ and /api/admin/tools/: MCP servers and what of them models may use. Administrators only.

A server's tools are those of the last look (`refresh/`): what changed there meanwhile, models do not hear of.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.lib.async_view import Accepted, AsyncAPIView
from backend.lib.errors import NotFound
from backend.lib.storage import in_db
from backend.mcp import catalogue
from backend.mcp.client import ToolFailed, list_tools
from backend.mcp.errors import ToolServerFailed
from backend.mcp.models import Tool, ToolServer
from backend.ops.admin_audit import IsAdministrator
from backend.ops.admin_tool_shapes import (
    ToolChanges,
    ToolRow,
    ToolServerAsked,
    ToolServerChanges,
    ToolServerRow,
    ToolServers,
)
from backend.ops.audit import record


class ServerList(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(operation_id="admin_tool_servers", summary="MCP servers and their tools", responses=ToolServers)
    def get(self, request: Request) -> Response:
        rows = ToolServer.objects.order_by("id").prefetch_related("tools")
        return Response({"is_on": house.flag("tools"), "results": ToolServerRow(rows, many=True).data})

    @extend_schema(
        summary="Add an MCP server; `refresh/` makes its tools known",
        request=ToolServerAsked,
        responses={201: ToolServerRow},
    )
    def post(self, request: Request) -> Response:
        values = _given(ToolServerAsked, request)
        with transaction.atomic():
            server = catalogue.add(values)
            told = {"server": ("", server.name), "url": ("", server.url)}
            record(request, "tools.add", target_kind="tool_server", target_id=server.pk, changes=told)
        return Response(ToolServerRow(server).data, status=201)


class ServerDetail(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Change it; at another address no tool is safe any more",
        request=ToolServerChanges,
        responses=ToolServerRow,
    )
    def patch(self, request: Request, pk: int) -> Response:
        values = _given(ToolServerChanges, request)
        with transaction.atomic():
            server = _found(ToolServer, pk)
            changes = {"server": (server.name, server.name), **catalogue.change(server, values)}
            record(request, "tools.change", target_kind="tool_server", target_id=pk, changes=changes)
        return Response(ToolServerRow(server).data)

    @extend_schema(summary="Remove it and its tools", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        with transaction.atomic():
            server = _found(ToolServer, pk)
            changes = {"server": (server.name, ""), "url": (server.url, "")}
            record(request, "tools.remove", target_kind="tool_server", target_id=pk, changes=changes)
            server.delete()
        return Response(status=204)


class ServerRefresh(AsyncAPIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Ask it for its tools; one that is described otherwise is not safe any more",
        request=None,
        responses=ToolServerRow,
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        server = _found(ToolServer, pk)
        endpoint = catalogue.endpoint_of(server)

        def store(listed: Any) -> dict[str, Any]:
            with transaction.atomic():
                changes = {
                    "server": (server.name, server.name),
                    **catalogue.store_listed(_found(ToolServer, pk), listed),
                }
                record(request, "tools.refresh", target_kind="tool_server", target_id=pk, changes=changes)
            return dict(ToolServerRow(_found(ToolServer, pk)).data)

        async def answer() -> HttpResponse:
            try:
                listed = await list_tools(endpoint)
            except ToolFailed as failed:
                await in_db(catalogue.note_failure, server, failed.code)
                raise ToolServerFailed(reason=failed.code) from failed
            return JsonResponse(await in_db(store, listed), json_dumps_params={"ensure_ascii": False})

        return Accepted(answer)


class ToolDetail(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Mark a tool as safe, or keep it from models", request=ToolChanges, responses=ToolRow)
    def patch(self, request: Request, pk: int) -> Response:
        values = _given(ToolChanges, request)
        with transaction.atomic():
            tool = _found(Tool, pk)
            changed = {
                name: (getattr(tool, name), value) for name, value in values.items() if getattr(tool, name) != value
            }
            for name, (_, value) in changed.items():
                setattr(tool, name, value)
            tool.save()
            changes = {"tool": (tool.called, tool.called), **changed}
            record(request, "tools.tool", target_kind="tool", target_id=pk, changes=changes)
        return Response(ToolRow(tool).data)


def _found(model: Any, pk: int) -> Any:
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def _given(shape: Any, request: Request) -> dict[str, Any]:
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
