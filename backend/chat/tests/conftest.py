"""A house for chat tests: the echo engine stepped by hand, and turns of this test's own event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import ChatSession
from backend.chat.turns import Turns, use_turns
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[EchoLLM]:
    """Ten words, of which none comes before `await echo.release(n)`."""
    engine = EchoLLM(n_tokens=10, rate=0, is_stepped=True)
    use_service(engine)
    yield engine
    use_service(None)


@pytest_asyncio.fixture
async def turns(echo: EchoLLM) -> AsyncIterator[Turns]:
    made = Turns()
    use_turns(made)
    yield made
    await made.close()
    use_turns(None)


@pytest_asyncio.fixture
async def chat(turns: Turns, user: User) -> ChatSession:
    """An empty session of `user`."""
    return await actions.create_session(user)
