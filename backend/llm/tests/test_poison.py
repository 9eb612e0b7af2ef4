"""Requests over which engines die before a word of theirs is computed: while the prompt is made, or an image looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from backend.llm import errors
from backend.llm.client import EngineClient
from backend.llm.config import LLMConfig
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask
from backend.llm.tests.test_engine_socket import Writer


class Engines:
    """One after the other; each dies a moment after it was asked. `says` is what it tells before."""

    def __init__(self, says: list[list[Any]], *, is_asked_for: bool = False) -> None:
        self.says, self.is_asked_for, self.n = says, is_asked_for, 0

    @asynccontextmanager
    async def held(self, model: str | None) -> AsyncIterator[Any]:
        self.n += 1
        client = EngineClient(asyncio.StreamReader(), Writer())  # type: ignore[arg-type]
        client.state = "ready"

        def die() -> None:
            client._take({"t": "step", "events": self.says})
            client.lose()

        asyncio.get_running_loop().call_soon(die)
        yield SimpleNamespace(id="m", client=client, supervisor=SimpleNamespace(is_restarting=self.is_asked_for))


def llm_on(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> LocalLLM:
    llm = LocalLLM(LLMConfig(), find=list)
    monkeypatch.setattr(llm.shelf, "held", engines.held)
    monkeypatch.setattr(llm.shelf, "is_ready", lambda model: True)
    return llm


async def test_over_which_two_engines_died_while_it_was_read_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engines = Engines([])
    with pytest.raises(errors.RequestPoisoned):
        await asyncio.wait_for(answer(llm_on(engines, monkeypatch), ask()), 5)
    assert engines.n == 2


@pytest.mark.parametrize("is_asked_for", [False, True], ids=["it only waited", "staff restarted them"])
async def test_over_which_no_engine_died_is_tried_again_and_again(
    monkeypatch: pytest.MonkeyPatch, is_asked_for: bool
) -> None:
    engines = Engines([] if is_asked_for else [["queued", 1, 1, None]], is_asked_for=is_asked_for)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(answer(llm_on(engines, monkeypatch), ask()), 0.5)
    assert engines.n > 3
