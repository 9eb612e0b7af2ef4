"""Writes the audit log. Call it inside the transaction of the act itself, so that neither is there without the other."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from backend.ops.models import AuditEntry

ACTIONS = (
    "user.create",
    "user.role",
    "user.activate",
    "user.deactivate",
    "user.logout",
    "user.password_reset",
    "user.limits",
    "key.limits",
    "key.delete",
    "user.delete",
    "audit.export",
    "model.load",
    "model.unload",
    "model.default",
    "model.settings",
    "model.import",
    "model.pull",
    "model.delete",
    "feedback.export",
    "engine.add",
    "engine.change",
    "engine.remove",
    "engine.token",
    "engine.token_revoke",
    "live.stop",
    "live.pause",
    "live.resume",
    "engine.drain",
    "engine.open",
    "engine.restart",
    "house.settings",
    "memory.embedding",
    "session.open",
    "session.export",
    "session.delete",
    "moderation.create",
    "moderation.change",
    "moderation.delete",
    "backup.make",
    "backup.take",
    "backup.delete",
    "storage.sweep",
    "tools.add",
    "tools.change",
    "tools.remove",
    "tools.refresh",
    "tools.tool",
    "tools.connect",
    "tools.disconnect",
    *(f"{kind}.{act}" for kind in ("persona", "prompt", "document", "folder") for act in ("add", "change", "remove")),
)
Changes = Mapping[str, tuple[Any, Any]]


def record(
    request: Request | None,
    action: str,
    *,
    target_kind: str = "",
    target_id: int | None = None,
    changes: Changes | None = None,
) -> None:
    """One entry. `changes`: name → (before, after), plain JSON values; never a text that a user wrote.

    `request` None: the machine did it by itself.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is not in ACTIONS")
    AuditEntry.objects.create(
        actor_id=request.user.pk if request else None,
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        address=_address(request) if request else None,
        changes={name: list(pair) for name, pair in (changes or {}).items()},
    )


def record_house_act(request: Request, action: str, kind: str, id: int, changes: Changes) -> None:
    """What house/acts.py tells."""
    record(request, action, target_kind=kind, target_id=id, changes=changes)


def _address(request: Request) -> str | None:
    """As proxy.py left it; none over a Unix socket."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
