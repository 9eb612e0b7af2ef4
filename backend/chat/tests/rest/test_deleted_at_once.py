"""A temporary chat that is deleted, and any chat that an administrator deletes: there is no minute, and nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.chat import actions, expiry
from backend.chat.models import ChatSession
from backend.chat.tests.rest.conftest import Rest
from backend.chat.turns import Turns
from backend.memory import files, words
from backend.memory.models import Document, Entry
from backend.memory.store import get_store

pytestmark = pytest.mark.django_db(transaction=True)


def fill(user: User) -> tuple[ChatSession, Path, list[int]]:
    """A temporary chat with a document and a turn; the document's file, and the entries that have vectors."""
    session = ChatSession.objects.create(user=user, is_temporary=True)
    owned = {"user": user, "session": session, "is_temporary": True, "kind": "txt", "n_bytes": 1}
    document = Document.objects.create(stored_as=files.keep([b"x"]), **owned)
    made = {"text": "canary", "marks": words.owner_mark(user.pk), "terms": "canary", "user": user}
    chunk = Entry.objects.create(kind="chunk", document=document, ordinal=0, **made)
    turn = Entry.objects.create(kind="turn", session=session, **made)
    get_store().take_buried(1000)
    return session, files.path_of(document), [chunk.pk, turn.pk]


async def delete(rest: Rest, session: ChatSession, by: str) -> None:
    if by == "owner":
        assert (await rest.delete(f"sessions/{session.pk}/")).status_code == 204
    else:
        await actions.erase_session(session.pk, lambda: None)


@pytest.mark.parametrize("by", ["owner", "administrator"])
async def test_its_documents_and_vectors_go_with_it(rest: Rest, user: User, turns: Turns, by: str) -> None:
    session, file, entries = await sync_to_async(fill)(user)
    await delete(rest, session, by)
    assert await sync_to_async(list)(Document.objects.all()) == []
    assert not file.exists()
    assert sorted(get_store().take_buried(1000)) == entries


@pytest.mark.parametrize("by", ["owner", "administrator"])
async def test_the_next_sweep_cleans_the_databases_files(rest: Rest, user, turns, monkeypatch, by: str) -> None:
    session, *_ = await sync_to_async(fill)(user)
    await sync_to_async(expiry.sweep)()
    monkeypatch.setattr(expiry, "_is_clean", True)
    await delete(rest, session, by)
    cleaned: list[bool] = []
    monkeypatch.setattr(expiry, "_cleaned_s", -expiry.CLEAN_EVERY_S)
    monkeypatch.setattr(expiry, "empty_the_log", lambda *, may_wait: cleaned.append(may_wait) or True)
    assert await sync_to_async(expiry.sweep)() == []
    assert cleaned == [False]
    assert expiry._is_clean
