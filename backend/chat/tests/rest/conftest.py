"""REST as a browser uses it: through ASGI, on the loop where this test's turns live."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import AsyncClient

from backend.accounts.models import User


class Rest:
    """A client that is signed in as `user`, or a stranger. `await rest.post("sessions/", title="…")`."""

    def __init__(self, user: User | None) -> None:
        self._user = user
        self._client: AsyncClient | None = None

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        if self._client is None:
            # Like the server: a bug is an answer with 500, not an exception in the caller.
            self._client = AsyncClient(raise_request_exception=False)
            if self._user is not None:
                await self._client.aforce_login(self._user)
        address = path if path.startswith("http") else f"/api/{path}"
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        content = {} if method == "GET" else {"data": text, "content_type": "application/json"}
        send = getattr(self._client, method.lower())
        answer: HttpResponse = await send(address, **content, headers=headers or None)
        return answer

    async def get(self, path: str) -> HttpResponse:
        return await self.call("GET", path)

    async def post(self, path: str, **body: Any) -> HttpResponse:
        return await self.call("POST", path, body)

    async def put(self, path: str, **body: Any) -> HttpResponse:
        return await self.call("PUT", path, body)

    async def patch(self, path: str, **body: Any) -> HttpResponse:
        return await self.call("PATCH", path, body)

    async def delete(self, path: str) -> HttpResponse:
        return await self.call("DELETE", path)


@pytest.fixture
def rest_of() -> Callable[[User | None], Rest]:
    return Rest


@pytest.fixture
def rest(user: User) -> Rest:
    return Rest(user)


@pytest.fixture
def theirs(outsider: User) -> Rest:
    """The outsider's client."""
    return Rest(outsider)
