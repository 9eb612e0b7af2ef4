"""A prepared statement does what the same queryset does, whatever its values are, in any thread."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message, MessageMetadata, SearchEntry
from backend.lib import clock
from backend.lib.prepared import Prepared, PreparedInsert, PreparedUpdate
from backend.quotas.models import DailyUse

pytestmark = pytest.mark.django_db


@pytest.fixture
def talks() -> list[ChatSession]:
    users = [User.objects.create(username=name) for name in ("first", "second")]
    return [ChatSession.objects.create(user=user, title=f"of {user.username}") for user in users]


def sessions(session_id: int, title: str) -> object:
    return ChatSession.objects.select_related("user__limits").filter(pk=session_id, title=title)


def test_it_works(talks: list[ChatSession]) -> None:
    prepared = Prepared(sessions, int, str)
    for talk in talks:
        with CaptureQueriesContext(connection) as asked:
            found = prepared.first(talk.pk, talk.title)
            assert found is not None
            assert (found, found.title, found.user.username) == (talk, talk.title, talk.user.username)
            assert not hasattr(found.user, "limits"), "what is joined and not there is known not to be there"
        assert len(asked) == 1
    assert prepared.first(talks[0].pk, talks[1].title) is None


def test_it_asks_what_the_queryset_asks(talks: list[ChatSession]) -> None:
    prepared = Prepared(sessions, int, str)
    for talk in talks:
        with CaptureQueriesContext(connection) as asked:
            prepared.all(talk.pk, talk.title)
            list(sessions(talk.pk, talk.title))
        assert asked[0]["sql"] == asked[1]["sql"]


def test_each_instance_is_a_new_one(talks: list[ChatSession]) -> None:
    prepared = Prepared(sessions, int, str)
    first = prepared.first(talks[0].pk, talks[0].title)
    assert first is not None
    first.title = "changed"
    again = prepared.first(talks[0].pk, talks[0].title)
    assert again is not None
    assert again.title == talks[0].title
    assert again is not first


def test_values_that_fields_convert(talks: list[ChatSession]) -> None:
    sent: list[UUID] = [uuid4(), uuid4()]
    for client_id in sent:
        Message.objects.create(session=talks[0], role="user", content="hello", client_id=client_id)
    by_client = Prepared(lambda id: Message.objects.filter(client_id=id), UUID)
    assert [getattr(by_client.first(client_id), "client_id", None) for client_id in sent] == sent
    day = date(2026, 11, 26)
    DailyUse.objects.create(user=talks[0].user, day=day, n_messages=3)
    used = Prepared(
        lambda day, id: DailyUse.objects.filter(day=day, user_id=id).values_list("n_messages", "day"), date, int
    )
    assert used.tuples(day, talks[0].user_id) == [(3, day)]
    assert used.tuples(day, talks[1].user_id) == []


def test_no_database_has_such_a_number(talks: list[ChatSession]) -> None:
    assert Prepared(lambda id: ChatSession.objects.filter(pk=id), int).all(2**63) == []


def test_a_value_that_the_query_does_not_ask_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="not among its parameters"):
        Prepared(lambda id, title: ChatSession.objects.filter(pk=id), int, str).all(1, "x")


def test_as_many_values_as_kinds() -> None:
    with pytest.raises(TypeError, match="1 values, not 2"):
        Prepared(lambda id: ChatSession.objects.filter(pk=id), int).all(1, 2)


def test_what_columns_become_is_found_out_once_for_each_connection(talks: list[ChatSession]) -> None:
    prepared = Prepared(sessions, int, str)
    found = [prepared.first(talk.pk, talk.title) for talk in talks]
    assert [each.created_at for each in found if each] == [talk.created_at for talk in talks]
    assert all(each and each.pinned is False for each in found), "SQLite's 0 is a bool"


def test_an_update_changes_what_the_queryset_would(talks: list[ChatSession]) -> None:
    def rows(at: object, n: object, title: object, session_id: object) -> tuple[Any, dict[str, Any]]:
        changes = {"last_activity_at": at, "last_reply": F("last_reply") + n, "title": title}
        return ChatSession.objects.filter(pk=session_id, pinned=False), changes

    prepared, at = PreparedUpdate(rows, datetime, int, str, int), clock.now() - timedelta(hours=1)
    with CaptureQueriesContext(connection) as asked:
        assert prepared.run(at, 3, "새 제목 %s", talks[0].pk) == 1
        of_queryset, changes = rows(at, 3, "새 제목 %s", talks[0].pk)
        assert of_queryset.update(**changes) == 1
    assert asked[0]["sql"] == asked[1]["sql"]
    for talk in talks:
        talk.refresh_from_db()
    assert (talks[0].last_activity_at, talks[0].last_reply, talks[0].title) == (at, 6, "새 제목 %s")
    assert talks[1].last_reply == 0
    assert prepared.run(at, 3, "x", 0) == 0


def test_an_update_of_many_and_of_nothing(talks: list[ChatSession]) -> None:
    prepared = PreparedUpdate(lambda leaf, id: (ChatSession.objects.filter(pk=id), {"last_reply": leaf}), int, int)
    prepared.run_each((n, talk.pk) for n, talk in enumerate(talks, 7))
    assert [ChatSession.objects.get(pk=talk.pk).last_reply for talk in talks] == [7, 8]
    prepared.run_each([])
    time = PreparedUpdate(lambda s, id: (Message.objects.filter(pk=id), {"processing_time": s}), float, int)
    message = Message.objects.create(session=talks[0], role="user", processing_time=1.5)
    assert time.run(None, message.pk) == 1
    message.refresh_from_db()
    assert message.processing_time is None


def test_an_update_that_fails_spoils_its_transaction(talks: list[ChatSession]) -> None:
    prepared = PreparedUpdate(lambda leaf, id: (ChatSession.objects.filter(pk=id), {"title": leaf}), str, int)
    with pytest.raises(IntegrityError), transaction.atomic():
        with pytest.raises(IntegrityError):
            prepared.run(None, talks[0].pk)
        assert connection.needs_rollback
        raise IntegrityError


def test_an_insert_stores_what_save_would(talks: list[ChatSession]) -> None:
    prepared, now = PreparedInsert(Message), clock.now()
    values = {"role": "user", "content": "안녕 %s", "client_id": uuid4(), "attachments": [{"n": 1}], "timestamp": now}
    made = prepared.run(Message(session=talks[0], **values))
    assert (made.pk is not None, made._state.adding, made._state.db) == (True, False, "default")
    saved = Message.objects.create(session=talks[0], **{**values, "client_id": None})
    ours, theirs = (Message.objects.filter(pk=pk).values().get() for pk in (made.pk, saved.pk))
    differ = {name for name in ours if ours[name] != theirs[name]}
    assert differ == {"id", "client_id"}
    made.content = "changed"
    made.save()
    assert Message.objects.get(pk=made.pk).content == "changed"


def test_an_insert_of_what_is_there_is_refused_or_takes_its_place(talks: list[ChatSession]) -> None:
    message = Message.objects.create(session=talks[0], role="assistant")
    shaped, entered = (
        PreparedInsert(MessageMetadata),
        PreparedInsert(SearchEntry, unique=["message"], replaced=["terms"]),
    )
    assert shaped.run(MessageMetadata(message=message, tool_calls=[{"id": "1"}])).tool_calls == [{"id": "1"}]
    with pytest.raises(IntegrityError), transaction.atomic():
        shaped.run(MessageMetadata(message=message))
    ids = {entered.run(SearchEntry(session=talks[0], message=message, terms=terms)).pk for terms in ("a", "b")}
    assert [(entry.pk, entry.terms) for entry in SearchEntry.objects.all()] == [(ids.pop(), "b")]


def test_an_insert_takes_no_expression(talks: list[ChatSession]) -> None:
    with pytest.raises(TypeError, match="no expressions"):
        PreparedInsert(Message).run(Message(session=talks[0], role="user", content=Value("x")))


@pytest.mark.django_db(transaction=True)
async def test_another_thread_uses_its_own_connection() -> None:
    prepared = Prepared(lambda name: User.objects.filter(username=name), str)
    await User.objects.acreate(username="somebody")
    assert await sync_to_async(prepared.first)("somebody") is not None
    assert await sync_to_async(prepared.first, thread_sensitive=False)("somebody") is not None
