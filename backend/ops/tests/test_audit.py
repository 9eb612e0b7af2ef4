"""The audit log: who reads it, that it only grows, and how it is taken away."""

from __future__ import annotations

import importlib

import pytest
from django.db import DatabaseError, connection, transaction

from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db
LOG = "/api/admin/audit/"


def test_it_works_for_administrators_and_nobody_else(api, admin, staff, user):
    api(admin).post("/api/admin/users/", {"username": "sumi"}, format="json")
    (row,) = api(admin).get(LOG).json()["results"]
    assert (row["action"], row["actor"], row["target"], row["changes"]) == (
        "user.create",
        "admin",
        "sumi",
        {"role": [None, "user"]},
    )
    assert row["address"] == "127.0.0.1"
    for who in (staff, user):
        assert api(who).get(LOG).status_code == 403
        assert api(who).post(f"{LOG}export/").status_code == 403


def test_it_is_filtered(api, admin):
    for name in ("one", "two"):
        api(admin).post("/api/admin/users/", {"username": name}, format="json")
    assert api(admin).get(LOG, {"action": "user.role"}).json()["count"] == 0
    assert api(admin).get(LOG, {"action": "user.create", "actor_id": admin.pk}).json()["count"] == 2
    assert api(admin).get(LOG, {"until": "2020-01-01T00:00:00Z"}).json()["count"] == 0


def test_taking_it_away_is_itself_written_down(api, admin):
    api(admin).post("/api/admin/users/", {"username": "one"}, format="json")
    answer = api(admin).post(f"{LOG}export/")
    lines = answer.content.decode().splitlines()
    assert (len(lines), "user.create" in lines[1]) == (2, True)
    assert AuditEntry.objects.order_by("id").last().action == "audit.export"


def test_the_database_refuses_to_change_an_entry(admin, audit_triggers):
    entry = AuditEntry.objects.create(actor_id=admin.pk, action="user.create")
    for change in (entry.delete, lambda: AuditEntry.objects.update(action="user.role")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert AuditEntry.objects.get().action == "user.create"


class Editor:
    """As much of a schema editor as the migration needs; a real one cannot be opened inside a test's transaction."""

    connection = connection

    def execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def audit_triggers(db):
    """As in life. Other tests go without: their database is emptied by deleting rows (see backend/conftest.py)."""
    migration = importlib.import_module("backend.ops.migrations.0002_append_only")
    migration.forwards(None, Editor())
    yield
    migration.backwards(None, Editor())
