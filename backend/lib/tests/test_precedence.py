"""Who waits for an answer goes before what nobody waits for: at the start of background work."""

from __future__ import annotations

import asyncio
import threading

import pytest

from backend.lib import storage
from backend.lib.storage import StorageThread, in_db, urgently

pytestmark = pytest.mark.django_db(transaction=True)


class Board:
    """Urgent work that lasts as long as the test wants, and what ran beside it."""

    def __init__(self) -> None:
        self.may_end, self.has_begun = threading.Event(), threading.Event()
        self.done: list[str] = []

    def message(self) -> None:
        self.has_begun.set()
        assert self.may_end.wait(30)
        self.done.append("message")

    def note(self, name: str) -> None:
        self.done.append(name)

    async def begun(self) -> asyncio.Task[None]:
        task = asyncio.create_task(in_db(urgently(self.message)))
        assert await asyncio.to_thread(self.has_begun.wait, 30)
        return task


@pytest.fixture
def for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "GIVE_WAY_S", 30.0)


@pytest.mark.usefixtures("for_ever")
async def test_it_works() -> None:
    board, patient, other = Board(), StorageThread("patient", gives_way=True), StorageThread("other")
    message = await board.begun()
    journal = asyncio.create_task(patient.run(board.note, "journal"))
    await other.run(board.note, "recall")
    assert board.done == ["recall"], "only who gives way waits"
    board.may_end.set()
    await asyncio.gather(message, journal)
    assert sorted(board.done) == ["journal", "message", "recall"]
    await patient.run(board.note, "afterwards")
    await asyncio.gather(patient.close(), other.close())


@pytest.mark.usefixtures("for_ever")
async def test_what_is_urgent_itself_does_not_give_way() -> None:
    board, patient = Board(), StorageThread("patient", gives_way=True)
    message = await board.begun()
    await patient.run(urgently(board.note), "stop")
    assert board.done == ["stop"]
    board.may_end.set()
    await message
    await patient.close()


async def test_nobody_waits_for_ever() -> None:
    board, patient = Board(), StorageThread("patient", gives_way=True)
    message = await board.begun()
    await patient.run(board.note, "journal")
    assert board.done == ["journal"]
    board.may_end.set()
    await message
    await patient.close()


@pytest.mark.usefixtures("for_ever")
async def test_urgent_work_that_fails_holds_nobody_up() -> None:
    patient = StorageThread("patient", gives_way=True)

    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await in_db(urgently(fail))
    async with asyncio.timeout(20):
        await patient.run(lambda: None)
    await patient.close()
