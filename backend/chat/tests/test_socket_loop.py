"""A socket's two sources: one event after the other, none lost, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.exceptions import StopConsumer

from backend.chat.socket_loop import hear_all

pytestmark = pytest.mark.asyncio


async def test_one_event_after_the_other_each_source_in_its_order() -> None:
    client: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    layer: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    for n in range(20):
        client.put_nowait({"from": "client", "n": n})
        layer.put_nowait({"from": "layer", "n": n})
    heard, n_inside = [], 0

    async def dispatch(message: dict[str, Any]) -> None:
        nonlocal n_inside
        n_inside += 1
        assert n_inside == 1
        await asyncio.sleep(0)
        n_inside -= 1
        heard.append((message["from"], message["n"]))
        if len(heard) == 40:
            raise StopConsumer

    with pytest.raises(StopConsumer):
        await hear_all([client.get, layer.get], dispatch)
    for source in ("client", "layer"):
        assert [n for name, n in heard if name == source] == list(range(20))
    assert {name for name, _ in heard[:8]} == {"client", "layer"}  # neither waits for the other's end


async def test_what_fails_ends_it_and_the_other_source_is_let_go() -> None:
    let_go = asyncio.Event()

    async def silent() -> dict[str, Any]:
        try:
            return await asyncio.Future()
        finally:
            let_go.set()

    async def failing() -> dict[str, Any]:
        await asyncio.sleep(0)
        raise ValueError("the layer is broken")

    async def dispatch(message: dict[str, Any]) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="the layer is broken"):
        await hear_all([silent, failing], dispatch)
    assert let_go.is_set()


async def test_who_cancels_it_cancels_what_is_being_dispatched() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def source() -> dict[str, Any]:
        return {}

    async def dispatch(message: dict[str, Any]) -> None:
        begun.set()
        try:
            await asyncio.Future()
        finally:
            ended.set()

    task = asyncio.create_task(hear_all([source], dispatch))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_what_waits_behind_the_end_is_not_dispatched() -> None:
    """A consumer that has left has nothing to handle it with."""
    heard: list[str] = []

    async def dispatch(message: dict[str, Any]) -> None:
        heard.append(message["from"])
        await asyncio.sleep(0.01)  # the other source's event waits for this one by now
        raise StopConsumer

    def source(name: str) -> Any:
        async def events() -> dict[str, Any]:
            return {"from": name}

        return events

    with pytest.raises(StopConsumer):
        await hear_all([source("client"), source("layer")], dispatch)
    assert len(heard) == 1
