"""Two running servers for all modules, one with the tiny model that thinks and calls a tool; and a key for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.chat_project.tests.running import Running, environment, migrate, serving
from backend.llm.fixtures import agent_gguf

__all__ = ["agent_gguf"]

# Before anybody imports them: these packages report home, or fetch lists, unless told not to.
os.environ.update(
    {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
        "DISABLE_AIOHTTP_TRANSPORT": "True",
        "LANGSMITH_TRACING": "false",
        "LANGCHAIN_TRACING_V2": "false",
        "DO_NOT_TRACK": "1",
    }
)


class Served:
    """A server, one user of it, and a key of that user."""

    def __init__(self, running: Running, env: dict[str, str]) -> None:
        self.running, self.env = running, env
        self.token = running.sign_up("minji")
        self.key = self.make_key("chat")

    @property
    def base_url(self) -> str:
        return f"{self.running.url}/v1"

    def make_key(self, *scopes: str) -> str:
        return str(self.made_key(*scopes)["key"])

    def made_key(self, *scopes: str) -> Any:
        status, key = self.running.request("POST", "/api/auth/keys/", {"name": "x", "scopes": scopes}, self.token)
        assert status == 201, key
        return key

    def post(self, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
        return self.running.request("POST", f"/v1/{path}", body, self.key if key is None else key)

    def stats(self) -> Any:
        return self.running.request("GET", "/api/llm/stats/", token=self.token)[1]


@pytest.fixture(scope="session")
def agent(agent_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """What a test changes in it, it changes back."""
    yield from served(tmp_path_factory.mktemp("agent"), ENGINES="local", MODEL_PATH=str(agent_gguf))


@pytest.fixture(scope="session")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Says a word every 10 ms, 2,000 of them."""
    yield from served(tmp_path_factory.mktemp("echo"), ENGINES="echo://?tokens=2000&rate=100")


def served(folder: Path, **settings: str) -> Iterator[Served]:
    env = environment(folder / "data", **settings)
    migrate(env)
    with serving(env) as running:
        made = Served(running, env)
        while made.stats()["state"] != "ready":
            assert running.process.poll() is None
        yield made
