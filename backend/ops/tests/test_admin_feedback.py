"""Ratings are figures to the administration until their owner shares them; then they are read, and a training set."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync

from backend.chat.models import ChatSession, Message
from backend.ops.models import AuditEntry

FEEDBACK = "/api/admin/feedback/"
pytestmark = pytest.mark.django_db


def rated(user, question, answer, value, *, note="", is_temporary=False, parent=None, model="talks"):
    session = parent.session if parent else ChatSession.objects.create(user=user, is_temporary=is_temporary)
    parent = parent or Message.objects.create(session=session, role="user", content=question)
    return Message.objects.create(
        session=session,
        role="assistant",
        content=answer,
        parent=parent,
        feedback=value,
        feedback_note=note,
        model=model,
    )


def share(user, is_shared=True):
    user.shares_ratings = is_shared
    user.save()


async def _joined(pieces):
    return b"".join([piece async for piece in pieces])


def exported(client, **asked):
    answer = client.post(f"{FEEDBACK}export/", asked)
    assert answer.status_code == 200
    return [json.loads(line) for line in async_to_sync(_joined)(answer.streaming_content).splitlines()]


def test_it_works(api, admin, user):
    rated(user, "안녕?", "안녕하세요!", 1, note="친절하다")
    share(user)
    (row,) = api(admin).get(FEEDBACK).json()["results"]
    assert (row["username"], row["value"], row["note"], row["is_shared"]) == ("minji", 1, "친절하다", True)
    assert [one["content"] for one in row["messages"]] == ["안녕?", "안녕하세요!"]
    assert exported(api(admin)) == [
        {
            "messages": [{"role": "user", "content": "안녕?"}, {"role": "assistant", "content": "안녕하세요!"}],
            "value": 1,
            "model": "talks",
        }
    ]
    assert AuditEntry.objects.get(action="feedback.export").changes["kind"] == ["", "chat"]


def test_without_consent_it_is_a_figure(api, admin, user):
    rated(user, "a secret question", "a secret answer", -1, note="a secret note")
    answer = api(admin).get(FEEDBACK)
    (row,) = answer.json()["results"]
    assert (row["value"], row["is_shared"], row["messages"], row["note"]) == (-1, False, [], "")
    assert "secret" not in answer.content.decode()
    assert exported(api(admin)) == []
    assert api(admin).get(f"{FEEDBACK}sums/").json() == [{"model": "talks", "n_good": 0, "n_bad": 1, "n_shared": 0}]


def test_whoever_takes_it_back_is_left_out(api, admin, user):
    rated(user, "q", "a", 1)
    assert api(user).patch("/api/auth/me/", {"shares_ratings": True}).json()["shares_ratings"]
    assert len(exported(api(admin))) == 1
    api(user).patch("/api/auth/me/", {"shares_ratings": False})
    user.refresh_from_db()
    assert exported(api(admin)) == []


def test_a_temporary_conversation_is_never_shared(api, admin, user):
    rated(user, "q", "a", 1, is_temporary=True)
    share(user)
    assert exported(api(admin)) == []
    assert not api(admin).get(FEEDBACK).json()["results"][0]["is_shared"]


def test_a_deleted_conversation_is_gone(api, admin, user):
    answer = rated(user, "q", "a", 1)
    share(user)
    ChatSession.objects.update(deleted_at=answer.timestamp)
    assert (exported(api(admin)), api(admin).get(FEEDBACK).json()["results"]) == ([], [])


def test_what_is_wanted_is_chosen(api, admin, user):
    share(user)
    rated(user, "q1", "good", 1)
    rated(user, "q2", "bad", -1, model="other")
    assert [row["messages"][-1]["content"] for row in exported(api(admin), value="1")] == ["good"]
    assert [row["model"] for row in exported(api(admin), model="other")] == ["other"]
    assert [row["value"] for row in api(admin).get(f"{FEEDBACK}?value=-1").json()["results"]] == [-1]
    assert api(admin).post(f"{FEEDBACK}export/", {"kind": "poem"}).status_code == 400


def test_pairs_of_a_good_and_a_bad_answer(api, admin, user):
    share(user)
    good = rated(user, "q", "the better", 1)
    rated(user, "", "the worse", -1, parent=good.parent)
    rated(user, "alone", "no pair", 1)
    (pair,) = exported(api(admin), kind="preference")
    assert pair["prompt"] == [{"role": "user", "content": "q"}]
    assert (pair["chosen"][0]["content"], pair["rejected"][0]["content"]) == ("the better", "the worse")


def test_many_are_read_in_parts(api, admin, user, monkeypatch):
    monkeypatch.setattr("backend.chat.ratings.READ_AT_ONCE", 2)
    share(user)
    for n in range(5):
        rated(user, f"q{n}", f"a{n}", 1)
    assert [row["messages"][-1]["content"] for row in exported(api(admin))] == ["a4", "a3", "a2", "a1", "a0"]


def test_for_administrators_only(api, staff, user):
    for who in (staff, user):
        assert api(who).get(FEEDBACK).status_code == 403
        assert api(who).post(f"{FEEDBACK}export/").status_code == 403
