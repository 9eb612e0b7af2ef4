"""Signing Maru in at a tool server (OAuth): out to the provider, back to the callback, and out of it again.

    POST tool-servers/{id}/connect/      where the administrator's browser goes to
    GET  tool-servers/connected/         where the provider sends it back to; for browsers, not for programs
    POST tool-servers/{id}/disconnect/   the tokens are given back and forgotten

The callback is a GET that changes something: what stands for a CSRF token is the state parameter, which was made for this
administrator, is taken once, and lives ten minutes (mcp/sign_in.py).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from backend.lib.async_view import Accepted, AsyncAPIView
from backend.lib.storage import in_db
from backend.mcp import access, catalogue, oauth, sign_in
from backend.mcp.door import ToolFailed
from backend.mcp.errors import ToolClientNeeded, ToolServerFailed
from backend.mcp.models import SignIn, ToolServer
from backend.mcp.provider import discover
from backend.mcp.sign_in import Plan
from backend.ops.admin_audit import IsAdministrator
from backend.ops.admin_tool_shapes import SignInAsked, SignInBegun, SignInGivenUp
from backend.ops.admin_tools import found, given, look
from backend.ops.audit import record

MAX_CODE_CHARS = 4_096
PAGE = "/admin/#/tools"


class Connect(AsyncAPIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Begin to sign in at its provider: open `authorization_url` in this administrator's browser",
        request=SignInAsked,
        responses=SignInBegun,
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        values = given(SignInAsked, request)
        server = found(ToolServer, pk)
        redirect_uri = request.build_absolute_uri(reverse("admin-tool-server-connected"))

        async def answer() -> HttpResponse:
            try:
                url, expires_at = await _begun(server, whose(request), redirect_uri, values)
            except ToolFailed as failed:
                if failed.code == "client_needed":
                    raise ToolClientNeeded(redirect_uri=redirect_uri) from failed
                raise ToolServerFailed(reason=failed.code) from failed
            begun = SignInBegun({"authorization_url": url, "expires_at": expires_at})
            return JsonResponse(dict(begun.data))

        return Accepted(answer)


class Connected(AsyncAPIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        told = {name: request.query_params.get(name, "")[:MAX_CODE_CHARS] for name in ("code", "state", "error", "iss")}
        plan = sign_in.take(told["state"], whose(request))

        async def answer() -> HttpResponse:
            if plan is None:
                return _back("sign_in_unknown")
            try:
                grant = await _granted(plan, told)
            except ToolFailed as failed:
                await in_db(sign_in.note_refusal, plan)
                return _back(failed.code, plan)
            await in_db(_store, request, plan, grant)
            try:
                await look(request, plan.server)
            except ToolServerFailed:
                pass  # it is noted at the server, whose card says so
            return _back("connected", plan)

        return Accepted(answer)


class Disconnect(AsyncAPIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Give the tokens back to the provider, and forget them", request=None, responses=SignInGivenUp
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        with transaction.atomic():
            server = found(ToolServer, pk)
            issuer = SignIn.objects.filter(server=server).values_list("issuer", flat=True).first()
            held = sign_in.drop(server)
            if issuer is not None:
                ToolServer.objects.filter(pk=pk).update(error_code="sign_in_needed")
                changes = {"server": (server.name, server.name), "issuer": (issuer, "")}
                record(request, "tools.disconnect", target_kind="tool_server", target_id=pk, changes=changes)
        endpoint = catalogue.endpoint_of(server)

        async def answer() -> HttpResponse:
            return JsonResponse({"is_revoked": held is not None and await access.give_back(endpoint, held)})

        return Accepted(answer)


def whose(request: Request) -> int:
    assert request.user.pk is not None  # an administrator, or nobody comes here
    return request.user.pk


async def _begun(server: ToolServer, user_id: int, redirect_uri: str, values: dict[str, Any]) -> tuple[str, Any]:
    """Raises ToolFailed."""
    endpoint = catalogue.endpoint_of(server)
    provider = await discover(endpoint)
    if values.get("client_id"):
        client = oauth.known_client(provider, values["client_id"], values.get("client_secret", ""))
    else:
        known = await in_db(sign_in.known_client, server, provider, redirect_uri)
        client = known or await oauth.register(endpoint, provider, redirect_uri)
    begun: tuple[str, Any] = await in_db(sign_in.begin, server, user_id, provider, client, redirect_uri)
    return begun


async def _granted(plan: Plan, told: dict[str, str]) -> oauth.Grant:
    """Raises ToolFailed."""
    # RFC 9207: else the code of one provider could be sent to another, which a tool server named.
    if (told["iss"] or plan.provider.names_itself) and told["iss"] != plan.provider.issuer:
        raise ToolFailed("bad_answer")
    if told["error"] or not told["code"]:
        raise ToolFailed("denied")
    endpoint = catalogue.endpoint_of(plan.server)
    return await oauth.exchange(
        endpoint, plan.provider, plan.client, code=told["code"], redirect_uri=plan.redirect_uri, verifier=plan.verifier
    )


def _store(request: Request, plan: Plan, grant: oauth.Grant) -> None:
    with transaction.atomic():
        sign_in.connect(plan, grant)
        changes = {
            "server": (plan.server.name, plan.server.name),
            "issuer": ("", plan.provider.issuer),
            "scope": ("", grant.scope or plan.provider.scope),
        }
        record(request, "tools.connect", target_kind="tool_server", target_id=plan.server.pk, changes=changes)


def _back(result: str, plan: Plan | None = None) -> HttpResponse:
    told = {"sign_in": result, **({"server": plan.server.name} if plan else {})}
    return HttpResponseRedirect(f"{PAGE}?{urlencode(told)}", headers={"Cache-Control": "no-store"})
