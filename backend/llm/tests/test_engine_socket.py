"""The engine's socket without a model: who asks and leaves at once, and what then runs for nobody."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import msgpack
import pytest

from backend.llm.client import EngineClient
from backend.llm.engine import wire
from backend.llm.engine.config import EngineConfig
from backend.llm.engine.requests import Reading
from backend.llm.engine.server import EngineServer
from backend.llm.engine.startup import LoadedEmbedder
from backend.llm.tests.asking import ask
from backend.llm.tests.test_engine_loop import House
from backend.llm.tests.test_requests import _Builder

GENERATE = {"t": "generate", "sid": 1, "request": {"messages": [{"role": "user", "content": "hi"}]}}


class Writer:
    """Takes everything."""

    transport = SimpleNamespace(get_write_buffer_size=lambda: 0)

    def __init__(self) -> None:
        self.frames: list[wire.Frame] = []

    def is_closing(self) -> bool:
        return False

    def write(self, raw: bytes) -> None:
        self.frames.append(msgpack.unpackb(raw[4:]))

    def close(self) -> None: ...


async def stats_after(
    frames: list[wire.Frame], *, is_left: bool, n_steps: int = 1, writer: Writer | None = None
) -> dict[str, Any]:
    """All of `frames` come in one piece, as they do when the loop was late; then the engine makes some steps."""
    house, server = House(), EngineServer(EngineConfig("", ""))
    reading = Reading("m", 100, _Builder(), list, strips_first_space=False)  # type: ignore[arg-type]
    server._loop = asyncio.get_running_loop()
    server._loaded = SimpleNamespace(engine=house.engine, reading=reading, sight=None, card=dict)  # type: ignore[assignment]
    server._engine = house.engine
    await taken(server, frames, is_left=is_left, writer=writer)
    house.run(n_steps)
    return house.engine.stats()


async def taken(
    server: EngineServer, frames: list[wire.Frame], *, is_left: bool = False, writer: Writer | None = None
) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(map(wire.pack, frames)))
    if is_left:
        reader.feed_eof()
    serving = asyncio.create_task(server._accept(reader, writer or Writer()))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await asyncio.gather(*server._tasks, return_exceptions=True)
    serving.cancel()


async def test_it_works() -> None:
    stats = await stats_after([GENERATE], is_left=False)
    assert (stats["n_running"], stats["requests_total"]) == (1, 1)


@pytest.mark.parametrize("is_left", [False, True], ids=["abort", "end"])
async def test_who_asks_and_leaves_in_one_breath_has_nothing_running(is_left: bool) -> None:
    stats = await stats_after([GENERATE] if is_left else [GENERATE, {"t": "abort", "sid": 1}], is_left=is_left)
    assert (stats["n_running"], stats["n_queued"]) == (0, 0)


async def test_who_only_waits_for_the_step_of_others_is_not_being_read_any_more() -> None:
    """Else a request would answer for the engine that two others' steps hang or end."""
    engines, webs = Writer(), Writer()
    await stats_after([GENERATE], is_left=False, n_steps=0, writer=engines)  # the engine's thread is in a step
    client = EngineClient(asyncio.StreamReader(), webs)  # type: ignore[arg-type]
    client.state = "ready"
    stream = client.open(ask("hi"))
    assert stream.is_being_read
    for frame in engines.frames:
        if frame["t"] == "step":
            client._take(frame)
    assert not stream.is_being_read
    assert not stream.has_started


@pytest.mark.parametrize("kind", ["count", "embed"])
async def test_whoever_asks_what_cannot_be_answered_hears_of_it(kind: str) -> None:
    """Else he would wait for 10 s to count, and for 10 minutes to have vectors."""

    def broken(*_: Any) -> Any:
        raise ValueError

    server, engines = EngineServer(EngineConfig("", "")), Writer()
    server._loop = asyncio.get_running_loop()
    model: Any = SimpleNamespace(tokenize=broken, n_ctx=100, n_params=1, description="x")
    texts: Any = SimpleNamespace(reading=model, card=dict)
    server._loaded = texts if kind == "count" else LoadedEmbedder(EngineConfig("", ""), model, model, model)
    await taken(server, [{"t": kind, "rid": 3, "texts": ["a"]}], writer=engines)
    assert engines.frames[1:] == [{"t": "refusal", "rid": 3, "code": "llm_error", "params": {}}]
