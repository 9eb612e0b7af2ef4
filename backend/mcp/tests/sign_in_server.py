"""A small MCP server that asks for OAuth, and its authorization server, on one real socket of loopback; tests only.

    python -m backend.mcp.tests.sign_in_server PORT [closed]      as a process of its own; closed: registers nobody

It keeps to what it must check: codes are used once, with the verifier, the redirect address and the resource that they were made
for; a refresh token is used once, and a second use ends the whole grant.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from backend.mcp.tests.server import McpServer, Raw, http, served

Form = dict[str, str]


def answer(status: int, **told: Any) -> bytes:
    return http(status, json.dumps(told).encode())


@dataclass
class SignInServer(McpServer):
    """`odd`, by path too: its raw response instead, of the form. `life_s`: of an access token."""

    life_s: int | None = 3600
    consents: bool = True  # at once; else a page asks
    scopes: list[str] = field(default_factory=lambda: ["tools"])
    auth_methods: list[str] = field(default_factory=lambda: ["none"])
    with_registration: bool = True
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, Form] = field(default_factory=dict)
    access: set[str] = field(default_factory=set)
    refresh: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)
    token_asked: asyncio.Event = field(default_factory=asyncio.Event)
    asked_of: list[tuple[str, Form]] = field(default_factory=list)  # (path, form) of everything but /mcp
    change: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda path, document: document

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked_of]

    async def respond(self, verb: str, path: str, headers: dict[str, str], body: bytes) -> Raw:
        where, _, query = path.partition("?")
        if where == "/mcp":
            if headers.get("authorization", "").removeprefix("Bearer ") in self.access:
                return await super().respond(verb, path, headers, body)
            place = f"{self.origin}/.well-known/oauth-protected-resource/mcp"
            return http(401, b"", f'WWW-Authenticate: Bearer error="invalid_token", resource_metadata="{place}"')
        is_json = headers.get("content-type", "") == "application/json"
        form = json.loads(body) if is_json else dict(parse_qsl(body.decode() or query))
        self.asked_of.append((where, form))
        if where in self.odd:
            made = self.odd[where](form)
            return made if isinstance(made, bytes) else b"".join(made)
        acts = {
            "/register": self._register,
            "/authorize": self._authorize,
            "/token": self._token,
            "/revoke": self._revoke,
        }
        return acts[where](form, headers) if where in acts else self._document(where)

    def _document(self, where: str) -> bytes:
        documents: dict[str, dict[str, Any]] = {
            "/.well-known/oauth-protected-resource/mcp": {
                "resource": self.url,
                "authorization_servers": [self.origin],
                "scopes_supported": self.scopes,
            },
            "/.well-known/oauth-authorization-server": {
                "issuer": self.origin,
                "authorization_endpoint": f"{self.origin}/authorize",
                "token_endpoint": f"{self.origin}/token",
                "revocation_endpoint": f"{self.origin}/revoke",
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": self.auth_methods,
                "authorization_response_iss_parameter_supported": True,
                **({"registration_endpoint": f"{self.origin}/register"} if self.with_registration else {}),
            },
        }
        if where not in documents:
            return http(404, b"<html>", kind="text/html")
        return answer(200, **self.change(where, documents[where]))

    def _register(self, asked: dict[str, Any], headers: dict[str, str]) -> bytes:
        client_id = f"client-{len(self.clients) + 1}"
        method = asked["token_endpoint_auth_method"]
        known = {
            **asked,
            "client_id": client_id,
            **({} if method == "none" else {"client_secret": f"hush of {client_id}"}),
        }
        self.clients[client_id] = known
        return answer(201, **known)

    def _authorize(self, asked: Form, headers: dict[str, str]) -> bytes:
        client = self.clients.get(asked.get("client_id", ""))
        if client is None or asked["redirect_uri"] not in client["redirect_uris"]:
            return http(400, b"unknown client")  # never sent back: the address may be anybody's
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        told = {"state": asked["state"], "iss": self.origin}
        yes = f"{asked['redirect_uri']}?{urlencode({'code': code, **told})}"
        no = f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', **told})}"
        if self.consents:
            return http(302, b"", f"Location: {yes}")
        page = (
            f'<html lang="en"><title>Provider</title><h1>Provider</h1><a href="{yes}">Allow</a> <a href="{no}">Deny</a>'
        )
        return http(200, page.replace("&", "&amp;").encode(), kind="text/html")

    def _client(self, form: Form, headers: dict[str, str]) -> str | None:
        """Its id, if it is who it says."""
        client_id, secret = form.get("client_id", ""), form.get("client_secret")
        if headers.get("authorization", "").startswith("Basic "):
            pair = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
            client_id, secret = (dict(parse_qsl(f"x={part}"))["x"] for part in pair.split(":"))
        known = self.clients.get(client_id)
        return client_id if known is not None and known.get("client_secret") == secret else None

    def _token(self, form: Form, headers: dict[str, str]) -> bytes:
        self.token_asked.set()
        client_id = self._client(form, headers)
        if client_id is None:
            return answer(401, error="invalid_client")
        if form.get("resource") != self.url:
            return answer(400, error="invalid_target")
        if form["grant_type"] == "refresh_token":
            return self._renewed(form["refresh_token"])
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        told = (client_id, form["redirect_uri"], challenge, self.url)
        names = ("client_id", "redirect_uri", "code_challenge", "resource")
        if asked is None or tuple(asked[name] for name in names) != told:
            return answer(400, error="invalid_grant")
        return self._grant()

    def _renewed(self, token: str) -> bytes:
        if token in self.used:
            self.access.clear()
            self.refresh.clear()
        if token not in self.refresh:
            return answer(400, error="invalid_grant")
        self.refresh.discard(token)
        self.used.add(token)
        self.access.clear()
        return self._grant()

    def _grant(self) -> bytes:
        access, refresh = f"at-{secrets.token_urlsafe(12)}", f"rt-{secrets.token_urlsafe(12)}"
        self.access.add(access)
        self.refresh.add(refresh)
        life = {} if self.life_s is None else {"expires_in": self.life_s}
        return answer(200, access_token=access, refresh_token=refresh, token_type="Bearer", **life)

    def _revoke(self, form: Form, headers: dict[str, str]) -> bytes:
        if self._client(form, headers) is None:
            return answer(401, error="invalid_client")
        self.revoked.append(form["token"])
        self.access.discard(form["token"])
        self.refresh.discard(form["token"])
        return http(200)


@asynccontextmanager
async def sign_in_server(port: int = 0) -> AsyncIterator[SignInServer]:
    async with served(SignInServer(), port) as made:
        yield made


async def visit(url: str, far: SignInServer) -> str:
    """What a browser does at the provider, without one: where it is sent back to."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection("127.0.0.1", far.port)
    writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head = (await reader.read()).decode()
    writer.close()
    return next(line.removeprefix("Location: ") for line in head.split("\r\n") if line.startswith("Location: "))


async def _main(port: int, *, is_closed: bool) -> None:
    async with sign_in_server(port) as made:
        made.consents, made.with_registration = False, not is_closed
        made.go.set()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), is_closed="closed" in sys.argv))
