"""Where one is signed in: the list, ending one, ending the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import BrowserSession, KnownLogin

pytestmark = pytest.mark.django_db(transaction=True)
LOGINS = "/api/auth/logins/"
ME = "/api/auth/me/"


def test_it_works(sign_in, user):
    phone, _ = sign_in(user)
    laptop, _ = sign_in(user)
    rows = laptop.get(LOGINS).json()
    assert [row["is_current"] for row in rows].count(True) == 1
    other = next(row for row in rows if not row["is_current"])
    assert laptop.delete(f"{LOGINS}{other['id']}/").status_code == 204
    assert phone.get(ME).status_code == 401
    assert laptop.get(ME).status_code == 200
    assert len(laptop.get(LOGINS).json()) == 1


def test_ending_the_others_spares_the_one_that_asks(sign_in, bearer, user, ended):
    phone, phone_token = sign_in(user)
    laptop, laptop_token = sign_in(user)
    assert laptop.post("/api/auth/logout-others/").status_code == 204
    assert phone.get(ME).status_code == 401
    assert bearer(phone_token).get(ME).status_code == 401
    assert laptop.get(ME).status_code == 200
    assert bearer(laptop_token).get(ME).status_code == 200
    assert any(len(ids) == 2 for _, ids in ended)


def test_a_program_that_has_only_the_token_ends_the_others_too(sign_in, bearer, user):
    phone, _ = sign_in(user)
    _, token = sign_in(user)
    assert bearer(token).post("/api/auth/logout-others/").status_code == 204
    assert phone.get(ME).status_code == 401
    assert bearer(token).get(ME).status_code == 200


def test_using_a_login_is_noted_to_the_minute(sign_in, bearer, user):
    browser, token = sign_in(user)
    for client in (browser, bearer(token)):
        KnownLogin.objects.update(last_used_at=timezone.now() - timedelta(days=1))
        client.get(ME)
        assert KnownLogin.objects.get().last_used_at > timezone.now() - timedelta(minutes=1)


def test_signing_out_takes_it_off_the_list(sign_in, user):
    client, _ = sign_in(user)
    client.post("/api/auth/logout/")
    assert not KnownLogin.objects.exists()


def test_signing_out_by_the_token_alone_ends_the_browsers_session_of_that_login_too(sign_in, bearer, user, ended):
    phone, _ = sign_in(user)
    browser, token = sign_in(user)
    assert bearer(token).post("/api/auth/logout/").status_code == 204
    assert browser.get(ME).status_code == 401
    assert any(len(ids) == 2 for _, ids in ended)
    assert phone.get(ME).status_code == 200
    assert len(phone.get(LOGINS).json()) == 1


def test_a_login_whose_time_has_passed_is_not_on_the_list(sign_in, user):
    phone, _ = sign_in(user)
    laptop, _ = sign_in(user)
    past = timezone.now() - timedelta(seconds=1)
    BrowserSession.objects.filter(pk=phone.session.session_key).update(expire_date=past)
    assert [row["is_current"] for row in laptop.get(LOGINS).json()] == [True]


def test_somebody_elses_login_is_missing(sign_in, user, outsider):
    sign_in(user)
    theirs, _ = sign_in(outsider)
    assert theirs.delete(f"{LOGINS}{KnownLogin.objects.get(user=user).pk}/").status_code == 404
    assert len(theirs.get(LOGINS).json()) == 1


@pytest.mark.parametrize("path", ["/api/auth/me/", "/api/sessions/"])
def test_reading_writes_nothing(sign_in, bearer, user, path):
    """A write, even of no row, waits for SQLite's one writer: a list would stand behind everybody's messages."""
    browser, token = sign_in(user)
    for client in (browser, bearer(token)):
        assert client.get(path).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
