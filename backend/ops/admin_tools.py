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
from backend.mcp import access, catalogue, sign_in
from backend.mcp.door import Endpoint, ToolFailed
from backend.mcp.errors import ToolServerFailed
from backend.mcp.models import Tool, ToolServer
from backend.mcp.sign_in import Held
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
        rows = ToolServer.objects.order_by("id").select_related("sign_in").prefetch_related("tools")
        return Response({"is_on": house.flag("tools"), "results": ToolServerRow(rows, many=True).data})

    @extend_schema(
        summary="Add an MCP server; `refresh/` makes its tools known",
        request=ToolServerAsked,
        responses={201: ToolServerRow},
    )
    def post(self, request: Request) -> Response:
        values = given(ToolServerAsked, request)
        with transaction.atomic():
            server = catalogue.add(values)
            told = {"server": ("", server.name), "url": ("", server.url)}
            record(request, "tools.add", target_kind="tool_server", target_id=server.pk, changes=told)
        return Response(ToolServerRow(server).data, status=201)


class ServerDetail(AsyncAPIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Change it; at another address no tool is safe any more, and nobody is signed in",
        request=ToolServerChanges,
        responses=ToolServerRow,
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        values = given(ToolServerChanges, request)
        held = None
        with transaction.atomic():
            server = found(ToolServer, pk)
            endpoint = catalogue.endpoint_of(server)
            changes = {"server": (server.name, server.name), **catalogue.change(server, values)}
            if "url" in changes:
                held = sign_in.drop(server)
            record(request, "tools.change", target_kind="tool_server", target_id=pk, changes=changes)
        row = dict(ToolServerRow(found(ToolServer, pk)).data)
        return _when_given_back(endpoint, held, JsonResponse(row, json_dumps_params={"ensure_ascii": False}))

    @extend_schema(summary="Remove it and its tools", responses={204: None})
    def delete(self, request: Request, pk: int) -> HttpResponse:
        with transaction.atomic():
            server = found(ToolServer, pk)
            endpoint = catalogue.endpoint_of(server)
            changes = {"server": (server.name, ""), "url": (server.url, "")}
            record(request, "tools.remove", target_kind="tool_server", target_id=pk, changes=changes)
            held = sign_in.drop(server)
            server.delete()
        return _when_given_back(endpoint, held, HttpResponse(status=204))


class ServerRefresh(AsyncAPIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Ask it for its tools; one that is described otherwise is not safe any more",
        request=None,
        responses=ToolServerRow,
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        server = found(ToolServer, pk)

        async def answer() -> HttpResponse:
            return JsonResponse(await look(request, server), json_dumps_params={"ensure_ascii": False})

        return Accepted(answer)


async def look(request: Request, server: ToolServer) -> dict[str, Any]:
    """Its row, with the tools that it has now. Raises ToolServerFailed."""

    def store(listed: Any) -> dict[str, Any]:
        with transaction.atomic():
            changes = {
                "server": (server.name, server.name),
                **catalogue.store_listed(found(ToolServer, server.pk), listed),
            }
            record(request, "tools.refresh", target_kind="tool_server", target_id=server.pk, changes=changes)
        return dict(ToolServerRow(found(ToolServer, server.pk)).data)

    try:
        listed = await access.list_tools(server.pk, catalogue.endpoint_of(server))
    except ToolFailed as failed:
        await in_db(catalogue.note_failure, server, failed.code)
        raise ToolServerFailed(reason=failed.code) from failed
    row: dict[str, Any] = await in_db(store, listed)
    return row


class ToolDetail(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Mark a tool as safe, or keep it from models", request=ToolChanges, responses=ToolRow)
    def patch(self, request: Request, pk: int) -> Response:
        values = given(ToolChanges, request)
        with transaction.atomic():
            tool = found(Tool, pk)
            changed = {
                name: (getattr(tool, name), value) for name, value in values.items() if getattr(tool, name) != value
            }
            for name, (_, value) in changed.items():
                setattr(tool, name, value)
            tool.save(update_fields=changed)
            changes = {"tool": (tool.called, tool.called), **changed}
            record(request, "tools.tool", target_kind="tool", target_id=pk, changes=changes)
        return Response(ToolRow(tool).data)


def _when_given_back(endpoint: Endpoint, held: Held | None, response: HttpResponse) -> HttpResponse:
    async def answer() -> HttpResponse:
        if held is not None:
            await access.give_back(endpoint, held)
        return response

    return Accepted(answer)


def found(model: Any, pk: int) -> Any:
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def given(shape: Any, request: Request) -> dict[str, Any]:
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
