"""What staff does to the house's personas, prompts, documents and folders is in the audit log; what is private is not."""

from __future__ import annotations

from typing import Any

import pytest

from backend.house.acts import Text, changes_of
from backend.ops import audit
from backend.ops.models import AuditEntry
from backend.personas.models import Persona

pytestmark = pytest.mark.django_db
PERSONA = {"name": "Maru", "context": "secret words", "greeting": "hi"}
PROMPT = {"command": "sum", "title": "Summary", "content": "secret words"}


def acts(since: int = 0) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.action, entry.changes) for entry in AuditEntry.objects.filter(pk__gt=since).order_by("pk")]


def test_it_works(api, admin, staff):
    client = api(staff)
    id = client.post("/api/personas/", PERSONA | {"is_shared": True}, format="json").json()["id"]
    client.patch(f"/api/personas/{id}/", {"name": "Floor", "context": "other secret words"}, format="json")
    (changed, added) = api(admin).get("/api/admin/audit/").json()["results"]
    assert (added["action"], added["actor"], added["target_kind"], added["target"]) == (
        "persona.add", "staff", "persona", "Floor",
    )  # fmt: skip
    assert added["changes"] == {"name": [None, "Maru"]}
    assert (changed["action"], changed["changes"]) == (
        "persona.change",
        {"name": ["Maru", "Floor"], "texts": [None, "context"]},
    )
    assert client.delete(f"/api/personas/{id}/").status_code == 204
    (removed, *_) = api(admin).get("/api/admin/audit/").json()["results"]
    assert (removed["action"], removed["target"], removed["changes"]) == (
        "persona.remove",
        None,
        {"name": ["Floor", None]},
    )
    assert "secret" not in str(acts())


def test_own_things_are_nobody_s_business(api, staff):
    client = api(staff)
    persona = client.post("/api/personas/", PERSONA, format="json").json()["id"]
    prompt = client.post("/api/prompts/", PROMPT, format="json").json()["id"]
    folder = client.post("/api/collections/", {"name": "mine"}, format="json").json()["id"]
    document = client.post("/api/documents/", {"text": "mine", "collection": folder}, format="json").json()["id"]
    client.patch(f"/api/personas/{persona}/", {"name": "x"}, format="json")
    client.patch(f"/api/prompts/{prompt}/", {"title": "x"}, format="json")
    client.patch(f"/api/documents/{document}/", {"title": "x"}, format="json")
    client.patch(f"/api/collections/{folder}/", {"name": "x"}, format="json")
    for path in (f"personas/{persona}", f"prompts/{prompt}", f"documents/{document}", f"collections/{folder}"):
        assert client.delete(f"/api/{path}/").status_code == 204
    assert acts() == []


def test_what_is_published_and_taken_back_comes_and_goes(api, staff):
    client = api(staff)
    persona = client.post("/api/personas/", PERSONA, format="json").json()["id"]
    client.patch(f"/api/personas/{persona}/", {"is_shared": True}, format="json")
    client.patch(f"/api/personas/{persona}/", {"is_shared": False, "name": "Private"}, format="json")
    assert acts() == [
        ("persona.add", {"name": [None, "Maru"]}),
        ("persona.remove", {"name": ["Maru", None]}),
    ]


def test_prompts(api, staff):
    client = api(staff)
    id = client.post("/api/prompts/", PROMPT | {"is_shared": True}, format="json").json()["id"]
    client.patch(f"/api/prompts/{id}/", {"content": "secret too"}, format="json")
    client.post(f"/api/prompts/{id}/restore/", {"number": 1}, format="json")
    client.patch(f"/api/prompts/{id}/", {"title": "Summary"}, format="json")  # as it was
    client.delete(f"/api/prompts/{id}/")
    named = {"command": [None, "sum"], "title": [None, "Summary"]}
    texts = ("prompt.change", {"texts": [None, "content"]})
    gone = {"command": ["sum", None], "title": ["Summary", None]}
    assert acts() == [("prompt.add", named), texts, texts, ("prompt.remove", gone)]


def test_folders_and_documents(api, staff):
    client = api(staff)
    folder = client.post("/api/collections/", {"name": "Rules", "is_shared": True}, format="json").json()["id"]
    body = {"text": "secret words", "title": "House rules", "collection": folder}
    document = client.post("/api/documents/", body, format="json").json()["id"]
    client.patch(f"/api/documents/{document}/", {"title": "Rules of the house"}, format="json")
    client.patch(f"/api/collections/{folder}/", {"name": "Law"}, format="json")
    client.delete(f"/api/documents/{document}/")
    client.delete(f"/api/collections/{folder}/")
    assert acts() == [
        ("folder.add", {"name": [None, "Rules"]}),
        ("document.add", {"title": [None, "House rules"], "folder": [None, "Rules"]}),
        ("document.change", {"title": ["House rules", "Rules of the house"]}),
        ("folder.change", {"name": ["Rules", "Law"]}),
        ("document.remove", {"title": ["Rules of the house", None], "folder": ["Law", None]}),
        ("folder.remove", {"name": ["Law", None]}),
    ]


def test_others_who_may_not_leave_nothing(api, user, staff):
    id = api(staff).post("/api/personas/", PERSONA | {"is_shared": True}, format="json").json()["id"]
    before = AuditEntry.objects.count()
    assert api(user).patch(f"/api/personas/{id}/", {"name": "x"}, format="json").status_code == 403
    assert api(user).delete(f"/api/personas/{id}/").status_code == 403
    assert AuditEntry.objects.count() == before


def test_neither_is_there_without_the_other(api, staff, monkeypatch):
    """An act that cannot be written down does not happen."""

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr(audit, "record", broken)
    assert api(staff).post("/api/personas/", PERSONA | {"is_shared": True}, format="json").status_code == 500
    assert not Persona.objects.filter(name="Maru").exists()


def test_texts_are_compared_and_never_told():
    old, new = {"name": "a", "context": Text("x")}, {"name": "a", "context": Text("y")}
    assert changes_of(old, new) == {"texts": (None, "context")}
    assert changes_of(old, dict(old)) == {}
    assert changes_of({}, new) == {"name": (None, "a")}
