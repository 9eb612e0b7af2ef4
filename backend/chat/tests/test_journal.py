"""The journal: all live texts in one transaction, leases kept, trouble survived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.chat import turn_rows
from backend.chat.journal import Journal
from backend.chat.leases import LEASE_S, claim
from backend.chat.models import ChatSession, Message
from backend.lib import clock
from backend.lib.errors import AppError, StorageFull, Unavailable
from backend.lib.storage import StorageThread, named

pytestmark = pytest.mark.django_db(transaction=True)

ME = "host-boot.1.me"


@dataclass
class Live:
    reply_id: int
    text: str = ""
    status: str = "streaming"


class Thread(StorageThread):
    """Counts its transactions; fails when told."""

    def __init__(self) -> None:
        super().__init__("test")
        self.n_runs, self.error = 0, None

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.n_runs += 1
        if self.error is not None:
            raise self.error
        return await super().run(work, *args, **kwargs)


def make_live(user: User, n: int) -> list[Live]:
    session = ChatSession.objects.create(user=user)
    rows = [
        Message(session=session, role="assistant", status="queued", owner=ME, lease_expires_at=clock.now())
        for _ in range(n)
    ]
    return [Live(message.pk) for message in Message.objects.bulk_create(rows)]


def test_it_works(user: User) -> None:
    replies = make_live(user, 300)
    texts = [(live.reply_id, f"텍스트 {live.reply_id}", "streaming") for live in replies]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        lost = turn_rows.write_texts(texts, [], claim(ME))
    statements = [query["sql"].split()[0] for query in queries.captured_queries]
    assert lost == set()
    assert [s for s in statements if s.startswith("BEGIN")] == ["BEGIN"]
    assert len(statements) <= 5, "one transaction, whatever the number of replies"
    for message in Message.objects.all():
        assert (message.content, message.status) == (f"텍스트 {message.pk}", "streaming")
        assert message.lease_expires_at
        assert message.lease_expires_at > clock.now() + timedelta(seconds=LEASE_S - 5)


def test_what_is_not_ours_is_named_and_not_written(user: User) -> None:
    mine, stopped, other, deleted = make_live(user, 4)
    Message.objects.filter(pk=stopped.reply_id).update(status="stopped", content="kept")
    Message.objects.filter(pk=other.reply_id).update(owner="host-boot.2.other", content="theirs")
    Message.objects.filter(pk=deleted.reply_id).delete()
    texts = [(live.reply_id, "new", "streaming") for live in (mine, stopped, other)]
    lost = turn_rows.write_texts(texts, [deleted.reply_id], claim(ME))
    assert lost == {stopped.reply_id, other.reply_id, deleted.reply_id}
    assert dict(Message.objects.values_list("id", "content")) == {
        mine.reply_id: "new",
        stopped.reply_id: "kept",
        other.reply_id: "theirs",
    }


def test_a_text_that_another_thread_wrote_meanwhile_is_not_made_shorter(user: User) -> None:
    [live] = make_live(user, 1)
    Message.objects.filter(pk=live.reply_id).update(content="the text with calls 🙂")
    assert turn_rows.write_texts([(live.reply_id, "the text", "streaming")], [], claim(ME)) == set()
    assert Message.objects.get(pk=live.reply_id).content == "the text with calls 🙂"
    turn_rows.write_texts([(live.reply_id, "the text with calls 🙂!", "streaming")], [], claim(ME))
    assert Message.objects.get(pk=live.reply_id).content == "the text with calls 🙂!"


@pytest.mark.asyncio
async def test_only_what_changed_is_written_and_idle_leases_are_renewed(user: User) -> None:
    from asgiref.sync import sync_to_async

    one, two = await sync_to_async(make_live)(user, 2)
    now_s = 1000.0
    lost: list[int] = []
    storage = Thread()
    journal = Journal(ME, storage, on_lost=lost.append, on_trouble=lambda error: None, clock=lambda: now_s)
    one.status = two.status = "queued"
    for live in (one, two):
        journal.watch(live)
    await journal.write()
    assert storage.n_runs == 0, "nothing has changed"
    one.text, one.status = "grown", "streaming"
    await journal.write()
    await journal.write()
    assert storage.n_runs == 1
    assert (await Message.objects.aget(pk=one.reply_id)).content == "grown"
    before = (await Message.objects.aget(pk=two.reply_id)).lease_expires_at
    now_s += LEASE_S / 2
    await journal.write()
    assert (await Message.objects.aget(pk=two.reply_id)).lease_expires_at > before  # type: ignore[operator]
    journal.forget(one.reply_id)
    await Message.objects.filter(pk=two.reply_id).adelete()
    now_s += LEASE_S / 2
    await journal.write()
    assert lost == [two.reply_id]
    await storage.close()


@pytest.mark.asyncio
async def test_what_may_be_anothers_by_now_is_not_told(user: User) -> None:
    from asgiref.sync import sync_to_async

    [live] = await sync_to_async(make_live)(user, 1)
    now_s = 1000.0
    storage = Thread()
    journal = Journal(ME, storage, on_lost=lambda _: None, on_trouble=lambda _: None, clock=lambda: now_s)
    assert not journal.may_tell(live.reply_id), "nobody has begun it here"
    journal.watch(live)
    now_s += LEASE_S - 0.1
    assert journal.may_tell(live.reply_id)
    now_s += 0.1
    assert not journal.may_tell(live.reply_id), "its lease is over, whoever kept us from renewing it"
    await journal.write()
    assert journal.may_tell(live.reply_id)
    now_s += LEASE_S
    storage.error = Unavailable()
    with pytest.raises(Unavailable):
        await journal.write()
    assert journal.may_tell(live.reply_id), "nobody can take it where nobody can write"
    storage.error = None
    journal.forget(live.reply_id)
    assert not journal.may_tell(live.reply_id)
    await storage.close()


@pytest.mark.asyncio
async def test_a_database_that_is_away_is_told_once_and_tried_again(user: User) -> None:
    from asgiref.sync import sync_to_async

    [live] = await sync_to_async(make_live)(user, 1)
    told: list[AppError] = []
    storage = Thread()
    journal = Journal(ME, storage, on_lost=lambda reply_id: None, on_trouble=told.append)
    journal.watch(live)
    live.text = "grown meanwhile"
    storage.error = Unavailable()
    for _ in range(3):
        with pytest.raises(Unavailable):
            await journal.write()
    assert len(told) == 1
    storage.error = None
    await journal.write()
    assert (await Message.objects.aget(pk=live.reply_id)).content == "grown meanwhile"
    storage.error = Unavailable()
    live.text += " again"
    with pytest.raises(Unavailable):
        await journal.write()
    assert len(told) == 2
    await storage.close()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("database or disk is full", StorageFull),
        ("could not extend file: No space left on device", StorageFull),
        ("database is locked", Unavailable),
        ("connection refused", Unavailable),
    ],
)
def test_failures_of_the_database_have_names(text: str, error: type[AppError]) -> None:
    assert type(named(OperationalError(text))) is error


@pytest.mark.asyncio
async def test_what_nobody_foresaw_does_not_end_it(user: User) -> None:
    """Without it no reply would keep its lease, or be told to anybody, until the process is started again."""
    from asgiref.sync import sync_to_async

    (live,) = await sync_to_async(make_live)(user, 1)
    storage = Thread()
    storage.error = DataError("invalid byte sequence")
    journal = Journal(ME, storage, on_lost=lambda _: None, on_trouble=lambda _: None)
    journal.watch(live)
    live.text = "word"
    running = asyncio.create_task(journal.run())
    async with asyncio.timeout(20):
        while not storage.n_runs:  # noqa: ASYNC110 - the journal has ticks, no event
            await asyncio.sleep(0.01)
        storage.error = None
        while (await Message.objects.aget()).content != "word":
            assert not running.done(), running.exception()
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await storage.close()
