"""Staff sees people and that they talk; nobody else sees anything, and no word of a conversation leaves by this door."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.quotas import days
from backend.quotas.models import DailyUse

USERS, SESSIONS = "/api/admin/users/", "/api/admin/sessions/"
SECRET = "비밀 이야기"

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(user: User) -> ChatSession:
    session = ChatSession.objects.create(user=user, title=f"{SECRET} title", folder=f"{SECRET} folder")
    question = Message.objects.create(session=session, role="user", content=f"{SECRET} question")
    Message.objects.create(session=session, parent=question, role="assistant", content=f"{SECRET} answer", model="tiny")
    return session


def test_it_works(api, staff, talk):
    users = api(staff).get(USERS).json()
    assert users["count"] == 2
    minji = next(row for row in users["results"] if row["username"] == "minji")
    assert minji["n_sessions"] == 1
    assert minji["last_activity_at"] is not None
    assert (minji["messages_today"], minji["tokens_today"]) == (0, 0)
    (session,) = api(staff).get(SESSIONS).json()["results"]
    assert (session["username"], session["n_messages"], session["model"]) == ("minji", 2, "tiny")


def test_what_each_used_today_is_listed_and_ordered_by(api, staff, user):
    DailyUse.objects.create(user=user, day=days.today(), n_messages=7, n_tokens=900)
    DailyUse.objects.create(user=user, day=days.today() - timedelta(days=1), n_messages=50, n_tokens=9_000)
    first = api(staff).get(USERS, {"ordering": "-tokens_today"}).json()["results"][0]
    assert (first["username"], first["messages_today"], first["tokens_today"]) == ("minji", 7, 900)


@pytest.mark.parametrize("path", [USERS, USERS + "1/", SESSIONS])
def test_strangers_must_sign_in_and_users_may_not_look(api, user, path):
    assert (api().get(path).status_code, api().get(path).json()["code"]) == (401, "not_authenticated")
    assert (api(user).get(path).status_code, api(user).get(path).json()["code"]) == (403, "forbidden")


def test_no_word_of_a_conversation_is_shown(api, admin, talk):
    for path in (USERS, f"{USERS}{talk.user_id}/", SESSIONS):
        assert SECRET not in json.dumps(api(admin).get(path).json(), ensure_ascii=False)


def test_no_password_hash_is_shown(api, staff):
    assert "password" not in api(staff).get(USERS + f"{staff.pk}/").json()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_list_of_conversations_is_read_only(api, admin, method):
    assert getattr(api(admin), method)(SESSIONS, {}).status_code == 405


def test_search_finds_by_part_of_a_name_also_in_korean(api, staff, user):
    User.objects.filter(pk=user.pk).update(display_name="김민지")
    found = api(staff).get(USERS, {"search": "민지"}).json()
    assert [row["username"] for row in found["results"]] == ["minji"]
    assert api(staff).get(USERS, {"search": "nobody-here"}).json()["count"] == 0


def test_filters_and_order(api, staff, user, admin):
    def names(**query):
        return [row["username"] for row in api(staff).get(USERS, query).json()["results"]]

    assert names(is_staff="true", ordering="username") == ["admin", "staff"]
    assert names(is_superuser="true") == ["admin"]
    assert names(ordering="username") == ["admin", "minji", "staff"]
    assert names(ordering="-username") == ["staff", "minji", "admin"]


def test_sessions_are_filtered_by_owner(api, staff, talk, outsider):
    ChatSession.objects.create(user=outsider)
    assert api(staff).get(SESSIONS).json()["count"] == 2
    assert [row["id"] for row in api(staff).get(SESSIONS, {"user": talk.user_id}).json()["results"]] == [talk.id]
    assert [row["id"] for row in api(staff).get(SESSIONS, {"search": "minj"}).json()["results"]] == [talk.id]


def test_pages_have_a_count_and_an_end(api, staff):
    User.objects.bulk_create(User(username=f"u{n}") for n in range(30))
    page = api(staff).get(USERS, {"page": 2, "page_size": 20}).json()
    assert page["count"] == 31
    assert len(page["results"]) == 11
    assert api(staff).get(USERS, {"page": 9}).json()["code"] == "not_found"
    assert len(api(staff).get(USERS, {"page_size": 5000}).json()["results"]) == 31


@pytest.mark.parametrize(
    "query",
    [
        {"search": "\x00"}, {"search": b"\xed\xa0\x80"}, {"page": "-1"}, {"page": "x" * 500}, {"user": "9" * 40},
        {"user": "x"}, {"ordering": "password"}, {"ordering": "user__password"}, {"is_staff": "maybe"},
    ],
)  # fmt: skip
def test_bad_queries_are_no_server_errors(api, staff, query):
    for path in (USERS, SESSIONS):
        assert api(staff).get(path, query).status_code in (200, 400, 404)


def test_order_by_what_is_not_offered_is_ignored(api, staff, user):
    plain = api(staff).get(USERS).json()
    assert api(staff).get(USERS, {"ordering": "password"}).json() == plain


@pytest.mark.parametrize("path", [USERS, SESSIONS])
def test_the_number_of_queries_does_not_grow(api, staff, talk, path):
    def n_queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert api(staff).get(path).status_code == 200
        return len(queries)

    before = n_queries()
    people = [User.objects.create(username=f"p{n}") for n in range(8)]
    sessions = ChatSession.objects.bulk_create(ChatSession(user=person) for person in people for _ in range(2))
    Message.objects.bulk_create(Message(session=session, role="user") for session in sessions)
    assert n_queries() == before <= 3
