"""pytest fixtures with the real engine: tiny models, engine processes, services connected to them. Tests only.

`tiny_llm` and `endless_llm` are services on engine processes that live as long as the test run; `spawn_llm(...)` makes one
that owns a process of its own, for tests that kill it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from backend.llm import tiny_embedding_gguf as embedding_builder
from backend.llm import tiny_gguf as builder
from backend.llm.config import BASE_DIR, LLMConfig
from backend.llm.engine.config import EngineConfig
from backend.llm.process import LocalLLM

SpawnLLM = Callable[..., Awaitable[LocalLLM]]


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real GGUF under 2 MB that says readable words and ends by itself."""
    return builder.build(tmp_path_factory.mktemp("models") / "tiny.gguf", "tiny")


@pytest.fixture(scope="session")
def endless_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, but it only ends at max_tokens."""
    return builder.build(tmp_path_factory.mktemp("models") / "endless.gguf", "endless")


@pytest.fixture(scope="session")
def agent_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thinks, and asks for the weather in Seoul."""
    return builder.build(tmp_path_factory.mktemp("models") / "agent.gguf", "agent")


@pytest.fixture(scope="session")
def vectors_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real BERT under 1 MB that makes vectors."""
    return embedding_builder.build(tmp_path_factory.mktemp("models") / "vectors.gguf")


def _engine_process(model: Path, folder: Path, **options: Any) -> Iterator[Path]:
    socket = folder / "engine.sock"
    config = EngineConfig(socket=str(socket), model=str(model), parent_pid=os.getpid(), **options)
    process = subprocess.Popen([sys.executable, "-m", "backend.llm.engine", *config.to_argv()], cwd=BASE_DIR)
    yield socket
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def tiny_engine_socket(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from _engine_process(tiny_gguf, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def endless_engine_socket(endless_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from _engine_process(
        endless_gguf, tmp_path_factory.mktemp("endless"), n_ctx=16384, n_slots=2, n_parked=2, max_queued=3
    )


@pytest.fixture(scope="session")
def agent_engine_socket(agent_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from _engine_process(agent_gguf, tmp_path_factory.mktemp("agent"))


async def _connected(socket: Path) -> AsyncIterator[LocalLLM]:
    service = LocalLLM(LLMConfig(engine_socket=socket, ready_timeout_s=20), find=list)
    await service.start()
    yield service
    await service.stop()


@pytest_asyncio.fixture
async def tiny_llm(tiny_engine_socket: Path) -> AsyncIterator[LocalLLM]:
    async for service in _connected(tiny_engine_socket):
        yield service


@pytest_asyncio.fixture
async def agent_llm(agent_engine_socket: Path) -> AsyncIterator[LocalLLM]:
    async for service in _connected(agent_engine_socket):
        yield service


@pytest_asyncio.fixture
async def endless_llm(endless_engine_socket: Path) -> AsyncIterator[LocalLLM]:
    """Two slots, a queue of three."""
    async for service in _connected(endless_engine_socket):
        yield service


@pytest_asyncio.fixture
async def spawn_llm(tmp_path: Path) -> AsyncIterator[SpawnLLM]:
    """`await spawn_llm(model_path=…)`: a started LocalLLM with an engine process of its own."""
    services: list[LocalLLM] = []

    async def spawn(**options: Any) -> LocalLLM:
        data_dir = tmp_path / f"engine-{len(services)}"
        options = {"starter_path": tmp_path / "none.gguf", "models_dir": tmp_path / "none", **options}
        service = LocalLLM(LLMConfig(data_dir=data_dir, ready_timeout_s=20, **options))
        services.append(service)
        await service.start()
        return service

    yield spawn
    for service in services:
        await service.stop()
