"""Servers and tools as rows. Synchronous, for a database thread; a token is opened only here."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from backend.lib import clock
from backend.lib.addresses import is_same_origin
from backend.lib.sealed import CannotOpen, seal, unseal
from backend.mcp.client import Listed
from backend.mcp.door import Endpoint
from backend.mcp.errors import ToolServerNameTaken, TooManyToolServers
from backend.mcp.models import MAX_NAME, MAX_SERVERS, Tool, ToolServer

logger = logging.getLogger(__name__)

PURPOSE = "tool server token"
MAX_OFFERED = 64  # to one model at a time
CHANGEABLE = ("url", "may_be_private", "is_enabled", "timeout_s")
Changes = dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Offered:
    """`called` is the name for models."""

    called: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Usable:
    server_id: int
    endpoint: Endpoint
    name: str
    is_safe: bool


def offered() -> list[Offered]:
    rows = _usable().order_by("server_id", "id").values_list("called", "description", "parameters")
    return [Offered(*row) for row in rows[:MAX_OFFERED]]


def callable_tool(called: str) -> Usable | None:
    """As it is now; None when there is no such tool, or it was switched off since it was offered."""
    tool = _usable().select_related("server").filter(called=called).first()
    return None if tool is None else Usable(tool.server_id, endpoint_of(tool.server), tool.name, tool.is_safe)


def _usable() -> Any:
    return Tool.objects.filter(is_enabled=True, server__is_enabled=True)


def endpoint_of(server: ToolServer) -> Endpoint:
    try:
        token = unseal(server.token, PURPOSE)
    except CannotOpen:
        logger.error("the token of tool server %s cannot be opened: SECRET_KEY is another one", server.name)
        token = ""
    return Endpoint(server.url, token, server.may_be_private, float(server.timeout_s))


def token_state(server: ToolServer) -> str:
    """none | set | unreadable"""
    try:
        return "set" if unseal(server.token, PURPOSE) else "none"
    except CannotOpen:
        return "unreadable"


def add(values: Mapping[str, Any]) -> ToolServer:
    """Raises ToolServerNameTaken, TooManyToolServers."""
    with transaction.atomic():
        if ToolServer.objects.filter(name=values["name"]).exists():
            raise ToolServerNameTaken(name=values["name"])
        if ToolServer.objects.count() >= MAX_SERVERS:
            raise TooManyToolServers(limit=MAX_SERVERS)
        known = {name: values[name] for name in CHANGEABLE if name in values}
        return ToolServer.objects.create(name=values["name"], token=seal(values.get("token", ""), PURPOSE), **known)


def change(server: ToolServer, values: Mapping[str, Any]) -> Changes:
    """What changed, for the audit log, never a token. Another address is another server: no tool of it is safe any more, and
    at another host it does not get the token that was given for the one before."""
    changes: Changes = {}
    if server.token and not is_same_origin(server.url, values.get("url", server.url)):
        values = {"token": "", **values}
    for name in CHANGEABLE:
        if name in values and getattr(server, name) != values[name]:
            changes[name] = (getattr(server, name), values[name])
            setattr(server, name, values[name])
    if "token" in values:
        changes["token"] = (token_state(server), "set" if values["token"] else "none")
        server.token = seal(values["token"], PURPOSE)
    with transaction.atomic():
        server.save(update_fields=changes)  # what a look found meanwhile stays
        if "url" in changes and (n := server.tools.filter(is_safe=True).update(is_safe=False)):
            changes["safe_tools"] = (n, 0)
    return changes


def store_listed(server: ToolServer, listed: Iterable[Listed]) -> Changes:
    """What a look found. Flags stay with a tool that is as it was; one that is described otherwise is not safe any more."""
    before = {tool.name: tool for tool in server.tools.all()}
    found = {tool.name: tool for tool in listed}
    with transaction.atomic():
        Tool.objects.filter(pk__in=[tool.pk for name, tool in before.items() if name not in found]).delete()
        for name, tool in found.items():
            _store(server, before.get(name), tool)
        ToolServer.objects.filter(pk=server.pk).update(looked_at=clock.now(), error_code="")
        after = {tool.name: tool for tool in server.tools.all()}
    changes: Changes = {}
    if set(before) != set(after):
        changes["tools"] = (sorted(before), sorted(after))
    safe = [{name for name, tool in rows.items() if tool.is_safe} for rows in (before, after)]
    if safe[0] != safe[1]:
        changes["safe_tools"] = (sorted(safe[0]), sorted(safe[1]))
    return changes


def note_failure(server: ToolServer, code: str) -> None:
    ToolServer.objects.filter(pk=server.pk).update(looked_at=clock.now(), error_code=code)


def _store(server: ToolServer, known: Tool | None, listed: Listed) -> None:
    told = {"description": listed.description, "parameters": listed.parameters}
    if known is not None:
        if any(getattr(known, name) != value for name, value in told.items()):
            Tool.objects.filter(pk=known.pk).update(**told, is_safe=False)
        return
    called = called_of(server.name, listed.name)
    if called is not None and not Tool.objects.filter(called=called).exists():
        Tool.objects.create(server=server, name=listed.name, called=called, **told)


def called_of(server: str, tool: str) -> str | None:
    """None when it would be too long for remote engines."""
    called = f"{server}__{re.sub(r'[^A-Za-z0-9_-]', '_', tool)}"
    return called if len(called) <= MAX_NAME else None
