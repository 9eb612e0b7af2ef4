"""API keys of an account as staff looks after them: their limits and their end, each written down; never their text."""

from __future__ import annotations

import pytest

from backend.accounts.models import ApiKey
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(user):
    return ApiKey.objects.create(user=user, name="script", scopes=["chat"], digest="d", start="maru-abc")


def path(key):
    return f"/api/admin/users/{key.user_id}/keys/{key.pk}/"


def test_it_works(api, staff, user, key):
    (row,) = api(staff).get(f"/api/admin/users/{user.pk}/keys/").json()["results"]
    assert (row["name"], row["limits"]["messages_per_day"], row["today"]["n_tokens"]) == ("script", 0, 0)
    assert not {"digest", "key"} & set(row)
    changed = api(staff).patch(path(key), {"limits": {"messages_per_day": 20}}, format="json").json()
    assert changed["limits"]["messages_per_day"] == 20
    (mine,) = api(user).get("/api/auth/keys/").json()
    assert mine["limits"] == changed["limits"]
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.target_id, entry.changes) == ("key.limits", key.pk, {"messages_per_day": [0, 20]})


def test_what_changes_nothing_is_not_written_down(api, staff, key):
    assert api(staff).patch(path(key), {"limits": {"messages_per_day": 0}}, format="json").status_code == 200
    assert not AuditEntry.objects.exists()


def test_a_key_is_ended(api, staff, key):
    assert api(staff).delete(path(key)).status_code == 204
    assert not ApiKey.objects.exists()
    assert AuditEntry.objects.get().action == "key.delete"
    assert api(staff).delete(path(key)).status_code == 404


def test_staff_touches_no_keys_of_those_who_rank_as_high(api, staff, admin):
    key = ApiKey.objects.create(user=admin, name="x", scopes=["chat"], digest="d")
    assert api(staff).delete(path(key)).status_code == 403
    assert api(staff).patch(path(key), {"limits": {}}, format="json").status_code == 403
    assert ApiKey.objects.exists()


def test_a_key_is_its_owner_s_only(api, staff, user, outsider, key):
    wrong = f"/api/admin/users/{outsider.pk}/keys/{key.pk}/"
    assert api(staff).delete(wrong).status_code == 404
    assert api(staff).get("/api/admin/users/999999/keys/").status_code == 404
