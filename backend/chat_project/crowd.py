"""Bounds how many HTTP requests are answered at once: each may hold a thread, and threads are memory.

ASGI middleware in the event loop. Sockets are not counted, nor is the question whether we live.
"""

from __future__ import annotations

from typing import Any

from backend.chat_project.refusals import refusal
from backend.chat_project.scopes import Scope, language
from backend.lib import metrics
from backend.lib.errors import TooManyRequests

MAX_REQUESTS = 512
ALWAYS = ("/healthz", "/readyz", "/metrics")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Crowd:
    """Answers 429 at once when `max_requests` are being answered."""

    def __init__(self, app: Any, max_requests: int = MAX_REQUESTS) -> None:
        self.app = app
        self.max_requests = max_requests
        self.n_inside = 0

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if self.n_inside >= self.max_requests and scope["path"] not in ALWAYS:
            await _refuse(scope, send)
            return
        self.n_inside += 1
        try:
            await self.app(scope, receive, _counted(scope, send))
        finally:
            self.n_inside -= 1


def _counted(scope: Scope, send: Any) -> Any:
    """Counts the answer by its status, when its head leaves."""
    method = asked if (asked := scope.get("method", "")) in METHODS else "other"

    async def counted(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            metrics.http_requests.labels(method, str(message["status"])).inc()
        await send(message)

    return counted


async def _refuse(scope: Scope, send: Any) -> None:
    error = TooManyRequests(retry_after_s=1)
    body = refusal(scope["path"], error, language(scope))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"1"),
    ]
    await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
