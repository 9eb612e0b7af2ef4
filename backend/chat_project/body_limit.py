"""Refuses request bodies that are too large, before anything of them is stored.

A Content-Length over the limit is answered 413 at once; a body that is longer than it said, or said nothing, is cut at
the limit. Daphne itself spools a body before it calls us: server.py refuses by the same `limit_of` at its edge.
"""

from __future__ import annotations

from typing import Any

from backend.chat_project.refusals import refusal
from backend.chat_project.scopes import Scope, header, language
from backend.lib.errors import TooLarge

DEFAULT_LIMIT = 1024 * 1024
LARGER = (
    ("/api/sessions/import/", 64 * 1024 * 1024),
    ("/api/documents/", 64 * 1024 * 1024),
    ("/api/admin/model-files/", 16 * 1024 * 1024),  # a piece of a model's file
    # Images of 20 MiB, as base64; of text it may have no more than elsewhere.
    ("/v1/chat/completions", 28 * 1024 * 1024),
    ("/v1/responses", 28 * 1024 * 1024),
    ("/api/uploads/", 11 * 1024 * 1024),  # an image of 10 MiB and what multipart puts around it
)


def limit_of(path: str) -> int:
    """Bytes that a body sent to `path` may have."""
    return next((limit for prefix, limit in LARGER if path.startswith(prefix)), DEFAULT_LIMIT)


class BodyLimit:
    """ASGI middleware around the HTTP application."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        limit = limit_of(scope["path"])
        if _declared_length(scope) > limit:
            await _refuse(scope, send)
            return
        n_bytes = 0
        has_answered = False

        def is_over() -> bool:
            return n_bytes > limit

        async def counted_receive() -> Any:
            nonlocal n_bytes
            event = await receive()
            if event["type"] == "http.request":
                n_bytes += len(event.get("body", b""))
            # To the application it is as if the visitor had left: it drops what it has read, and says nothing.
            return {"type": "http.disconnect"} if is_over() else event

        async def noted_send(event: Any) -> None:
            nonlocal has_answered
            has_answered = True
            await send(event)

        await self.app(scope, counted_receive, noted_send)
        if is_over() and not has_answered:
            await _refuse(scope, send)


def _declared_length(scope: Scope) -> int:
    text = header(scope, b"content-length") or "0"
    # More digits than any limit has: no need to parse them.
    if len(text) > 18:
        return 10**18
    return int(text) if text.isascii() and text.isdigit() else 0


async def _refuse(scope: Scope, send: Any) -> None:
    body = refusal(scope["path"], TooLarge(), language(scope))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
