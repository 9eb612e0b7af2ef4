"""A prepared query says what the same queryset says, whatever its values are, in any thread."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.lib.prepared import Prepared
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


@pytest.mark.django_db(transaction=True)
async def test_another_thread_uses_its_own_connection() -> None:
    prepared = Prepared(lambda name: User.objects.filter(username=name), str)
    await User.objects.acreate(username="somebody")
    assert await sync_to_async(prepared.first)("somebody") is not None
    assert await sync_to_async(prepared.first, thread_sensitive=False)("somebody") is not None
