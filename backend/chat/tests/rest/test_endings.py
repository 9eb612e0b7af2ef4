"""Deleting with a minute for second thoughts, and temporary chats: what is gone, and when it is really gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, connection

from backend import house
from backend.accounts.models import User
from backend.chat import actions, expiry, imports, search
from backend.chat.models import ChatSession, Draft, ImportReceipt, Message, SearchEntry, Upload
from backend.chat.tests.rest.conftest import Rest
from backend.chat.tests.rest.test_transfer import conversation, document
from backend.chat.turns import Turns
from backend.lib import clock
from backend.llm.echo import EchoLLM
from backend.memory import files
from backend.memory.models import Document, Entry
from backend.memory.store import get_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def session(user: User, turns: Turns) -> ChatSession:
    """One session with words that search finds, a draft and an image."""

    def fill(session: ChatSession) -> None:
        message = Message.objects.create(session=session, role="user", content="canary question")
        search.index_messages([message])
        Draft.objects.create(session=session, text="canary draft")
        size = {"width": 1, "height": 1, "n_bytes": 6, "content": b"canary", "media_type": "image/png"}
        Upload.objects.create(user=user, session=session, name="canary", **size)

    session = await actions.create_session(user, title="canary title")
    await sync_to_async(fill)(session)
    return session


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`later(60)`: the clock stands 60 s further."""
    start = clock.now()

    def go(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=seconds))

    return go


async def sweep(*shown: int) -> list[int]:
    return await sync_to_async(expiry.sweep)(shown)


def what_is_left() -> list[int]:
    return [rows.count() for rows in (ChatSession.with_deleted, Message.objects, SearchEntry.objects, Draft.objects,
                                      Upload.objects)]  # fmt: skip


async def test_it_works(rest: Rest, session: ChatSession) -> None:
    assert (await rest.delete(f"sessions/{session.pk}/")).status_code == 204
    assert (await rest.get(f"sessions/{session.pk}/")).status_code == 404
    assert (await rest.get("sessions/")).json()["results"] == []
    restored = (await rest.post("sessions/restore/", ids=[session.pk])).json()["restored"]
    assert [row["title"] for row in restored] == ["canary title"]
    assert (await rest.get(f"sessions/{session.pk}/")).status_code == 200
    assert len((await rest.get("search/?q=canary")).json()["results"]) == 2


async def test_what_was_written_of_a_reply_is_found_after_an_undo(
    rest: Rest, user: User, session: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    reply = (await actions.submit_message(user, session.pk, content="canary?")).reply
    assert reply is not None
    await echo.release(3)
    await turns._journal.write()
    await rest.delete(f"sessions/{session.pk}/")
    await rest.post("sessions/restore/", ids=[session.pk])
    found = (await rest.get("search/?q=word2")).json()["results"]
    assert [hit["message"] for hit in found] == [reply.pk]


async def test_what_is_deleted_answers_as_missing_everywhere(rest: Rest, session: ChatSession) -> None:
    message = await Message.objects.aget(session=session)
    upload = await Upload.objects.aget(session=session)
    await rest.delete(f"sessions/{session.pk}/")
    for path in (
        f"sessions/{session.pk}/messages/",
        f"sessions/{session.pk}/config/",
        f"sessions/{session.pk}/export/",
        f"messages/{message.pk}/",
        f"uploads/{upload.pk}/",
        f"uploads/{upload.pk}/content/",
    ):
        assert (await rest.get(path)).status_code == 404, path
    for path in ("search/?q=canary", "sessions/?search=canary", "sessions/folders/"):
        assert (await rest.get(path)).json()["results"] == [], path
    assert (await rest.post(f"messages/{message.pk}/edit/", content="x")).status_code == 404
    assert (await rest.delete(f"sessions/{session.pk}/")).status_code == 404


async def test_after_a_minute_it_is_really_gone(rest: Rest, session: ChatSession, later: Any) -> None:
    await rest.delete(f"sessions/{session.pk}/")
    later(expiry.UNDO_S - 5)
    assert await sweep() == []
    later(expiry.UNDO_S + 5)
    assert await sweep() == [session.pk]
    assert await sync_to_async(what_is_left)() == [0, 0, 0, 0, 0]
    assert (await rest.post("sessions/restore/", ids=[session.pk])).json() == {"restored": []}


async def test_another_cannot_restore_it(rest: Rest, theirs: Rest, session: ChatSession) -> None:
    await rest.delete(f"sessions/{session.pk}/")
    assert (await theirs.post("sessions/restore/", ids=[session.pk])).json() == {"restored": []}
    assert (await rest.get(f"sessions/{session.pk}/")).status_code == 404


async def test_a_reply_that_is_being_made_ends(rest: Rest, session: ChatSession, echo: EchoLLM) -> None:
    sent = await rest.post(f"sessions/{session.pk}/messages/", content="hello")
    await rest.delete(f"sessions/{session.pk}/")
    await rest.post("sessions/restore/", ids=[session.pk])
    reply = (await rest.get(f"messages/{sent.json()['reply']['id']}/")).json()
    assert reply["status"] == "stopped"


async def test_a_temporary_chat_leaves_nothing(rest: Rest, session: ChatSession, later: Any) -> None:
    await rest.patch(f"sessions/{session.pk}/", is_temporary=True)
    assert (await rest.get("sessions/")).json()["results"] == []
    assert (await rest.get("search/?q=canary")).json()["results"] == []
    assert (await rest.delete(f"sessions/{session.pk}/")).status_code == 204
    assert await sync_to_async(what_is_left)() == [0, 0, 0, 0, 0]
    assert await sync_to_async(n_indexed)("canary") == 0


def n_indexed(term: str) -> int:
    """Entries of the full-text table itself, beyond what the ORM sees."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM chat_search WHERE chat_search MATCH %s", [term])
        return int(cursor.fetchone()[0])


async def test_a_temporary_chat_lives_while_it_is_shown(user: User, turns: Turns, later: Any) -> None:
    session = await actions.create_session(user, is_temporary=True)
    later(expiry.TEMPORARY_S - 10)
    assert await sweep(session.pk) == []
    later(2 * expiry.TEMPORARY_S - 20)
    assert await sweep() == []
    later(2 * expiry.TEMPORARY_S)
    assert await sweep() == [session.pk]


async def test_a_temporary_chat_that_is_brought_in_ends_as_any_other(rest: Rest, turns: Turns, later: Any) -> None:
    temporary = (await rest.post("sessions/", is_temporary=True)).json()["id"]
    document = (await rest.get(f"sessions/{temporary}/export/")).json()
    [again] = (await rest.call("POST", "sessions/import/", document)).json()["sessions"]
    assert again["is_temporary"]
    later(2 * expiry.TEMPORARY_S)
    assert sorted(await sweep()) == [temporary, again["id"]]


async def test_a_chat_that_is_kept_after_all_stays(rest: Rest, user: User, turns: Turns, later: Any) -> None:
    session = await actions.create_session(user, is_temporary=True)
    await rest.patch(f"sessions/{session.pk}/", is_temporary=False)
    later(10 * expiry.TEMPORARY_S)
    assert await sweep() == []


async def test_an_image_that_no_message_took_goes_after_a_day(user: User, turns: Turns, later: Any) -> None:
    size = {"width": 1, "height": 1, "n_bytes": 6, "content": b"canary", "media_type": "image/png"}
    await Upload.objects.acreate(user=user, name="canary", **size)
    await sweep()
    assert await Upload.objects.acount() == 1
    later(25 * 3600)
    await sweep()
    assert await Upload.objects.acount() == 0


async def keep_for(days: int, role: str = "user") -> None:
    await sync_to_async(house.change)({f"retention_days_{role}": days}, along=lambda changes: None)


async def test_what_nobody_touched_for_as_long_as_the_house_keeps_it_is_gone(session: ChatSession, later) -> None:
    await keep_for(30)
    later(30 * 86_400 - 60)
    assert await sweep() == []
    later(30 * 86_400 + 60)
    assert await sweep() == [session.pk]
    assert await sync_to_async(what_is_left)() == [0, 0, 0, 0, 0]


async def test_what_was_brought_in_is_kept_from_then_on_however_old_it_is(user: User, turns: Turns, later) -> None:
    def bring_in() -> list[ChatSession]:
        old = {"created_at": "2019-01-01T00:00:00Z", "last_activity_at": "2019-06-01T00:00:00Z"}
        ahead = {"last_activity_at": (clock.now() + timedelta(days=900)).isoformat()}
        ours = [document() | {"session": times} for times in (old, ahead)]
        return imports.store_sessions(user, imports.read_documents([*ours, conversation(update_time=1_600_000_000)]))

    sessions = await sync_to_async(bring_in)()
    assert [session.last_activity_at.year for session in sessions[::2]] == [2019, 2020], "as they are shown"
    await keep_for(30)
    later(30 * 86_400 - 60)
    assert await sync_to_async(expiry.would_go)("user", 30) == (0, 0)
    assert await sweep() == []
    later(30 * 86_400 + 60)
    assert await sweep() == [session.pk for session in sessions]


async def test_a_slip_in_the_settings_costs_nothing_for_an_hour(session: ChatSession, later) -> None:
    later(400 * 86_400)
    await keep_for(3)
    assert await sweep() == []
    later(400 * 86_400 + 3_601)
    assert await sweep() == [session.pk]


@pytest.mark.parametrize("changes", [{"pinned": True}, {"role": "staff"}, {"days": 0}])
async def test_pinned_ones_other_roles_and_zero_keep(session: ChatSession, later, changes: dict[str, Any]) -> None:
    await keep_for(changes.get("days", 30), changes.get("role", "user"))
    await ChatSession.objects.filter(pk=session.pk).aupdate(pinned=changes.get("pinned", False))
    later(400 * 86_400)
    assert await sweep() == []


async def test_a_retention_of_staff_is_staffs(user: User, session: ChatSession, later) -> None:
    await keep_for(30, "staff")
    await User.objects.filter(pk=user.pk).aupdate(is_staff=True)
    later(31 * 86_400)
    assert await sweep() == [session.pk]


async def test_what_would_go_is_counted_before_anything_goes(user: User, outsider: User, session, later) -> None:
    others = await actions.create_session(outsider, title="theirs")
    await ChatSession.objects.filter(pk=others.pk).aupdate(pinned=True)
    later(31 * 86_400)
    would_go = sync_to_async(expiry.would_go)
    assert await would_go("user", 30) == (1, 1)
    assert await would_go("user", 32) == (0, 0)
    assert await would_go("user", 0) == (0, 0)
    assert await would_go("staff", 30) == (0, 0)
    await ChatSession.objects.filter(pk=others.pk).aupdate(pinned=False)
    assert await would_go("user", 30) == (2, 2)
    assert await sync_to_async(ChatSession.objects.count)() == 2


def hold_two_documents(user: User) -> tuple[ChatSession, Entry, list[Any]]:
    """Of a temporary chat with a turn: the files of its documents, and of the first a folder that keeps it."""
    session = ChatSession.objects.create(user=user, is_temporary=True, expires_at=clock.now())
    turn = Entry.objects.create(user=user, kind="turn", text="x", marks="", terms="", session=session)
    owned = {"user": user, "session": session, "is_temporary": True, "kind": "txt", "n_bytes": 1}
    kept = [files.path_of(Document.objects.create(stored_as=files.keep([b"x"]), **owned)) for _ in range(2)]
    kept[0].unlink()
    (kept[0] / "held").mkdir(parents=True)
    return session, turn, kept


async def test_a_file_that_cannot_be_removed_keeps_nothing_else(user: User, turns: Turns, monkeypatch, caplog) -> None:
    session, turn, (held, other) = await sync_to_async(hold_two_documents)(user)
    get_store().take_buried(1000)
    monkeypatch.setattr(expiry, "_is_clean", True)
    monkeypatch.setattr(expiry, "_cleaned_s", clock.monotonic_s())
    assert await sweep() == [session.pk]
    assert (held.exists(), other.exists()) == (True, False)
    assert get_store().take_buried(1000) == [turn.pk]
    assert not expiry._is_clean
    assert "stays" in caplog.text


@pytest.mark.parametrize("failing", ["uploads.drop_untaken", "documents.ids_untaken", "_remove"])
async def test_each_step_of_a_sweep_stands_by_itself(user: User, turns: Turns, later, monkeypatch, failing) -> None:
    def fail(*_: object) -> Any:
        raise IntegrityError

    old = clock.now() - timedelta(days=2)
    receipt = await ImportReceipt.objects.acreate(user=user, key="x", digest="", created_at=old)
    size = {"width": 1, "height": 1, "n_bytes": 6, "content": b"canary", "media_type": "image/png"}
    upload = await Upload.objects.acreate(user=user, name="canary", **size)
    later(25 * 3600)
    monkeypatch.setattr(f"backend.chat.expiry.{failing}", fail)
    assert await sweep() == []
    assert not await ImportReceipt.objects.filter(pk=receipt.pk).aexists()
    assert await Upload.objects.filter(pk=upload.pk).aexists() == failing.startswith("uploads")


async def test_a_file_that_cannot_be_removed_does_not_end_the_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, came, n_swept = asyncio.get_running_loop(), asyncio.Event(), 0

    def sweep(shown: object) -> list[int]:
        nonlocal n_swept
        n_swept += 1
        if n_swept == 1:
            raise PermissionError
        loop.call_soon_threadsafe(came.set)
        return []

    monkeypatch.setattr(expiry, "sweep", sweep)
    monkeypatch.setattr(expiry, "EVERY_S", 0.01)
    running = asyncio.create_task(expiry.run())
    async with asyncio.timeout(10):
        await came.wait()
    running.cancel()
    await asyncio.wait([running])
