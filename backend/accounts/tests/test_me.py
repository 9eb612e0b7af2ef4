"""One's own profile, and leaving for good."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import connection

from backend.accounts import erasure
from backend.accounts.models import ApiKey, BrowserSession, User
from backend.chat.models import ChatSession, Message
from backend.conftest import PASSWORD
from backend.lib.tests.on_disk import files_with

ME = "/api/auth/me/"


def test_it_works(api, user):
    body = api(user).get(ME).json()
    assert body["username"] == "minji"
    assert set(body) == {
        "id", "username", "email", "display_name", "language", "theme", "memory_enabled", "facts_by_model", "enter_sends",
        "is_staff", "is_superuser", "shares_ratings",
        "date_joined",
    }  # fmt: skip


def test_strangers_are_asked_to_sign_in_in_their_language(api, db):
    answer = api().get(ME, HTTP_ACCEPT_LANGUAGE="ko,en;q=0.5")
    assert answer.status_code == 401
    assert answer.json() == {"code": "not_authenticated", "detail": "로그인이 필요합니다.", "retryable": False}
    assert answer.headers["Content-Language"] == "ko"


def test_the_profile_can_be_changed(api, user):
    changes = {"display_name": "민지 🐱", "language": "ko", "theme": "dark", "memory_enabled": False}
    body = api(user).patch(ME, changes).json()
    assert {name: body[name] for name in changes} == changes


def test_nobody_promotes_themselves(api, user):
    api(user).patch(ME, {"is_staff": True, "is_superuser": True, "username": "root", "id": 1, "password": "x"})
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser, user.username) == (False, False, "minji")
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    "change",
    [
        {"display_name": "x" * 81}, {"display_name": "a\x00b"}, {"display_name": "a\u202eb"}, {"display_name": ["a"]},
        {"language": "fr"}, {"theme": "pink"}, {"memory_enabled": "perhaps"},
    ],
)  # fmt: skip
def test_bad_changes_name_the_field(api, user, change):
    answer = api(user).patch(ME, change)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(change)


def test_the_saved_language_wins_over_the_browsers(sign_in, user):
    User.objects.update(language="ko")
    client, _ = sign_in(user)
    answer = client.patch(ME, {"theme": "pink"}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.json()["detail"] == "요청에 올바르지 않은 값이 있습니다."


def test_a_forced_language_wins_over_both(sign_in, user, settings):
    import dataclasses

    User.objects.update(language="ko")
    client, _ = sign_in(user)
    settings.MARU = dataclasses.replace(settings.MARU, language="en")
    answer = client.patch(ME, {"theme": "pink"}, HTTP_ACCEPT_LANGUAGE="ko")
    assert answer.json()["detail"] == "Something in the request is not right."


class TestErasing:
    def test_it_needs_the_password(self, sign_in, user):
        client, _ = sign_in(user)
        assert client.delete(ME).status_code == 400
        answer = client.delete(ME, {"password": "wrong"})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["password"])
        assert User.objects.filter(pk=user.pk).exists()

    @pytest.mark.django_db(transaction=True)
    def test_everything_goes_and_others_keep_theirs(self, sign_in, bearer, user, outsider, ended):
        mine, others = (ChatSession.objects.create(user=someone) for someone in (user, outsider))
        for session in (mine, others):
            Message.objects.create(session=session, role="user", content="hello")
        ApiKey.objects.create(user=user, name="x", digest="d", start="maru-x")
        client, token = sign_in(user)
        assert client.delete(ME, {"password": PASSWORD}).status_code == 204
        assert client.get(ME).status_code == 401
        assert bearer(token).get(ME).status_code == 401
        assert list(User.objects.all()) == [outsider]
        assert list(ChatSession.objects.all()) == [others]
        assert Message.objects.count() == 1
        assert (ApiKey.objects.count(), BrowserSession.objects.count()) == (0, 0)
        assert ended == [(user.pk, None)]

    @pytest.mark.django_db(transaction=True)
    def test_not_a_byte_of_it_stays_in_the_database_files(self, sign_in, user):
        canary = "canary-5f1d-민지의-비밀"
        session = ChatSession.objects.create(user=user, title=canary)
        for n in range(50):
            Message.objects.create(session=session, role="user", content=f"{canary} {n} " + "x" * 500)
        client, _ = sign_in(user)
        client.delete(ME, {"password": PASSWORD})
        if connection.vendor != "sqlite":
            pytest.skip("Postgres keeps pages until VACUUM")
        path = connection.settings_dict["NAME"]
        assert not files_with(canary, path, f"{path}-wal")

    def test_the_last_administrator_must_appoint_another_first(self, sign_in, admin, user):
        client, _ = sign_in(admin)
        answer = client.delete(ME, {"password": PASSWORD}, HTTP_ACCEPT_LANGUAGE="ko")
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
        User.objects.filter(pk=user.pk).update(is_superuser=True)
        assert client.delete(ME, {"password": PASSWORD}).status_code == 204

    def test_what_lives_outside_the_database_goes_first(self, sign_in, user, monkeypatch):
        erased = []
        monkeypatch.setattr(erasure, "_erasers", [erased.append])
        client, _ = sign_in(user)
        client.delete(ME, {"password": PASSWORD})
        assert erased == [user.pk]

    def test_if_that_fails_nothing_is_erased(self, sign_in, user, monkeypatch):
        def away(user_id):
            raise sqlite3.OperationalError("vectors are away")

        monkeypatch.setattr(erasure, "_erasers", [away])
        client, _ = sign_in(user)
        assert client.delete(ME, {"password": PASSWORD}).status_code == 500
        assert User.objects.filter(pk=user.pk).exists()
