"""With a Chroma server (`CHROMA_URL`): the same as embedded; and what happens when it is slow, dead, and back."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.lib.ports import free_port
from backend.memory import recall, writing
from backend.memory.facts import Fact
from backend.memory.indexer import Indexer
from backend.memory.recall import Question, Recall, get_recaller
from backend.memory.store import VectorStore, get_store, use_store

CHROMA = Path(sys.executable).with_name("chroma")
LONG_S = 20.0  # a budget that no busy machine uses up


class Server:
    """A real Chroma server, with its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        command = [CHROMA, "run", "--path", self.folder, "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def start(self) -> None:
        self.launch()
        async with httpx.AsyncClient() as client:
            for _ in range(600):
                try:
                    await client.get(f"{self.url}/api/v2/heartbeat")
                    return
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        raise TimeoutError("the Chroma server did not start")

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
async def server(tmp_path: Path, transactional_db: None) -> AsyncIterator[Server]:
    made = Server(tmp_path / "chroma")
    await made.start()
    use_store(VectorStore(url=made.url, folder=tmp_path / "never"))
    yield made
    use_store(None)
    made.kill()


@pytest.fixture
async def told(server: Server, user: User) -> Any:
    """Somebody who has told where the tools are, indexed on the server."""
    for text in ("The user keeps gardening tools in the shed.", "The user likes plums.", "사용자는 등산을 좋아한다."):
        await sync_to_async(writing.add_fact)(user.pk, Fact(text))
    indexer = Indexer("test")
    await indexer.drain()
    await indexer.close()
    return user


async def ask(user: User, budget_s: float = LONG_S) -> Recall:
    return await get_recaller().recall(Question(user.pk, "Where do I keep my gardening tools?"), budget_s)


async def in_the_end(user: User) -> Recall:
    """The first answer that has its vectors again."""
    for _ in range(100):
        if not (found := await ask(user)).is_late:
            return found
        await asyncio.sleep(0.2)
    return found


def texts(found: Recall) -> list[str]:
    return [each.text for each in found.memories]


async def test_it_works(told, server, tmp_path):
    found = await ask(told)
    assert texts(found)[0] == "The user keeps gardening tools in the shed."
    assert not found.is_late
    assert not (tmp_path / "never").exists()


async def test_a_hung_server_costs_the_vectors_and_no_more_than_the_budget(told, server):
    await ask(told)
    server.signal(signal.SIGSTOP)
    try:
        found = await ask(told, recall.BUDGET_S * 4)  # the words' visit to the database must fit on a busy machine
    finally:
        server.signal(signal.SIGCONT)
    assert found.is_late
    assert not (await in_the_end(told)).is_late


async def test_without_its_server_recall_goes_on_by_words_and_heals(told, server):
    server.kill()
    found = await ask(told)
    assert found.is_late
    assert texts(found) == ["The user keeps gardening tools in the shed."]
    await server.start()
    assert texts(await in_the_end(told))[0] == "The user keeps gardening tools in the shed."


async def test_what_was_told_while_the_server_was_away_is_indexed_when_it_is_back(told, server):
    server.kill()
    await sync_to_async(writing.add_fact)(told.pk, Fact("The user collects stamps from Quimbra."))
    running = asyncio.create_task((indexer := Indexer("test")).run())
    await asyncio.sleep(0.5)
    await server.start()
    for _ in range(150):
        try:
            if await get_store().count((await sync_to_async(recall.active_index)()).pk) == 4:
                break
        except Exception:
            pass
        await asyncio.sleep(0.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await indexer.close()
    found = await get_recaller().recall(Question(told.pk, "What does the user collect?"), LONG_S)
    assert texts(found)[0] == "The user collects stamps from Quimbra."
    assert not found.is_late
