"""Logging out, a new password, a deactivation: what ends, what goes on, and what the sockets are told."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from knox.models import AuthToken

from backend.accounts import actions
from backend.accounts.logins import ENDED, login_group, login_id_of_session, login_id_of_token
from backend.accounts.models import BrowserSession
from backend.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
ME = "/api/auth/me/"
NEW_PASSWORD = "전혀 다른 문장 42"


def ids_of(client, token):
    digest = client.session["token_digest"]
    return sorted([login_id_of_session(client.session.session_key), login_id_of_token(digest)])


def test_it_works(sign_in, bearer, user, ended):
    client, token = sign_in(user)
    names = ids_of(client, token)
    assert client.post("/api/auth/logout/").status_code == 204
    assert client.get(ME).status_code == 401
    assert bearer(token).get(ME).status_code == 401, "session and token of one login end together"
    assert ended == [(user.pk, names)]
    assert not BrowserSession.objects.exists()


async def test_the_news_reaches_the_sockets_of_the_user(sign_in, user):
    client, token = await sync_to_async(sign_in)(user)
    names = await sync_to_async(ids_of)(client, token)
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(login_group(user.pk), channel)
    await sync_to_async(client.post)("/api/auth/logout/")
    async with asyncio.timeout(5):
        assert await layer.receive(channel) == {"type": ENDED, "login_ids": names}


def test_other_logins_of_the_user_go_on(sign_in, bearer, user):
    phone, phone_token = sign_in(user)
    laptop, _ = sign_in(user)
    laptop.post("/api/auth/logout/")
    assert phone.get(ME).status_code == 200
    assert bearer(phone_token).get(ME).status_code == 200


def test_a_token_logs_itself_out(sign_in, bearer, user, ended):
    _, token = sign_in(user)
    assert bearer(token).post("/api/auth/logout/").status_code == 204
    assert bearer(token).get(ME).status_code == 401
    assert [len(ids) for _, ids in ended] == [2], "the session's sockets close, too"


def test_logout_all_ends_every_device_and_no_other_user(sign_in, bearer, user, outsider, ended):
    phone, phone_token = sign_in(user)
    laptop, _ = sign_in(user)
    other, _ = sign_in(outsider)
    assert laptop.post("/api/auth/logout-all/").status_code == 204
    assert [phone.get(ME).status_code, laptop.get(ME).status_code, bearer(phone_token).get(ME).status_code] == [401] * 3
    assert other.get(ME).status_code == 200
    assert ended == [(user.pk, None)]


def test_a_new_password_ends_the_others_and_renews_the_caller(sign_in, bearer, user, ended):
    phone, phone_token = sign_in(user)
    laptop, _ = sign_in(user)
    answer = laptop.post("/api/auth/password/", {"old_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert answer.status_code == 200
    assert phone.get(ME).status_code == 401
    assert bearer(phone_token).get(ME).status_code == 401
    assert laptop.get(ME).status_code == 200
    assert bearer(answer.json()["token"]).get(ME).status_code == 200
    assert (user.pk, None) in ended
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def test_a_new_password_needs_the_old_one_and_guessing_it_is_slow(sign_in, user):
    client, _ = sign_in(user)
    body = {"old_password": "wrong", "new_password": NEW_PASSWORD}
    answers = [client.post("/api/auth/password/", body) for _ in range(8)]
    assert answers[0].status_code == 400
    assert list(answers[0].json()["fields"]) == ["old_password"]
    assert answers[-1].status_code == 429


def test_a_weak_new_password_is_refused(sign_in, user):
    client, _ = sign_in(user)
    answer = client.post("/api/auth/password/", {"old_password": PASSWORD, "new_password": "minji"})
    assert list(answer.json()["fields"]) == ["new_password"]


def test_deactivation_ends_everything_at_once(sign_in, bearer, user, ended):
    client, token = sign_in(user)
    actions.set_active(user, False)
    assert client.get(ME).status_code == 401
    assert bearer(token).get(ME).status_code == 401
    assert ended == [(user.pk, None)]


def test_an_inactive_user_is_refused_even_with_a_row_left_behind(sign_in, bearer, user):
    client, token = sign_in(user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(ME).status_code == 401
    assert bearer(token).get(ME).status_code == 401


def test_who_is_let_back_in_signs_in_again_and_nobody_is_told(sign_in, user, ended):
    actions.set_active(user, False)
    ended.clear()
    actions.set_active(user, True)
    client, _ = sign_in(user)
    assert client.get(ME).status_code == 200
    assert ended == []


def test_an_appointed_user_keeps_its_sockets(user, ended):
    actions.set_role(user, is_staff=True, is_superuser=False)
    assert ended == []
    user.refresh_from_db()
    assert user.is_staff


def test_a_demoted_user_hears_of_it(staff, ended):
    actions.set_role(staff, is_staff=False, is_superuser=False)
    assert ended == [(staff.pk, None)]


def test_signing_in_again_in_the_same_browser_ends_the_former_login(sign_in, bearer, user, outsider, ended):
    client, token = sign_in(user)
    names = ids_of(client, token)
    client.post("/api/auth/login/", {"username": outsider.username, "password": PASSWORD})
    assert [(who, sorted(ids)) for who, ids in ended] == [(user.pk, names)]
    assert bearer(token).get(ME).status_code == 401


def test_an_expired_token_is_refused(sign_in, bearer, user, time_machine_travel):
    _, token = sign_in(user)
    with time_machine_travel(31 * 24 * 3600):
        assert bearer(token).get(ME).status_code == 401
    assert AuthToken.objects.count() == 1


def test_what_has_expired_is_swept_at_the_next_login(sign_in, user, time_machine_travel):
    sign_in(user)
    with time_machine_travel(31 * 24 * 3600):
        sign_in(user)
        assert (AuthToken.objects.count(), BrowserSession.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a b", "Bearer nonsense", "Bearer maru-nonsense", "Bearer " + "x" * 5000]
)
def test_bad_bearers_are_refused_even_beside_a_good_cookie(sign_in, user, header):
    client, _ = sign_in(user)
    answer = client.get(ME, HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_bearer_that_is_no_ascii_is_refused(api, db):
    assert api().get(ME, HTTP_AUTHORIZATION="Bearer 마루").status_code == 401


def test_csrf_is_enforced_for_the_cookie(sign_in, user):
    client, _ = sign_in(user)
    client.handler.enforce_csrf_checks = True
    answer = client.post("/api/auth/logout/", HTTP_ACCEPT_LANGUAGE="ko")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    client.get(ME)
    token = client.cookies["csrftoken"].value
    assert client.post("/api/auth/logout/", HTTP_X_CSRFTOKEN=token).status_code == 204
