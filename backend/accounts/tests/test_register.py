"""Registration: who may come in, who becomes the administrator, and what names are taken."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.db import connections
from knox.models import AuthToken

from backend.accounts import setup
from backend.accounts.actions import register
from backend.accounts.models import User
from backend.conftest import PASSWORD

BODY = {"username": "minji", "email": "minji@example.org", "password": PASSWORD}


@pytest.fixture
def house_with(settings):
    """Change what the environment said."""

    def change(**changes):
        settings.MARU = dataclasses.replace(settings.MARU, **changes)

    return change


@pytest.mark.django_db
def test_it_works(api, admin):
    client = api()
    answer = client.post("/api/auth/register/", BODY)
    assert answer.status_code == 201
    body = answer.json()
    assert body["user"]["username"] == "minji"
    assert body["expires_at"].endswith("Z")
    assert client.get("/api/auth/me/").json()["id"] == body["user"]["id"], "the cookie signs in"
    bearer = api()
    bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {body['token']}")
    assert bearer.get("/api/auth/me/").status_code == 200


@pytest.mark.django_db
def test_passwords_are_argon2_and_tokens_are_stored_hashed(api, admin):
    token = api().post("/api/auth/register/", BODY).json()["token"]
    assert identify_hasher(User.objects.get(username="minji").password).algorithm == "argon2"
    assert token not in AuthToken.objects.values_list("digest", flat=True)
    assert not any(token in str(row.__dict__.values()) for row in AuthToken.objects.all())


@pytest.mark.django_db
def test_the_first_to_register_on_loopback_becomes_the_administrator_without_a_code(api):
    assert api().get("/api/auth/setup/").json() == {"needs_setup": True, "needs_code": False, "registration": "open"}
    user = api().post("/api/auth/register/", BODY).json()["user"]
    assert (user["is_staff"], user["is_superuser"]) == (True, True)
    assert api().get("/api/auth/setup/").json()["needs_setup"] is False
    second = api().post("/api/auth/register/", {**BODY, "username": "second", "email": ""}).json()["user"]
    assert (second["is_staff"], second["is_superuser"]) == (False, False)


@pytest.mark.django_db
@pytest.mark.parametrize("exposed", [{"host": "0.0.0.0"}, {"trusted_proxies": ("10.0.0.0/8",)}])
def test_elsewhere_the_first_administrator_needs_the_code_of_the_terminal(api, house_with, exposed):
    house_with(**exposed)
    assert api().get("/api/auth/setup/").json()["needs_code"] is True
    code = setup.setup_code_line().split()[-1]
    for wrong in ({}, {"setup_code": "AAAA-BBBB-CCCC"}):
        refused = api().post("/api/auth/register/", BODY | wrong)
        assert (refused.status_code, refused.json()["code"]) == (403, "setup_code_needed")
    assert User.objects.count() == 0
    user = api().post("/api/auth/register/", BODY | {"setup_code": code.lower().replace("-", " ")}).json()["user"]
    assert user["is_superuser"] is True


@pytest.mark.django_db
def test_a_new_start_makes_the_older_code_void_and_none_is_stored_in_clear(house_with, settings):
    house_with(host="0.0.0.0")
    older, newer = (setup.setup_code_line().split()[-1] for _ in range(2))
    assert not setup.is_setup_code(older)
    assert setup.is_setup_code(newer)
    (file,) = settings.MARU.data_dir.iterdir()
    assert newer not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_guessing_the_setup_code_is_slow(api, house_with):
    house_with(host="0.0.0.0")
    setup.setup_code_line()
    codes = [api().post("/api/auth/register/", BODY | {"setup_code": f"AAAA-{n:04}"}).status_code for n in range(13)]
    assert codes[0] == 403
    assert codes[-1] == 429


@pytest.mark.django_db
def test_no_code_is_printed_once_there_is_a_user(house_with, user):
    house_with(host="0.0.0.0")
    assert setup.setup_code_line() is None


@pytest.mark.django_db(transaction=True)
def test_of_many_who_race_to_be_first_exactly_one_becomes_administrator():
    n_racers = 8
    barrier = threading.Barrier(n_racers)
    errors = []

    def race(n):
        try:
            barrier.wait()
            register(username=f"racer{n}", email="", password=PASSWORD)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race, args=(n,)) for n in range(n_racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert User.objects.count() == n_racers
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db
def test_closed_means_closed(api, house_with, admin):
    house_with(registration="closed")
    answer = api().post("/api/auth/register/", BODY, HTTP_ACCEPT_LANGUAGE="ko")
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
    assert "닫혀" in answer.json()["detail"]


@pytest.mark.django_db
def test_invite_needs_an_invitation_that_staff_made(api, house_with, admin, user):
    house_with(registration="invite")
    new = BODY | {"username": "new", "email": ""}
    for wrong in ("", "made-up", "a:b:c"):
        assert api().post("/api/auth/register/", new | {"invite": wrong}).json()["code"] == "invite_needed"
    assert api(user).post("/api/auth/invites/").status_code == 403
    assert api().post("/api/auth/invites/").status_code == 401
    invite = api(admin).post("/api/auth/invites/").json()["invite"]
    assert api().post("/api/auth/register/", new | {"invite": invite}).status_code == 201


@pytest.mark.django_db
def test_an_invitation_ends(api, house_with, admin, time_machine_travel):
    house_with(registration="invite")
    invite = api(admin).post("/api/auth/invites/").json()["invite"]
    with time_machine_travel(setup.INVITE_LIFE.total_seconds() + 1):
        answer = api().post("/api/auth/register/", BODY | {"invite": invite})
    assert answer.json()["code"] == "invite_needed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "username",
    ["", "a", "a" * 41, "with space", "mi@ji.org", "tab\tbed", "nul\x00", "rtl\u202eabc", "<script>", "a/b", "한 글"],
)
def test_odd_usernames_are_refused_with_the_field_named(api, admin, username):
    answer = api().post("/api/auth/register/", BODY | {"username": username, "email": ""})
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_input"
    assert list(answer.json()["fields"]) == ["username"]


@pytest.mark.django_db
def test_usernames_are_normalised_so_that_lookalikes_of_one_text_are_one(api, admin):
    decomposed = "\u1106\u1175\u11ab\u110c\u1175"  # 민지 in jamo
    user = api().post("/api/auth/register/", BODY | {"username": decomposed}).json()["user"]
    assert user["username"] == "민지"
    assert api().post("/api/auth/login/", {"username": decomposed, "password": PASSWORD}).status_code == 200


@pytest.mark.django_db
def test_names_and_emails_are_taken_whatever_their_case(api, user):
    answer = api().post("/api/auth/register/", BODY | {"username": "MinJi", "email": "MINJI@example.org"})
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"username", "email"}


@pytest.mark.django_db
def test_nobody_promotes_themselves_at_the_door(api, admin):
    user = api().post("/api/auth/register/", BODY | {"is_staff": True, "is_superuser": True, "id": 1}).json()["user"]
    assert (user["is_staff"], user["is_superuser"]) == (False, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "password", ["short", "12345678901", "password", "minji@example.org", "x" * 257, "a\x00bcdefghij"]
)
def test_weak_passwords_are_refused_with_the_field_named(api, admin, password):
    answer = api().post("/api/auth/register/", BODY | {"password": password})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["password"]


@pytest.mark.django_db
def test_weak_passwords_are_explained_in_korean(api, admin):
    answer = api().post("/api/auth/register/", BODY | {"password": "1234"}, HTTP_ACCEPT_LANGUAGE="ko-KR,ko;q=0.9")
    assert answer.json()["detail"] == "요청에 올바르지 않은 값이 있습니다."
    assert any("비밀번호" in sentence for sentence in answer.json()["fields"]["password"])
