"""OAuth 2.1 as MCP's authorization asks it of a client, over the guarded door: getting, renewing and giving up a token.

Dynamic client registration (RFC 7591), PKCE with S256, resource indicators (RFC 8707), revocation (RFC 7009). Stateless: rows are
sign_in.py's. Every answer was written by strangers; no token, code, secret or verifier is logged or part of an error.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from backend.lib.outbound import AsyncClient, Response
from backend.mcp.door import Endpoint, ToolFailed, in_time, reached
from backend.mcp.provider import MAX_DOCUMENT_BYTES, METHODS, TOTAL_S, Provider, json_object, scope_of

MAX_LIFE_S = 10 * 365 * 24 * 3600
REVOCATION_S = 5.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_CLIENT_ID = re.compile(r"[\x20-\x7e]{1,500}")
# Another answer than these says nothing of the grant itself.
_GRANT_IS_OVER = ("invalid_grant", "invalid_client", "unauthorized_client")


@dataclass(frozen=True, slots=True)
class Client:
    client_id: str
    method: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """`life_s` None: it was not told. No `refresh_token`: whoever renews keeps the one that he has."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    life_s: float | None
    scope: str


async def register(endpoint: Endpoint, provider: Provider, redirect_uri: str) -> Client:
    """Makes Maru known to the provider. Raises ToolFailed: `client_needed` when an administrator has to do it there."""
    if not provider.registration_endpoint:
        raise ToolFailed("client_needed")
    told: dict[str, Any] = {
        "client_name": "Maru",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": provider.method,
    }
    if provider.scope:
        told["scope"] = provider.scope
    async with reached(endpoint, max_bytes=MAX_DOCUMENT_BYTES) as http, in_time(TOTAL_S):
        answer = await http.post(provider.registration_endpoint, json=told, headers={"Accept": "application/json"})
        if answer.status_code not in (200, 201):
            raise ToolFailed("client_needed" if answer.status_code in (400, 401, 403) else "refused")
        given = json_object(answer)
    client_id, secret = given.get("client_id"), given.get("client_secret") or ""
    method = given.get("token_endpoint_auth_method") or provider.method
    is_usable = method in METHODS and (method == "none" or secret)
    if not (isinstance(client_id, str) and _CLIENT_ID.fullmatch(client_id) and isinstance(secret, str) and is_usable):
        raise ToolFailed("bad_answer")
    return Client(client_id, method, secret)


def known_client(provider: Provider, client_id: str, secret: str) -> Client:
    """One that an administrator registered at the provider."""
    with_secret = provider.method if provider.method != "none" else "client_secret_post"
    return Client(client_id, with_secret if secret else "none", secret)


def new_verifier() -> str:
    return secrets.token_urlsafe(48)


def authorization_url(provider: Provider, client: Client, *, redirect_uri: str, state: str, verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "resource": provider.resource,
    }
    if provider.scope:
        asked["scope"] = provider.scope
    joint = "&" if urlsplit(provider.authorization_endpoint).query else "?"
    return f"{provider.authorization_endpoint}{joint}{urlencode(asked)}"


async def exchange(
    endpoint: Endpoint, provider: Provider, client: Client, *, code: str, redirect_uri: str, verifier: str
) -> Grant:
    """Raises ToolFailed."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return await _granted(endpoint, provider, client, form)


async def renew(endpoint: Endpoint, provider: Provider, client: Client, refresh_token: str) -> Grant:
    """Raises ToolFailed: `expired` when the provider will not renew this grant again; anything else may pass."""
    return await _granted(endpoint, provider, client, {"grant_type": "refresh_token", "refresh_token": refresh_token})


async def revoke(endpoint: Endpoint, provider: Provider, client: Client, tokens: Mapping[str, str]) -> bool:
    """`tokens`: its kind, as RFC 7009 names it → a token. Whether the provider took them all back."""
    if not provider.revocation_endpoint:
        return False
    try:
        async with reached(endpoint, max_bytes=MAX_DOCUMENT_BYTES) as http, in_time(REVOCATION_S):
            answers = [
                await _form(http, provider.revocation_endpoint, client, {"token": token, "token_type_hint": kind})
                for kind, token in tokens.items()
                if token
            ]
    except ToolFailed:
        return False
    return all(answer.status_code == 200 for answer in answers)


async def _granted(endpoint: Endpoint, provider: Provider, client: Client, form: dict[str, str]) -> Grant:
    async with reached(endpoint, max_bytes=MAX_DOCUMENT_BYTES) as http, in_time(TOTAL_S):
        answer = await _form(http, provider.token_endpoint, client, {**form, "resource": provider.resource})
        if answer.status_code in (400, 401, 403):
            raise ToolFailed("expired" if _error_of(answer) in _GRANT_IS_OVER else "refused")
        if answer.status_code != 200:
            raise ToolFailed("refused")
        given = json_object(answer)
    access, refresh = given.get("access_token"), given.get("refresh_token") or ""
    life_s, scope = given.get("expires_in"), given.get("scope")
    if not isinstance(access, str) or not isinstance(refresh, str) or not _TOKEN.fullmatch(access):
        raise ToolFailed("bad_answer")
    if str(given.get("token_type", "")).lower() != "bearer" or (refresh and not _TOKEN.fullmatch(refresh)):
        raise ToolFailed("bad_answer")
    is_number = isinstance(life_s, int | float) and not isinstance(life_s, bool)
    lasts_s = float(life_s) if is_number and 0 < life_s < MAX_LIFE_S else None  # type: ignore[arg-type, operator]
    return Grant(access, refresh, lasts_s, scope_of(scope))


async def _form(http: AsyncClient, url: str, client: Client, form: dict[str, str]) -> Response:
    headers = {"Accept": "application/json"}
    if client.method == "client_secret_basic":
        pair = (
            f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"  # RFC 6749 2.3.1: encoded before it is joined
        )
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form = {**form, "client_id": client.client_id}
        if client.method == "client_secret_post":
            form["client_secret"] = client.secret
    return await http.post(url, data=form, headers=headers)


def _error_of(response: Response) -> Any:
    try:
        return json_object(response).get("error")
    except ToolFailed:
        return None
