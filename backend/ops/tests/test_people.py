"""What staff may do to accounts, what only administrators may, and that every act is in the log."""

from __future__ import annotations

import pytest

from backend.accounts.models import ApiKey, BrowserSession, User
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db
USERS = "/api/admin/users/"


def actions():
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_it_works(api, staff):
    made = api(staff).post(USERS, {"username": "새사람", "email": ""}, format="json")
    assert (made.status_code, made.json()["role"]) == (201, "user")
    assert User.objects.get(username="새사람").check_password(made.json()["password"])
    assert actions() == ["user.create"]


def test_a_name_that_is_taken_is_named(api, staff, user):
    answer = api(staff).post(USERS, {"username": "MINJI"}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["username"])
    assert actions() == []


def test_staff_looks_after_plain_users_only(api, staff, admin, user):
    other = User.objects.create_user("other", is_staff=True)
    for who in (admin, other):
        for method, path, body in (
            ("patch", "", {"is_active": False}),
            ("post", "logout/", {}),
            ("post", "password/", {}),
            ("delete", "", {}),
        ):
            answer = getattr(api(staff), method)(f"{USERS}{who.pk}/{path}", body, format="json")
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert api(staff).patch(f"{USERS}{user.pk}/", {"role": "staff"}, format="json").status_code == 403
    assert api(staff).post(USERS, {"username": "boss", "role": "admin"}, format="json").status_code == 403
    assert api(staff).delete(f"{USERS}{user.pk}/").status_code == 403
    assert actions() == []


def test_nobody_does_it_to_himself(api, admin):
    assert api(admin).patch(f"{USERS}{admin.pk}/", {"role": "user"}, format="json").status_code == 409
    assert api(admin).delete(f"{USERS}{admin.pk}/").status_code == 409


def test_a_role_is_given_and_taken(api, admin, user):
    path = f"{USERS}{user.pk}/"
    assert api(admin).patch(path, {"role": "staff"}, format="json").json()["role"] == "staff"
    assert api(admin).patch(path, {"role": "user"}, format="json").json()["role"] == "user"
    assert api(admin).patch(path, {"role": "user"}, format="json").status_code == 200
    assert list(AuditEntry.objects.order_by("id").values_list("changes", flat=True)) == [
        {"role": ["user", "staff"]},
        {"role": ["staff", "user"]},
    ]


def test_who_is_shut_out_loses_his_logins(api, staff, user, client):
    client.force_login(user)
    assert api(staff).patch(f"{USERS}{user.pk}/", {"is_active": False}, format="json").json()["is_active"] is False
    assert not BrowserSession.objects.filter(user=user).exists()
    api(staff).patch(f"{USERS}{user.pk}/", {"is_active": True}, format="json")
    assert actions() == ["user.deactivate", "user.activate"]


def test_a_reset_password_ends_logins_and_keys(api, staff, user):
    ApiKey.objects.create(user=user, name="x", scopes=["chat"], digest="d", start="maru-")
    password = api(staff).post(f"{USERS}{user.pk}/password/").json()["password"]
    user.refresh_from_db()
    assert user.check_password(password)
    assert not ApiKey.objects.filter(user=user).exists()


def test_an_administrator_erases_an_account_and_the_log_keeps_no_name(api, admin, user):
    assert api(admin).delete(f"{USERS}{user.pk}/").status_code == 204
    assert not User.objects.filter(pk=user.pk).exists()
    row = api(admin).get("/api/admin/audit/").json()["results"][0]
    assert (row["action"], row["actor"], row["target"], row["target_id"]) == ("user.delete", "admin", None, user.pk)


def test_what_is_missing_is_missing(api, admin):
    assert api(admin).patch(f"{USERS}999999/", {"is_active": False}, format="json").status_code == 404
