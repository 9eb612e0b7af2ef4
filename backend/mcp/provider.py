"""Who signs in for a tool server, found out from what it and its authorization server publish.

Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization. Metadata of the protected resource
(RFC 9728) leads to that of the authorization server (RFC 8414). Every document was written by strangers, and says where a browser
and where tokens are sent to: only https is taken, or http where an administrator allowed addresses of inside. Stateless.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from backend.lib.addresses import is_http_address
from backend.lib.outbound import AsyncClient, Response, is_url
from backend.mcp.door import Endpoint, ToolFailed, in_time, reached

MAX_DOCUMENT_BYTES = 64 * 1024
MAX_ADDRESS_CHARS = 2_000
TOTAL_S = 20.0  # of one act: a discovery asks up to seven times
METHODS = ("none", "client_secret_post", "client_secret_basic")  # by preference
_SCOPE = re.compile(r"[\x20-\x7e]{0,1000}")


@dataclass(frozen=True, slots=True)
class Provider:
    """Of an authorization server, what we use; `resource` and `scope` are what the tool server wants to be asked there."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    registration_endpoint: str
    revocation_endpoint: str
    method: str  # how a client names itself at the token endpoint
    names_itself: bool  # RFC 9207: its redirects carry `iss`
    resource: str
    scope: str


async def discover(endpoint: Endpoint) -> Provider:
    """Who signs in for this tool server. Raises ToolFailed."""
    _demand_tls(endpoint, endpoint.url)
    async with reached(endpoint, max_bytes=MAX_DOCUMENT_BYTES) as http, in_time(TOTAL_S):
        challenge = await _challenge(http, endpoint.url)
        resource, issuer, scopes = await _resource(http, endpoint, challenge)
        _demand_tls(endpoint, issuer)
        for place in _metadata_places(issuer):
            document = await _document(http, place)
            if document is not None and str(document.get("issuer", "")).rstrip("/") == issuer.rstrip("/"):
                return _provider(endpoint, document, resource, scope_of(challenge.get("scope") or scopes))
    raise ToolFailed("no_sign_in")


async def _challenge(http: AsyncClient, url: str) -> dict[str, str]:
    """What a 401 of the tool server says of signing in; nothing where it lets everybody greet it."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "Maru", "version": "1"}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    headers = {"Accept": "application/json, text/event-stream"}
    async with http.stream("POST", url, json=asked, headers=headers) as response:
        if response.status_code != 401:
            return {}
        told = ", ".join(response.headers.get_list("www-authenticate"))[:8_000]
    found = re.findall(r'\b(resource_metadata|scope)\s*=\s*(?:"([^"\\]*)"|([^\s,"]+))', told)
    return {name: quoted or plain for name, quoted, plain in found}


async def _resource(http: AsyncClient, endpoint: Endpoint, challenge: Mapping[str, str]) -> tuple[str, str, Any]:
    """(what the tool server calls itself, its authorization server, the scopes that it has)"""
    url = urlsplit(endpoint.url)
    named = challenge.get("resource_metadata", "")
    root = f"{url.scheme}://{url.netloc}"
    guessed = [
        f"{root}/.well-known/oauth-protected-resource{path}" for path in dict.fromkeys((url.path.rstrip("/"), ""))
    ]
    for place in [named] if named else guessed:
        _demand_tls(endpoint, place)
        document = await _document(http, place)
        if document is None:
            continue
        resource, servers = document.get("resource"), document.get("authorization_servers")
        if not isinstance(resource, str) or not _is_of(endpoint.url, resource):
            raise ToolFailed(
                "bad_answer"
            )  # RFC 9728 3.3: else a token for somebody else's server could be had through it
        if isinstance(servers, list) and servers and isinstance(servers[0], str):
            return resource, servers[0], document.get("scopes_supported")
    if named:
        raise ToolFailed("bad_answer")
    # Servers of 2025-03-26 are their own authorization servers.
    return urlunsplit((url.scheme, url.netloc, url.path, "", "")), root, None


def _is_of(url: str, resource: str) -> bool:
    """Whether `url` lies within `resource`: the same origin, and its path or one below."""
    try:
        inner, outer = urlsplit(url), urlsplit(resource)
        is_same = (inner.scheme, inner.hostname, inner.port) == (outer.scheme, outer.hostname, outer.port)
    except ValueError:
        return False
    return is_same and not outer.fragment and f"{inner.path.rstrip('/')}/".startswith(f"{outer.path.rstrip('/')}/")


def _metadata_places(issuer: str) -> Iterator[str]:
    parts = urlsplit(issuer)
    root, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    yield f"{root}/.well-known/oauth-authorization-server{path}"
    yield f"{root}/.well-known/openid-configuration{path}"
    if path:
        yield f"{root}{path}/.well-known/openid-configuration"


def _provider(endpoint: Endpoint, document: Mapping[str, Any], resource: str, scope: str) -> Provider:
    named = {
        name: document.get(f"{name}_endpoint") or ""
        for name in ("authorization", "token", "registration", "revocation")
    }
    if not named["authorization"] or not named["token"]:
        raise ToolFailed("bad_answer")
    for address in filter(None, named.values()):
        _demand_tls(endpoint, address)
    # Without it a code that is overheard could be used: OAuth 2.1 and MCP refuse such a server.
    if "S256" not in _texts(document.get("code_challenge_methods_supported")):
        raise ToolFailed("no_pkce")
    known = _texts(document.get("token_endpoint_auth_methods_supported")) or ["client_secret_basic"]
    method = next((each for each in METHODS if each in known), None)
    if method is None:
        raise ToolFailed("bad_answer")
    return Provider(
        issuer=str(document["issuer"]),
        **{f"{name}_endpoint": address for name, address in named.items()},
        method=method,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        resource=resource,
        scope=scope,
    )


def _demand_tls(endpoint: Endpoint, address: Any) -> None:
    """Also keeps the browser from addresses that are none, such as javascript:. Raises ToolFailed."""
    if not isinstance(address, str) or not re.fullmatch(rf"\S{{1,{MAX_ADDRESS_CHARS}}}", address):
        raise ToolFailed("bad_answer")
    if not is_http_address(address) or not is_url(address):
        raise ToolFailed("bad_answer")
    if not address.startswith("https://") and not endpoint.may_be_private:
        raise ToolFailed("no_tls")


async def _document(http: AsyncClient, url: str) -> dict[str, Any] | None:
    """None where there is none: 404, or a page for people."""
    response = await http.get(url, headers={"Accept": "application/json"})
    if response.status_code >= 500:
        raise ToolFailed("refused")
    try:
        return json_object(response) if response.status_code == 200 else None
    except ToolFailed:
        return None


def json_object(response: Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise ToolFailed("bad_answer") from error
    if not isinstance(found, dict):
        raise ToolFailed("bad_answer")
    return found


def _texts(found: Any) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def scope_of(told: Any) -> str:
    text = " ".join(_texts(told)) if isinstance(told, list) else told if isinstance(told, str) else ""
    return text if _SCOPE.fullmatch(text) else ""
