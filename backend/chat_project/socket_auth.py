"""Who opens a WebSocket. ASGI middleware around the consumers; decides, but never closes itself.

A close before the accept reaches browsers as 1006 without a reason. So the verdict is left in the scope and the consumer
accepts, then closes with it: `user`, `login_id`, `login_expires_at`, `close_code` (None, 4401 or 4403), `language`.
`login_is_alive` asks again, in a database thread: after joining the login's group, since what ended before the join is told
to nobody.
A bearer subprotocol wins over the cookie. A token in the URL is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http.request import split_domain_port, validate_host
from django.utils import translation

from backend.accounts.credentials import Login, is_session_there, resolve_bearer, resolve_session
from backend.accounts.models import User
from backend.chat_project.scopes import Scope, cookies, header, language
from backend.lib import metrics
from backend.lib.log_lines import new_request_id, request_id

PROTOCOL = "maru.v1"
BEARER = "bearer."
NOT_AUTHENTICATED = 4401
FORBIDDEN = 4403
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class SocketAuth:
    """Sets the verdict in the scope, and the visitor's language for all that the socket says."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        credential, close_code = _presented(scope)
        login = await database_sync_to_async(credential.login)() if credential else None
        if credential is not None and not _may_chat(login):
            close_code = FORBIDDEN if login else NOT_AUTHENTICATED
            login = None
        spoken = language(scope)
        if login is not None and settings.MARU.language == "auto" and login.user.language:
            spoken = login.user.language
        scope = {
            **scope,
            "user": login.user if login else AnonymousUser(),
            "login_id": login.login_id if login else None,
            "scopes": login.scopes if login else None,
            "login_expires_at": login.expires_at if login else None,
            "login_is_alive": partial(credential.is_alive, login.user) if credential and login else _nobody,
            "close_code": close_code,
            "language": spoken,
        }
        request_id.set(new_request_id())
        with translation.override(spoken), metrics.sockets.track_inprogress():
            await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Credential:
    """What a visitor presents: a token, or else a browser's session. Its methods are a database thread's."""

    token: str | None
    session_key: str = ""

    def login(self) -> Login | None:
        return resolve_session(self.session_key) if self.token is None else resolve_bearer(self.token)

    def is_alive(self, user: User) -> bool:
        """Whether it would still let this user in, who came by it a moment ago."""
        if self.token is None:
            return is_session_there(self.session_key, user)
        return _may_chat(self.login())


def _nobody() -> bool:
    return False


def _presented(scope: Scope) -> tuple[_Credential | None, int | None]:
    """What is to be looked up, or the code that refuses the visitor without that."""
    tokens = [word[len(BEARER) :] for word in scope.get("subprotocols", ()) if word.startswith(BEARER)]
    if tokens:
        return (_Credential(tokens[0]), None) if len(tokens) == 1 else (None, NOT_AUTHENTICATED)
    session_key = cookies(scope).get(settings.SESSION_COOKIE_NAME)
    if not session_key:
        return None, NOT_AUTHENTICATED
    # Cookies ride along from any page; only the Origin tells ours from a foreign one.
    if not is_own_origin(header(scope, b"origin"), header(scope, b"host")):
        return None, FORBIDDEN
    return _Credential(None, session_key), None


def _may_chat(login: Login | None) -> bool:
    """A socket both reads and writes: a key that may only read has no use for it."""
    return login is not None and (login.scopes is None or "chat" in login.scopes)


def is_own_origin(origin: str | None, host: str | None) -> bool:
    """Whether a page of `origin` is served by us under the address `host` that the socket was opened to."""
    if not origin or not host:
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        return False
    domain, _ = split_domain_port(host.lower())
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    port = DEFAULT_PORTS[parts.scheme]
    return parts.netloc.lower().removesuffix(port) == host.lower().removesuffix(port)
