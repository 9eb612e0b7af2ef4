"""Embedded Chroma in its own process: the same answers, and what happens when that process dies or the server leaves."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.lib import clock
from backend.memory.embeddings import hash_vectors
from backend.memory.models import Entry
from backend.memory.store import Row, StoreDown, VectorStore
from backend.memory.store.chroma import RETRY_S
from backend.memory.store.process import ChromaProcess
from backend.memory.words import Scope

TEXTS = ("the tools are in the shed", "도서관은 언덕 위에 있다", "plums are ripe in August")
MINE, ANOTHERS = Scope((1,), ("fact",)), Scope((2,), ("fact",))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[VectorStore]:
    store = VectorStore(url="", folder=tmp_path / "vectors", in_child=True)
    yield store
    store.close()


def child(store: VectorStore) -> subprocess.Popen[bytes]:
    assert isinstance(store._calls, ChromaProcess)
    assert store._calls._child is not None
    return store._calls._child


async def fill(store: VectorStore) -> None:
    await store.add(1, [Row(n, 1, "fact") for n in range(3)], hash_vectors(TEXTS))


async def nearest(store: VectorStore, scope: Scope = MINE) -> list[int]:
    return [id for id, _ in await store.query(1, hash_vectors(["도서관 언덕"])[0], scope, 3, 1)]


async def test_it_works(made: VectorStore) -> None:
    await fill(made)
    assert await nearest(made) == [1]
    assert await nearest(made, ANOTHERS) == []
    assert (await made.count(1), await made.indexes(), sorted(await made.ids(1, 0, 9))) == (3, [1], [0, 1, 2])
    await made.delete(1, [1])
    assert await made.count(1) == 2


async def test_kinds_may_be_members_of_the_model(made: VectorStore) -> None:
    """As recall asks, in a child that knows no Django."""
    await made.add(1, [Row(n, 1, Entry.Kind.FACT) for n in range(3)], hash_vectors(TEXTS))
    assert await nearest(made, Scope((1,), (Entry.Kind.FACT, Entry.Kind.TURN))) == [1]


async def test_a_call_that_cannot_be_read_ends_the_child_and_the_next_is_answered(made: VectorStore) -> None:
    await fill(made)
    with pytest.raises(StoreDown):
        await made.query(1, Unreadable(), MINE, 3, 1)  # type: ignore[arg-type]
    await asyncio.sleep(RETRY_S)
    assert await nearest(made) == [1]


class Unreadable:
    def __reduce__(self) -> Any:
        return (__import__, ("backend.memory.models",))


async def test_what_chroma_refuses_is_told_and_the_process_lives_on(made: VectorStore) -> None:
    await fill(made)
    with pytest.raises(StoreDown):
        await made.add(1, [Row(9, 1, "fact")], hash_vectors(["narrow"], 64))
    assert child(made).poll() is None
    assert await nearest(made) == [1]


async def test_a_process_that_dies_is_started_anew_and_has_what_was_stored(made: VectorStore) -> None:
    await fill(made)
    child(made).send_signal(signal.SIGKILL)
    with pytest.raises(StoreDown):
        await nearest(made)
    deadline_s = clock.monotonic_s() + 60
    while clock.monotonic_s() < deadline_s:
        try:
            assert await nearest(made) == [1]
            return
        except StoreDown:
            await asyncio.sleep(0.2)
    pytest.fail("it did not come back")


async def test_it_ends_with_its_server_and_gets_no_secret_of_it(made: VectorStore) -> None:
    await fill(made)
    process = child(made)
    assert set(psutil.Process(process.pid).environ()) <= {"PATH", "LANG", "HOME", "LC_CTYPE"}
    made.close()
    await asyncio.to_thread(process.wait, 60)
    with pytest.raises((StoreDown, RuntimeError)):
        await nearest(made)


def test_it_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from backend.memory.store import VectorStore\n"
        "store = VectorStore(url='', folder=Path(sys.argv[1]), in_child=True)\n"
        "asyncio.run(store.indexes())\n"
        "print('it works', flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    # Returns when nobody holds its output any more, and the child does.
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "vectors"],
        cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, timeout=120, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == (b"it works\n", -signal.SIGKILL)
