"""Requests over which engines die before a word of theirs is computed: while the prompt is made, or an image looked at."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.llm import errors
from backend.llm.fixtures import SpawnLLM
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask
from backend.llm.tests.test_supervisor import kill


def is_reading(llm: LocalLLM) -> bool:
    """The engine has a request of which it has said nothing."""
    clients = [seat.supervisor.client for seat in llm.shelf.seats.values()]
    return any(stream.is_being_read for client in clients if client for stream in client._streams.values())


async def until_reading(llm: LocalLLM, is_so: bool) -> None:
    for _ in range(30_000):
        if is_reading(llm) is is_so:
            return
        await asyncio.sleep(0.001)
    raise TimeoutError


async def test_over_which_two_engines_died_while_it_was_read_is_not_tried_again(
    spawn_llm: SpawnLLM, tiny_gguf: Path
) -> None:
    llm = await spawn_llm(model_path=tiny_gguf)
    asking = asyncio.create_task(answer(llm, ask("오래 읽을 글. " * 100_000)))
    for _ in range(2):
        await until_reading(llm, True)
        kill(llm)
        await until_reading(llm, False)
    with pytest.raises(errors.RequestPoisoned):
        await asyncio.wait_for(asking, 30)


async def test_over_which_one_died_goes_to_the_next(spawn_llm: SpawnLLM, tiny_gguf: Path) -> None:
    llm = await spawn_llm(model_path=tiny_gguf)
    asking = asyncio.create_task(answer(llm, ask("오래 읽을 글. " * 100_000)))
    await until_reading(llm, True)
    kill(llm)
    await until_reading(llm, False)
    with pytest.raises(errors.ContextOverflow):  # it is read to its end there
        await asyncio.wait_for(asking, 30)
