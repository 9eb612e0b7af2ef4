"""Generations outside of sessions end with the login of whoever asked."""

from __future__ import annotations

import pytest

from backend.lib.errors import NotAuthenticated
from backend.llm import generations
from backend.llm.echo import EchoLLM
from backend.llm.generations import Generations
from backend.llm.service import use_service
from backend.llm.tests.asking import ask
from backend.llm.types import Delta


async def test_a_watch_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that was away for a moment must not let the stream of a revoked key run on."""
    monkeypatch.setattr(generations, "WATCH_AGAIN_S", 0.01)
    use_service(EchoLLM(n_tokens=2000, rate=200))
    n_watched = n_heard = 0

    async def ended() -> None:
        nonlocal n_watched
        n_watched += 1
        if n_watched < 3:
            raise OSError

    with pytest.raises(NotAuthenticated):
        async with Generations([ask("hi", max_tokens=2000)], None, ended) as running:
            async for batch in running.batches():
                n_heard += sum(isinstance(event, Delta) for _, event in batch)
    assert n_watched == 3
    assert n_heard < 2000
