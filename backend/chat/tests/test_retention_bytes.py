"""Of a conversation that the house keeps no longer no byte is left: rows, images, search, memory, vectors, the database's log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection

from backend import house
from backend.accounts.models import User
from backend.chat import actions, expiry, search
from backend.chat.models import ChatSession, Draft, Message, Upload
from backend.chat.turns import Turns
from backend.lib import clock
from backend.lib.tests.on_disk import files_with
from backend.memory import documents, writing
from backend.memory.indexer import Indexer
from backend.memory.models import Document, Entry
from backend.memory.store import VectorStore, use_store

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "Zquorblefant"


@pytest.fixture
def store() -> Iterator[VectorStore]:
    made = VectorStore(url="", folder=settings.MARU.data_dir / "vectors")
    use_store(made)
    yield made
    use_store(None)


def fill(user: User, word: str) -> ChatSession:
    session = ChatSession.objects.create(user=user, title=word)
    question = Message.objects.create(session=session, role="user", content=f"{word} 해오라기봉투 " + "x" * 500)
    reply = Message.objects.create(session=session, role="assistant", content=f"{word}!", parent=question)
    search.index_messages([question, reply])
    Draft.objects.create(session=session, text=word)
    size = {"width": 1, "height": 1, "n_bytes": 12, "media_type": "image/png"}
    Upload.objects.create(user=user, session=session, name=word, content=word.encode() * 400, **size)
    text = f"{word} 해오라기봉투"
    Entry.objects.create(
        user=user, kind="turn", text=text, marks="", terms=writing.indexed(text), session=session, message=reply
    )
    return session


async def test_it_works(store: VectorStore, user: User, monkeypatch: pytest.MonkeyPatch, transactional_db: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("Postgres keeps pages until VACUUM")
    indexer = Indexer("test")
    old = await sync_to_async(fill)(user, CANARY)
    kept = await sync_to_async(fill)(user, "Torvel")
    turn = await Entry.objects.aget(session=old)
    await indexer.drain()
    index = (await Entry.objects.aget(pk=turn.pk)).index_id
    assert sorted(await store.ids(index, 0, 10)) == sorted([turn.pk, (await Entry.objects.aget(session=kept)).pk])

    start = clock.now()
    await sync_to_async(house.change)({"retention_days_user": 30}, along=lambda changes: None)
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=31))
    monkeypatch.setattr(expiry, "_cleaned_s", -expiry.CLEAN_EVERY_S)  # another test may have had it done just now
    await ChatSession.objects.filter(pk=kept.pk).aupdate(updated_at=clock.now())
    assert await sync_to_async(expiry.would_go)("user", 30) == (1, 1)
    assert await sync_to_async(expiry.sweep)() == [old.pk]
    await indexer.drain()
    await indexer.close()

    assert await Upload.objects.acount() == await Draft.objects.acount() == await Entry.objects.acount() == 1
    assert turn.pk not in await store.ids(index, 0, 10)
    assert await sync_to_async(expiry.sweep)() == []  # a log that could not be emptied then is now
    own = connection.settings_dict["NAME"]
    assert files_with("Torvel", own, f"{own}-wal"), "we look rightly"
    for needle in (CANARY, CANARY.lower()):
        assert not files_with(needle, settings.MARU.data_dir, Path(own).parent), needle


async def test_a_document_of_a_temporary_chat_goes_with_it_and_one_of_the_library_stays(
    store: VectorStore, user: User, turns: Turns, monkeypatch: pytest.MonkeyPatch, transactional_db: Any
) -> None:
    session = await actions.create_session(user, is_temporary=True)
    given, kept = [await _document(user, word, is_temporary=word == CANARY) for word in (CANARY, "Torvel")]
    indexer = Indexer("test")
    await indexer.drain()
    named = [{"kind": "document", "id": one.pk, "name": one.title} for one in (given, kept)]
    sent = await actions.submit_message(user, session.pk, content="what do they say?", attachments=named)
    await turns.stop(sent.reply.pk)
    assert await sync_to_async(expiry.sweep)([session.pk]) == []

    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=expiry.TEMPORARY_S + 1))
    monkeypatch.setattr(expiry, "_cleaned_s", -expiry.CLEAN_EVERY_S)
    assert await sync_to_async(expiry.sweep)() == [session.pk]
    await indexer.drain()
    await indexer.close()
    assert [one.pk async for one in Document.objects.all()] == [kept.pk]
    assert {one.document_id async for one in Entry.objects.all()} == {kept.pk}
    assert await sync_to_async(expiry.sweep)() == []  # a log that could not be emptied then is now
    if connection.vendor == "sqlite":
        own = connection.settings_dict["NAME"]
        assert files_with("Torvel", settings.MARU.data_dir), "we look rightly"
        for needle in (CANARY, CANARY.lower()):
            assert not files_with(needle, settings.MARU.data_dir, Path(own).parent), needle


async def test_a_temporary_chat_that_is_kept_keeps_its_documents(
    user: User, turns: Turns, transactional_db: Any
) -> None:
    session = await actions.create_session(user, is_temporary=True)
    given = await _document(user, CANARY, is_temporary=True)
    named = [{"kind": "document", "id": given.pk, "name": given.title}]
    sent = await actions.submit_message(user, session.pk, content="what does it say?", attachments=named)
    await turns.stop(sent.reply.pk)
    await actions.update_session(user, session.pk, is_temporary=False)
    await given.arefresh_from_db()
    assert (given.is_temporary, given.session_id) == (False, None)


async def test_a_temporary_document_that_no_message_took_goes_after_a_day(
    user: User, outsider: User, turns: Turns, monkeypatch: pytest.MonkeyPatch, transactional_db: Any
) -> None:
    left = await _document(user, CANARY, is_temporary=True)
    taken = await _document(user, "Torvel", is_temporary=True)
    session = await actions.create_session(user)
    named = [{"kind": "document", "id": taken.pk, "name": taken.title}]
    sent = await actions.submit_message(user, session.pk, content="what does it say?", attachments=named)
    await turns.stop(sent.reply.pk)
    start = clock.now()
    for hours, there in ((23, {left.pk, taken.pk}), (25, {taken.pk})):
        monkeypatch.setattr(clock, "now", lambda hours=hours: start + timedelta(hours=hours))
        await sync_to_async(expiry.sweep)()
        assert {one.pk async for one in Document.objects.all()} == there


async def _document(user: User, word: str, *, is_temporary: bool) -> Document:
    text = f"# {word}\n\n{word} lives here.\n".encode()
    return await documents.add(
        user, file_name=f"{word}.md", content=[text], n_bytes=len(text), is_temporary=is_temporary
    )
