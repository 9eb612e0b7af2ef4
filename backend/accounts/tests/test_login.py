"""Signing in: what it gives, what it tells, how it slows down who guesses."""

from __future__ import annotations

import pytest

from backend.accounts import backoff
from backend.accounts.passwords import NOBODYS, Argon2
from backend.conftest import PASSWORD

LOGIN = "/api/auth/login/"


@pytest.fixture
def n_hashes(monkeypatch):
    """How many Argon2 hashes were computed."""
    calls = []
    for name in ("encode", "verify"):
        original = getattr(Argon2, name)

        def counted(self, *args, _original=original, **kwargs):
            calls.append(1)
            return _original(self, *args, **kwargs)

        monkeypatch.setattr(Argon2, name, counted)
    return calls


def test_it_works(api, user):
    client = api()
    answer = client.post(LOGIN, {"username": "minji", "password": PASSWORD})
    assert answer.status_code == 200
    assert set(answer.json()) == {"user", "token", "expires_at"}
    cookie = client.cookies["maru_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    "body", [{"username": "MINJI"}, {"email": "Minji@Example.org"}, {"username": "minji@example.org"}]
)
def test_username_or_email_in_any_case(api, user, body):
    assert api().post(LOGIN, {**body, "password": PASSWORD}).status_code == 200


def test_unknown_name_wrong_password_and_inactive_user_get_the_same_answer_after_the_same_work(
    api, user, outsider, n_hashes
):
    outsider.is_active = False
    outsider.save()
    n_hashes.clear()
    answers, work = [], []
    for name, password in (("nobody", PASSWORD), ("minji", "wrong"), ("outsider", PASSWORD), ("no@body.org", "x")):
        before = len(n_hashes)
        answer = api().post(LOGIN, {"username": name, "password": password})
        work.append(len(n_hashes) - before)
        answers.append((answer.status_code, answer.json()))
    assert work == [1, 1, 1, 1]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 401
    assert answers[0][1]["code"] == "bad_credentials"


def test_the_hash_of_nobody_costs_what_everybodys_does(full_cost, user):
    assert (Argon2.time_cost, Argon2.memory_cost, Argon2.parallelism) == (2, 19_456, 1)  # OWASP's
    decode = Argon2().decode
    ours, theirs = decode(NOBODYS), decode(user.password)
    for cost in ("variety", "version", "time_cost", "memory_cost", "parallelism"):
        assert ours[cost] == theirs[cost]
    assert not Argon2().must_update(NOBODYS)


def test_after_five_guesses_the_next_must_wait(api, user):
    for _ in range(5):
        assert api().post(LOGIN, {"username": "minji", "password": "wrong"}).status_code == 401
    api().post(LOGIN, {"username": "minji", "password": "wrong"})
    answer = api().post(LOGIN, {"username": "minji", "password": PASSWORD})
    assert answer.status_code == 429
    body = answer.json()
    assert (body["code"], body["retryable"]) == ("too_many_requests", True)
    assert body["retry_after_s"] >= 1
    assert answer.headers["Retry-After"] == str(body["retry_after_s"])


def test_the_wait_grows_and_passes(api, user, time_machine_travel):
    for _ in range(6):
        api().post(LOGIN, {"username": "minji", "password": "wrong"})
    wait_s = api().post(LOGIN, {"username": "minji", "password": "wrong"}).json()["retry_after_s"]
    with time_machine_travel(wait_s + 1):
        assert api().post(LOGIN, {"username": "minji", "password": "wrong"}).status_code == 401
        longer = api().post(LOGIN, {"username": "minji", "password": "wrong"}).json()["retry_after_s"]
        assert longer > wait_s
    with time_machine_travel(3600 * 2):
        assert api().post(LOGIN, {"username": "minji", "password": PASSWORD}).status_code == 200


def test_a_name_that_is_unknown_backs_off_just_the_same(api, user):
    codes = [api().post(LOGIN, {"username": "nobody", "password": "x"}).status_code for _ in range(8)]
    assert codes == [401] * 6 + [429] * 2


def test_a_forged_x_forwarded_for_gains_nothing(api, user):
    codes = [
        api()
        .post(
            LOGIN,
            {"username": "minji", "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"203.0.113.{n}",
            HTTP_X_REAL_IP=f"203.0.113.{n}",
            HTTP_FORWARDED=f"for=203.0.113.{n}",
        )
        .status_code
        for n in range(8)
    ]
    assert codes[-1] == 429


def test_another_address_is_not_held_up(api, user):
    for _ in range(8):
        api().post(LOGIN, {"username": "minji", "password": "wrong"})
    assert api().post(LOGIN, {"username": "minji", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_one_ipv6_household_counts_as_one(api, user):
    codes = [
        api().post(LOGIN, {"username": "minji", "password": "wrong"}, REMOTE_ADDR=f"2001:db8:1:2::{n}").status_code
        for n in range(1, 9)
    ]
    assert codes[-1] == 429


def test_visitors_without_an_address_count_as_one(api, user):
    codes = [
        api().post(LOGIN, {"username": "minji", "password": "wrong"}, REMOTE_ADDR=address).status_code
        for address in ("", "unix:", "x") * 3
    ]
    assert codes[-1] == 429


def test_one_address_that_tries_many_names_is_slowed_down(api, user, monkeypatch):
    monkeypatch.setattr(Argon2, "encode", lambda self, password, salt: "argon2$x")
    codes = [api().post(LOGIN, {"username": f"name{n}", "password": "x"}).status_code for n in range(63)]
    assert codes[0] == 401
    assert codes[-1] == 429


def test_a_flood_of_other_names_does_not_free_a_blocked_one(api, user):
    for _ in range(7):
        api().post(LOGIN, {"username": "minji", "password": "wrong"})
    for n in range(2000):
        backoff.LOGIN.attempt("2001:db8::/64", f"name{n}")
    assert api().post(LOGIN, {"username": "minji", "password": "wrong"}).status_code == 429


def test_success_forgives_earlier_slips(api, user):
    for _ in range(3):
        for _ in range(4):
            api().post(LOGIN, {"username": "minji", "password": "wrong"})
        assert api().post(LOGIN, {"username": "minji", "password": PASSWORD}).status_code == 200


def test_the_session_key_changes_at_login(api, user):
    client = api()
    client.cookies["maru_session"] = "x" * 32
    client.handler.enforce_csrf_checks = False
    client.post(LOGIN, {"username": "minji", "password": PASSWORD})
    assert client.cookies["maru_session"].value != "x" * 32


class TestForeignPages:
    """A foreign page must not sign a visitor in as somebody else (login CSRF)."""

    def test_a_browser_without_the_csrf_token_is_refused(self, api, user):
        for sign in ({"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_SEC_FETCH_SITE": "cross-site"}):
            answer = api(enforce_csrf_checks=True).post(LOGIN, {"username": "minji", "password": PASSWORD}, **sign)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")

    def test_a_browser_with_the_token_from_setup_is_let_in(self, api, user):
        client = api(enforce_csrf_checks=True)
        client.get("/api/auth/setup/")
        answer = client.post(
            LOGIN,
            {"username": "minji", "password": PASSWORD},
            HTTP_ORIGIN="http://testserver",
            HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value,
        )
        assert answer.status_code == 200

    def test_even_the_token_does_not_help_a_foreign_origin(self, api, user):
        client = api(enforce_csrf_checks=True)
        client.get("/api/auth/setup/")
        token = client.cookies["csrftoken"].value
        answer = client.post(LOGIN, {}, HTTP_ORIGIN="https://evil.example", HTTP_X_CSRFTOKEN=token)
        assert answer.json()["code"] == "csrf_failed"

    def test_forms_are_no_json(self, api, user):
        answer = api().post(LOGIN, "username=minji", content_type="application/x-www-form-urlencoded")
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    def test_a_program_needs_no_token(self, api, user):
        client = api(enforce_csrf_checks=True)
        assert client.post(LOGIN, {"username": "minji", "password": PASSWORD}).status_code == 200
        assert client.cookies["maru_session"].value
        again = client.post(LOGIN, {"username": "minji", "password": PASSWORD})
        assert again.status_code == 200, "it keeps cookies, as many clients do by themselves"


@pytest.mark.parametrize("path", ["login", "logout", "logout-all", "register", "password", "invites"])
def test_nothing_happens_by_get(api, admin, path):
    answer = api(admin).get(f"/api/auth/{path}/", HTTP_ACCEPT_LANGUAGE="ko")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
