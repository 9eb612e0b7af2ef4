"""A house for chat tests: the echo engine stepped by hand, turns of this test's own event loop, either channel layer."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import ChatSession
from backend.chat.turns import Turns, use_turns
from backend.llm.echo import EchoLLM
from backend.llm.fixtures import (  # noqa: F401
    agent_engine_socket,
    agent_gguf,
    agent_llm,
    spawn_llm,
    tiny_engine_socket,
    tiny_gguf,
    tiny_llm,
)
from backend.llm.service import use_service


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A redis-server of this run's own, on a Unix socket."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server here")
    path = Path(
        f"/tmp/maru-redis-{tmp_path_factory.getbasetemp().parent.name}-{time.monotonic_ns()}.sock"
    )  # ≤107 bytes
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if "accept connections" in line:
            break
    yield f"unix://{path}"
    server.terminate()
    server.wait(timeout=10)
    server.stdout.close()


@pytest_asyncio.fixture
async def layer(request: pytest.FixtureRequest, settings: Any) -> AsyncIterator[str]:
    """Which channel layer carries the events: "local" unless a test is parametrised with "redis"."""
    kind = getattr(request, "param", "local")
    if kind == "redis":
        config = {"url": request.getfixturevalue("redis_url")}
        redis = {"BACKEND": "backend.chat_project.shared_layer.SharedChannelLayer", "CONFIG": config}
        settings.CHANNEL_LAYERS = {"default": redis}
    else:
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": "backend.chat_project.layers.LocalChannelLayer"}}
    yield kind
    await get_channel_layer().flush()
    await get_channel_layer().close()


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[EchoLLM]:
    """Ten words, of which none comes before `await echo.release(n)`."""
    engine = EchoLLM(n_tokens=10, rate=0, is_stepped=True)
    use_service(engine)
    yield engine
    use_service(None)


@pytest_asyncio.fixture
async def turns(echo: EchoLLM, layer: str) -> AsyncIterator[Turns]:
    made = Turns()
    use_turns(made)
    yield made
    await made.close()
    use_turns(None)


@pytest_asyncio.fixture
async def chat(turns: Turns, user: User) -> ChatSession:
    """An empty session of `user`."""
    return await actions.create_session(user)
