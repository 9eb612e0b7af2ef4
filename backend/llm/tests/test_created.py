"""Since when a model is what it is: its file's time, its engine's word where that is one, never the time of asking."""

from __future__ import annotations

import pytest

from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet import FleetLLM
from backend.llm.remote import RemoteLLM
from backend.llm.tests.fake_servers import CREATED_S, FakeServer


async def told(dialect: str, added_s: int) -> set[int]:
    """By two engines' objects, as before and after a restart of ours, of one server that is asked by both."""
    server, heard = FakeServer(dialect), set()
    await server.start()
    try:
        for _ in range(2):
            llm = RemoteLLM(EngineSpec("far", server.url, may_be_private=True, added_s=added_s))
            (card,) = await llm.models()
            heard.add(card.created_s)
            await llm.stop()
    finally:
        await server.kill()
    return heard


@pytest.mark.parametrize("dialect", ["openai", "maru"])
async def test_it_works(dialect: str) -> None:
    assert await told(dialect, 7) == {CREATED_S}


@pytest.mark.parametrize("dialect", ["vllm", "llamacpp", "another"])
async def test_of_those_that_say_when_they_were_asked_the_day_of_the_engine_counts(dialect: str) -> None:
    assert await told(dialect, 7) == {7}
    assert await told(dialect, 0) == {0}, "ENGINES says no time"


async def test_what_one_engine_knows_another_need_not() -> None:
    servers = [FakeServer("vllm"), FakeServer("maru")]
    remotes = []
    for server in servers:
        await server.start()
        remotes.append(RemoteLLM(EngineSpec(server.dialect, server.url, may_be_private=True)))
    services = dict(zip((server.url for server in servers), remotes, strict=True))
    fleet = FleetLLM([EngineSpec(server.dialect, server.url) for server in servers], lambda spec: services[spec.url])
    try:
        (card,) = await fleet.models()
        assert card.created_s == CREATED_S
    finally:
        for remote, server in zip(remotes, servers, strict=True):
            await remote.stop()
            await server.kill()
