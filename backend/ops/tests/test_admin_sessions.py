"""Reading somebody's conversation: administrators only, with a reason, for a time, written down, and seen by its owner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.chat.models import ChatSession, Message, Opening
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db
WHY = {"reason": "court order 26-114"}


@pytest.fixture
def talk(user):
    session = ChatSession.objects.create(user=user, title="my secret")
    Message.objects.create(session=session, role="user", content="a secret")
    return session


def path(session, act=""):
    return f"/api/admin/sessions/{session.pk}/{act}"


def test_it_works(api, admin, user, talk):
    refused = api(admin).get(path(talk, "messages/"))
    assert (refused.status_code, refused.json()["code"]) == (403, "glass_closed")
    assert api(admin).post(path(talk, "open/"), WHY, format="json").status_code == 201
    assert [row["content"] for row in api(admin).get(path(talk, "messages/")).json()["results"]] == ["a secret"]
    (seen,) = api(user).get("/api/openings/").json()["results"]
    assert (seen["reader"], seen["reason"], seen["title"], seen["is_seen"]) == (
        "admin", "court order 26-114", "my secret", False,
    )  # fmt: skip
    api(user).post("/api/openings/seen/")
    assert api(user).get("/api/openings/").json()["results"][0]["is_seen"] is True
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.target_kind, entry.target_id) == ("session.open", "session", talk.pk)
    assert entry.changes == {"owner": [None, user.pk], "reason": [None, "court order 26-114"]}


def test_it_ends_by_itself_and_is_for_its_reader_alone(api, admin, talk, django_user_model):
    other = django_user_model.objects.create_superuser("other")
    api(admin).post(path(talk, "open/"), WHY, format="json")
    assert api(other).get(path(talk, "messages/")).status_code == 403
    Opening.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert api(admin).get(path(talk, "messages/")).status_code == 403


@pytest.mark.parametrize("reason", [None, "", "   ", "why", "x" * 501, 7])
@pytest.mark.parametrize("act", ["open/", "export/", "erase/"])
def test_without_a_reason_nothing_happens(api, admin, talk, act, reason):
    assert api(admin).post(path(talk, act), {"reason": reason}, format="json").status_code == 400
    assert not Opening.objects.exists()
    assert not AuditEntry.objects.exists()


def test_staff_sees_figures_and_who_read_it_but_no_word(api, admin, staff, talk):
    api(admin).post(path(talk, "open/"), WHY, format="json")
    body = api(staff).get(path(talk)).json()
    assert (body["n_messages"], body["openings"][0]["reader"]) == (1, "admin")
    assert "secret" not in str(body).replace("court order", "")
    for act in ("open/", "export/", "erase/"):
        assert api(staff).post(path(talk, act), WHY, format="json").status_code == 403
    assert api(staff).get(path(talk, "messages/")).status_code == 403


def test_an_export_is_the_document_and_the_owner_sees_it(api, admin, user, talk):
    answer = api(admin).post(path(talk, "export/"), WHY, format="json")
    assert answer.json()["messages"][0]["content"] == "a secret"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert api(user).get("/api/openings/").json()["results"][0]["kind"] == "export"
    assert api(admin).get(path(talk, "messages/")).status_code == 403, "an export is no permission to read on"


def test_a_conversation_is_deleted_for_good(api, admin, user, talk):
    assert api(admin).post(path(talk, "erase/"), WHY, format="json").status_code == 204
    assert not ChatSession.with_deleted.filter(pk=talk.pk).exists()
    assert AuditEntry.objects.get().action == "session.delete"
    assert api(user).post("/api/sessions/restore/", {"ids": [talk.pk]}, format="json").json() != {"restored": [talk.pk]}


def test_what_is_missing_is_missing(api, admin):
    assert api(admin).post("/api/admin/sessions/999999/open/", WHY, format="json").status_code == 404
    assert api(admin).get("/api/admin/sessions/999999/").status_code == 404


def test_others_openings_are_not_shown(api, admin, outsider, talk):
    api(admin).post(path(talk, "open/"), WHY, format="json")
    assert api(outsider).get("/api/openings/").json()["results"] == []
