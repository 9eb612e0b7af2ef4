"""Several web processes on one engine host: the same shelf of models for all, and its end is nobody's end."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from backend.chat_project.tests.running import environment, manage, serving
from backend.llm import errors
from backend.llm.config import LLMConfig
from backend.llm.echo import EchoLLM
from backend.llm.host import Connection
from backend.llm.plain import from_plain, to_plain
from backend.llm.process import LocalLLM
from backend.llm.shared import SharedLLM
from backend.llm.tests.asking import answer, ask, finished, text_of
from backend.llm.tests.hosting import hosting, sharing
from backend.llm.types import Delta, Finished, GenerateRequest, Queued, Timings, TokenLogprob, Tool, ToolCall


async def test_it_works(tmp_path: Path) -> None:
    async with sharing(EchoLLM(n_tokens=20, rate=0), tmp_path / "host.sock", n=2) as (first, second):
        one, other = await asyncio.gather(answer(first, ask()), answer(second, ask()))
    assert text_of(one) == text_of(other)
    assert finished(one).completion_tokens == 20


def test_what_is_carried_arrives_as_it_was() -> None:
    request = replace(
        ask("a", "b", "\ud800?", stop=("x", "y"), logit_bias=((3, 1.5),), top_logprobs=2),
        tools=(Tool("weather", parameters="{}"),),
        thinks=False,
    )
    assert from_plain(GenerateRequest, to_plain(request)) == request
    delta = Delta("한", 2, (TokenLogprob("한", -0.5, (("한", -0.5), ("글", -1.0))),), "hm")
    assert from_plain(Delta, to_plain(delta)) == delta
    end = Finished("stop", 1, 0, 2, 7, Timings(1, 2, 3, 4, 5), "m")
    assert from_plain(Finished, to_plain(end)) == end
    assert to_plain(ToolCall("1", "f", "{}")) == {"id": "1", "name": "f", "arguments": "{}"}


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    assert from_plain(Queued, {"position": 1, "eta_ms": None, "mood": "good"}) == Queued(1, None)


async def test_an_error_keeps_its_code_its_figures_and_its_time(tmp_path: Path) -> None:
    class Full(EchoLLM):
        async def stream(self, request):  # type: ignore[no-untyped-def, override]
            raise errors.QueueFull(retry_after_s=42)
            yield

        async def count_tokens(self, texts, model=None):  # type: ignore[no-untyped-def]
            if model:
                raise errors.ModelNotFound(model=model)
            return [1]

    async with sharing(Full(), tmp_path / "host.sock") as [shared]:
        with pytest.raises(errors.QueueFull) as full:
            await answer(shared, ask())
        with pytest.raises(errors.ModelNotFound, match="nobody"):
            await shared.count_tokens(["x"], "nobody")
    assert full.value.retry_after_s == 42


async def test_a_web_process_that_goes_leaves_nothing_running(tmp_path: Path) -> None:
    engine = EchoLLM(n_tokens=100_000, rate=200)
    async with sharing(engine, tmp_path / "host.sock", n=2) as (leaver, stayer):
        stream = leaver.stream(ask())
        async for event in stream:
            if isinstance(event, Delta):
                break
        assert (await stayer.stats()).n_running == 1
        await leaver.stop()
        while (await stayer.stats()).n_running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with pytest.raises(errors.EngineLost):
            while True:  # what had come before
                await anext(stream)


async def test_who_asks_and_leaves_in_one_breath_takes_no_place_for_ever() -> None:
    connection = Connection(cast(Any, None), EchoLLM(), {})
    for sid in range(3):
        connection.take({"t": "stream", "sid": sid, "request": to_plain(ask())})
        connection.take({"t": "abort", "sid": sid})
    await asyncio.sleep(0.01)
    assert connection._streams == {}


async def test_a_host_that_went_is_told_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "host.sock"
    shared = SharedLLM(path)
    await shared.start()
    assert (await shared.stats()).state == "starting"
    asked = asyncio.create_task(answer(shared, ask()))  # nobody is there yet: it waits
    async with hosting(EchoLLM(n_tokens=5, rate=0), path):
        events = await asked
        assert isinstance(events[0], Queued)
        assert finished(events).completion_tokens == 5
    async with hosting(EchoLLM(n_tokens=100_000, rate=200), path):
        stream = shared.stream(ask())
        while not isinstance(await anext(stream), Delta):
            pass
    with pytest.raises(errors.EngineLost):
        while True:
            await anext(stream)
    assert (await shared.stats()).state == "down"
    await shared.stop()


async def test_a_second_host_on_the_same_socket_refuses_and_one_that_was_killed_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "host.sock"
    async with hosting(EchoLLM(), path):
        with pytest.raises(FileExistsError):
            async with hosting(EchoLLM(), path):
                pass
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with sharing(EchoLLM(n_tokens=3, rate=0), path) as [shared]:
        assert finished(await answer(shared, ask())).completion_tokens == 3


@pytest.mark.engine
async def test_all_models_of_the_machine_are_on_the_shared_shelf(
    tmp_path: Path, tiny_gguf: Path, vectors_gguf: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "tiny.gguf").hardlink_to(tiny_gguf)
    (models / "vectors.gguf").hardlink_to(vectors_gguf)
    config = LLMConfig(
        data_dir=tmp_path / "data", models_dir=models, starter_path=tmp_path / "none.gguf", ready_timeout_s=60
    )
    async with hosting(LocalLLM(config), tmp_path / "host.sock"):
        first, second = SharedLLM(tmp_path / "host.sock"), SharedLLM(tmp_path / "host.sock")
        for shared in (first, second):
            await shared.start()
        ours, theirs = await asyncio.gather(
            answer(first, ask(model="tiny", max_tokens=8)), answer(second, ask(model="tiny", max_tokens=8))
        )
        assert finished(ours).model == finished(theirs).model == "tiny"
        made = await second.embed(["고양이"], model="vectors")
        assert len(made.vectors[0]) > 8
        assert {card.id: card.state for card in await first.models()} == {"tiny": "loaded", "vectors": "loaded"}
        assert set(await first.stats_by_model()) == {"tiny", "vectors"}
        _, needs = await second.memory()
        assert set(needs) == {"tiny", "vectors"}
        assert set(await second.usage()) == {"tiny", "vectors"}
        assert await second.adapters() == []
        await first.unload("vectors")
        while next(card for card in await second.models() if card.id == "vectors").is_loaded:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for shared in (first, second):
            await shared.stop()


async def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    env = environment(tmp_path / "data", ENGINES="echo://?tokens=6&rate=0")
    up = r"listens on (\S+)"
    with serving(env, manage("engine"), up) as host:
        shared = SharedLLM(Path(host.url))
        await shared.start()
        assert finished(await answer(shared, ask())).completion_tokens == 6
        second = await asyncio.to_thread(
            lambda: subprocess.run(manage("engine"), check=False, env=env, capture_output=True, text=True, timeout=60)
        )
        assert second.returncode == 1
        assert "cannot listen" in second.stderr
        host.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(host.wait, 20) == 0
        await shared.stop()
