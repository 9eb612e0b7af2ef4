"""API keys: shown once, stored hashed, and never more powerful than their scopes."""

from __future__ import annotations

import pytest
from django.utils import timezone

from backend.accounts.credentials import digest_of_key
from backend.accounts.logins import login_id_of_key
from backend.accounts.models import ApiKey
from backend.accounts.scopes import key_may

KEYS = "/api/auth/keys/"


@pytest.fixture
def make_key(api):
    def make(user, *scopes, **fields):
        answer = api(user).post(KEYS, {"name": "script", "scopes": scopes or ["chat"], **fields})
        assert answer.status_code == 201, answer.content
        return answer.json()

    return make


def test_it_works(api, user, make_key, bearer):
    key = make_key(user)
    assert key["key"].startswith("maru-")
    assert key["key"].startswith(key["start"])
    row = ApiKey.objects.get()
    assert row.digest == digest_of_key(key["key"])
    (listed,) = api(user).get(KEYS).json()
    assert "key" not in listed
    assert "digest" not in listed
    assert bearer(key["key"]).get("/api/auth/me/").json()["id"] == user.pk


def test_last_use_is_noted_to_the_minute(user, make_key, bearer, time_machine_travel):
    key = make_key(user)
    bearer(key["key"]).get("/api/auth/me/")
    first = ApiKey.objects.get().last_used_at
    bearer(key["key"]).get("/api/auth/me/")
    assert ApiKey.objects.get().last_used_at == first
    with time_machine_travel(61):
        bearer(key["key"]).get("/api/auth/me/")
        assert ApiKey.objects.get().last_used_at > first


def test_an_expired_key_is_refused(user, make_key, bearer, time_machine_travel):
    key = make_key(user, expires_at=(timezone.now() + timezone.timedelta(hours=1)).isoformat())
    assert bearer(key["key"]).get("/api/auth/me/").status_code == 200
    with time_machine_travel(3601):
        assert bearer(key["key"]).get("/api/auth/me/").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": []}, {"scopes": ["admin"]}, {"scopes": "chat"}, {"scopes": None}, {"name": ""}, {"name": "x" * 81},
        {"name": "a\x00b"}, {"expires_at": "2001-01-01T00:00:00Z"}, {"expires_at": "soon"}, {"scopes": [["chat"]]},
    ],
)  # fmt: skip
def test_bad_keys_are_refused_with_the_field_named(api, user, body):
    answer = api(user).post(KEYS, {"name": "script", "scopes": ["chat"], **body})
    assert answer.status_code == 400
    assert any(name.startswith(next(iter(body))) for name in answer.json()["fields"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", KEYS), ("post", KEYS), ("patch", "/api/auth/me/"), ("delete", "/api/auth/me/"),
        ("post", "/api/auth/password/"), ("post", "/api/auth/logout/"), ("post", "/api/auth/logout-all/"),
        ("post", "/api/auth/invites/"),
    ],
)  # fmt: skip
def test_a_key_never_touches_the_account(admin, make_key, bearer, method, path):
    key = make_key(admin, "chat", "read")
    answer = getattr(bearer(key["key"]), method)(path, {}, HTTP_ACCEPT_LANGUAGE="ko")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "API 키" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("scopes", "method", "path", "is_allowed"),
    [
        ({"chat"}, "POST", "/api/sessions/", True),
        ({"chat"}, "DELETE", "/api/sessions/1/", True),
        ({"chat"}, "POST", "/v1/chat/completions", True),
        ({"chat"}, "GET", "/api/sessions/", True),
        ({"read"}, "GET", "/api/sessions/", True),
        ({"read"}, "POST", "/api/sessions/", False),
        ({"read"}, "DELETE", "/api/sessions/1/", False),
        ({"read"}, "POST", "/v1/chat/completions", False),
        ({"read"}, "GET", "/api/auth/me/", True),
        ({"chat"}, "PATCH", "/api/auth/me/", False),
        ({"chat", "read"}, "GET", "/api/auth/keys/", False),
        ({"chat", "read"}, "GET", "/api/admin/users/", False),
        ({"chat", "read"}, "GET", "/api/system/info/", False),
        (set(), "GET", "/api/sessions/", False),
        ({"admin"}, "GET", "/api/admin/users/", True),
        ({"admin"}, "PATCH", "/api/admin/users/1/", True),
        ({"admin"}, "GET", "/api/sessions/", False),
        ({"admin"}, "POST", "/v1/chat/completions", False),
        ({"admin", "chat", "read"}, "POST", "/api/auth/keys/", False),
    ],
)
def test_what_scopes_allow(scopes, method, path, is_allowed):
    assert key_may(frozenset(scopes), method, path) is is_allowed


@pytest.mark.django_db(transaction=True)
def test_deleting_a_key_ends_it_and_its_sockets(api, user, make_key, bearer, ended):
    key = make_key(user)
    login_id = login_id_of_key(digest_of_key(key["key"]))
    assert api(user).delete(f"{KEYS}{key['id']}/").status_code == 204
    assert ended == [(user.pk, [login_id])]
    assert bearer(key["key"]).get("/api/auth/me/").status_code == 401


def test_an_outsider_sees_and_deletes_nothing(api, user, outsider, make_key):
    key = make_key(user)
    assert api(outsider).get(KEYS).json() == []
    theirs = api(outsider).delete(f"{KEYS}{key['id']}/")
    missing = api(outsider).delete(f"{KEYS}999999/")
    assert (theirs.status_code, theirs.json()) == (missing.status_code, missing.json()) == (404, missing.json())
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("pk", ["99999999999999999999999", "9" * 5000, "0", "-1", "x", "1.5"])
def test_odd_ids_are_missing(api, user, pk):
    assert api(user).delete(f"{KEYS}{pk}/").json()["code"] == "not_found"


def test_keys_of_the_inactive_are_refused_and_come_back_with_them(user, make_key, bearer):
    key = make_key(user)
    type(user).objects.update(is_active=False)
    assert bearer(key["key"]).get("/api/auth/me/").status_code == 401
    type(user).objects.update(is_active=True)
    assert bearer(key["key"]).get("/api/auth/me/").status_code == 200


def test_there_is_an_end_to_how_many_one_may_have(api, user):
    ApiKey.objects.bulk_create(ApiKey(user=user, name="x", scopes=["read"], digest=str(n), start="") for n in range(50))
    answer = api(user).post(KEYS, {"name": "one more", "scopes": ["chat"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_keys_for_the_administration_are_for_staff(api, user, staff, make_key, bearer):
    refused = api(user).post(KEYS, {"name": "x", "scopes": ["admin"]})
    assert refused.status_code == 400
    assert "scopes" in refused.json()["fields"]
    key = make_key(staff, "admin")["key"]
    assert bearer(key).get("/api/admin/users/").status_code == 200
    type(staff).objects.filter(pk=staff.pk).update(is_staff=False)
    assert bearer(key).get("/api/admin/users/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_rotated_key_has_a_new_text_and_the_old_one_ends(api, user, make_key, bearer, ended):
    key = make_key(user, "read", name="backup")
    answer = api(user).post(f"{KEYS}{key['id']}/rotate/")
    assert answer.status_code == 200
    new = answer.json()
    assert (new["id"], new["name"], new["scopes"]) == (key["id"], "backup", ["read"])
    assert new["key"] != key["key"]
    assert new["key"].startswith(new["start"])
    assert ended == [(user.pk, [login_id_of_key(digest_of_key(key["key"]))])]
    assert bearer(key["key"]).get("/api/auth/me/").status_code == 401
    assert bearer(new["key"]).get("/api/auth/me/").status_code == 200
    assert "key" not in api(user).get(KEYS).json()[0]


def test_an_outsider_rotates_nothing(api, user, outsider, make_key):
    key = make_key(user)
    theirs = api(outsider).post(f"{KEYS}{key['id']}/rotate/")
    missing = api(outsider).post(f"{KEYS}999999/rotate/")
    assert (theirs.status_code, theirs.json()) == (404, missing.json())
    assert ApiKey.objects.get().digest == digest_of_key(key["key"])


def test_a_key_is_made_with_limits_of_its_own_and_they_can_be_changed(api, user, make_key):
    key = make_key(user, limits={"messages_per_day": 5})
    assert key["limits"] == {"messages_per_day": 5, "tokens_per_day": 0, "concurrent_turns": 0}
    assert key["today"] == {"n_messages": 0, "n_tokens": 0}
    path = f"{KEYS}{key['id']}/"
    changed = api(user).patch(path, {"name": "nightly", "limits": {"tokens_per_day": 900}}, format="json").json()
    assert (changed["name"], changed["limits"]["messages_per_day"], changed["limits"]["tokens_per_day"]) == (
        "nightly",
        5,
        900,
    )
    rotated = api(user).post(f"{path}rotate/").json()
    assert rotated["limits"] == changed["limits"], "a new text is the same key"
    (listed,) = api(user).get(KEYS).json()
    assert listed["limits"] == changed["limits"]


@pytest.mark.parametrize("bad", [-1, 1.5, True, "many", 10**12, None])
def test_bad_limits_of_a_key_are_named_and_nothing_is_made(api, user, bad):
    body = {"name": "script", "scopes": ["chat"], "limits": {"concurrent_turns": bad}}
    answer = api(user).post(KEYS, body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["limits.concurrent_turns"]
    assert not ApiKey.objects.exists()


def test_an_outsider_changes_no_limits(api, user, outsider, make_key):
    key = make_key(user)
    body = {"limits": {"messages_per_day": 1}}
    theirs = api(outsider).patch(f"{KEYS}{key['id']}/", body, format="json")
    missing = api(outsider).patch(f"{KEYS}999999/", body, format="json")
    assert (theirs.status_code, theirs.json()) == (404, missing.json())
