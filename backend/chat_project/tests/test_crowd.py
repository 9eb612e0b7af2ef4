"""More requests at once than the house has room for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from backend.chat_project.crowd import Crowd


class Door:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.n_served = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.is_open.wait()
        self.n_served += 1


async def call(crowd: Crowd, path: str = "/api/sessions/") -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    await crowd({"type": "http", "path": path, "headers": []}, None, send)
    return sent


async def test_it_works() -> None:
    door = Door()
    crowd = Crowd(door, max_requests=2)
    waiting = [asyncio.create_task(call(crowd)) for _ in range(2)]
    await asyncio.sleep(0)
    start, body = await call(crowd)
    assert start["status"] == 429
    assert json.loads(body["body"])["code"] == "too_many_requests"
    door.is_open.set()
    await asyncio.gather(*waiting)
    assert await call(crowd) == []
    assert (door.n_served, crowd.n_inside) == (3, 0)


async def test_whether_we_live_is_always_answered() -> None:
    door = Door()
    crowd = Crowd(door, max_requests=0)
    door.is_open.set()
    assert await call(crowd, "/healthz") == []
    assert door.n_served == 1
