"""A user's own limits: staff sets them for plain users, administrators for staff; each change is written down."""

from __future__ import annotations

import pytest

from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db


def path(user):
    return f"/api/admin/users/{user.pk}/limits/"


def test_it_works(api, staff, user):
    body = api(staff).get(path(user)).json()
    assert set(body["own"].values()) == {None}
    assert body["of_role"]["priority_weight"] == 1
    changed = api(staff).patch(path(user), {"messages_per_day": 20, "priority_weight": 3}, format="json").json()
    assert (changed["own"]["messages_per_day"], changed["state"]["priority_weight"]) == (20, 3)
    assert changed["state"]["messages_per_day"] == {"allowed": 20, "used": 0}
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.target_id) == ("user.limits", user.pk)
    assert entry.changes == {"messages_per_day": [None, 20], "priority_weight": [None, 3]}
    api(staff).patch(path(user), {"messages_per_day": None}, format="json")
    assert api(user).get("/api/quota/").json()["messages_per_day"]["allowed"] == 0


def test_what_changes_nothing_is_not_written_down(api, staff, user):
    assert api(staff).patch(path(user), {"messages_per_day": None}, format="json").status_code == 200
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("bad", [-1, 1.5, True, "many", 10**12])
def test_bad_values_are_named(api, staff, user, bad):
    answer = api(staff).patch(path(user), {"messages_per_day": bad}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["messages_per_day"])


def test_staff_sets_nothing_for_those_who_rank_as_high(api, staff, admin):
    assert api(staff).patch(path(admin), {"messages_per_day": 1}, format="json").status_code == 403
    assert api(admin).patch(path(staff), {"messages_per_day": 1}, format="json").status_code == 200
    assert api(admin).patch(path(admin), {"messages_per_day": 1}, format="json").status_code == 409


def test_who_is_missing_is_missing(api, staff):
    assert api(staff).get("/api/admin/users/999999/limits/").status_code == 404
