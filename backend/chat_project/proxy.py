"""Who the visitor is when a proxy stands between. The only reader of X-Forwarded-*.

The headers are believed only from peers in TRUSTED_PROXIES, and are removed from every request: what comes after sees one
address (`scope["client"]`, REMOTE_ADDR) and one scheme, and no header that anybody could have written.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from backend.chat_project.env_values import Network
from backend.chat_project.scopes import Scope, header

FORWARDING = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip"}
)


class ProxyHeaders:
    """ASGI middleware around everything. Sets the client's address and the scheme."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, **_seen_through_proxies(scope)}
        await self.app(scope, receive, send)


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The first address, counted from us outwards, that is no trusted proxy. Left of it anybody may have written."""
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    address = _plain(peer) or peer
    while hops and is_trusted(address, trusted):
        hop = _plain(hops.pop())
        if hop is None:
            break
        address = hop
    return address


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in trusted)


def _seen_through_proxies(scope: Scope) -> dict[str, Any]:
    trusted: Sequence[Network] = settings.MARU.trusted_proxies
    peer, port = (scope.get("client") or ("", 0))[:2]
    changes: dict[str, Any] = {
        "headers": [(name, value) for name, value in scope["headers"] if name.lower() not in FORWARDING]
    }
    peer = _plain(peer) or peer
    if scope.get("client"):
        changes["client"] = [peer, port]
    if not is_trusted(peer, trusted):
        return changes
    changes["client"] = [client_address(peer, _all(scope, b"x-forwarded-for"), trusted), port]
    if (header(scope, b"x-forwarded-proto") or "").strip().lower() == "https":
        changes["scheme"] = "wss" if scope["type"] == "websocket" else "https"
    return changes


def _all(scope: Scope, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name)


def _plain(address: str) -> str | None:
    """The address in its one spelling (IPv4 also where it came as ::ffff:1.2.3.4), or None if it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)
