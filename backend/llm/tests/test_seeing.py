"""Whether a model looks at images: what an administrator says of its engine, else what the engine says, else nobody knows."""

from __future__ import annotations

import pytest

from backend.llm.echo import EchoLLM
from backend.llm.engine_spec import EnginesError, EngineSpec, specs_of
from backend.llm.fleet import FleetLLM
from backend.llm.remote import RemoteLLM
from backend.llm.tests.fake_servers import FakeServer


async def seen(server: FakeServer, setting: str = "") -> bool | None:
    await server.start()
    (spec,) = specs_of((server.url + setting,))
    llm = RemoteLLM(spec)
    try:
        (card,) = await llm.models()
        return card.sees_images
    finally:
        await llm.stop()
        await server.kill()


@pytest.mark.parametrize("dialect", ["llamacpp", "maru", "openrouter"])
@pytest.mark.parametrize("sees", [True, False])
async def test_it_works(dialect: str, sees: bool) -> None:
    """As the engine says, in its own words."""
    assert await seen(FakeServer(dialect, sees=sees)) is sees


@pytest.mark.parametrize("dialect", ["vllm", "openai", "llamacpp"])
async def test_of_an_engine_that_does_not_say_nobody_knows(dialect: str) -> None:
    assert await seen(FakeServer(dialect)) is None


@pytest.mark.parametrize(("setting", "told", "expected"), [("1", None, True), ("0", None, False), ("0", True, False)])
async def test_the_administrators_word_comes_first(setting: str, told: bool | None, expected: bool) -> None:
    assert await seen(FakeServer("llamacpp", sees=told), f"?sees_images={setting}") is expected


def test_another_word_is_none() -> None:
    with pytest.raises(EnginesError):
        specs_of(("http://127.0.0.1:1/v1?sees_images=maybe",))


@pytest.mark.parametrize(("sees", "expected"), [(True, True), (None, None), (False, False)])
async def test_of_two_engines_with_one_model_one_that_sees_is_enough(sees: bool | None, expected: bool | None) -> None:
    server = FakeServer("maru", model="echo", sees=sees)
    await server.start()
    remote = RemoteLLM(EngineSpec("far", server.url, may_be_private=True))
    services = {"echo://": EchoLLM(), server.url: remote}
    specs = [EngineSpec("near", "echo://"), EngineSpec("far", server.url)]
    fleet = FleetLLM(specs, lambda spec: services[spec.url])
    try:
        (card,) = await fleet.models()
        assert card.sees_images is expected
    finally:
        await remote.stop()
        await server.kill()
