"""Who may open a WebSocket: RELIABILITY 1, 2 and 4, on the middleware itself and through the whole application."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from backend.accounts.credentials import new_key
from backend.accounts.logins import login_id_of_key, login_id_of_session, login_id_of_token
from backend.accounts.models import ApiKey, BrowserSession, User
from backend.chat_project.asgi import application
from backend.chat_project.socket_auth import SocketAuth, is_own_origin

pytestmark = pytest.mark.django_db(transaction=True)
HOST = b"localhost:8000"
OWN = b"http://localhost:8000"


async def verdict(headers=(), subprotocols=(), query=b""):
    """What the consumer would find in its scope."""
    seen = {}

    async def consumer(scope, receive, send):
        seen.update(scope)

    scope = {
        "type": "websocket",
        "path": "/ws/chat/1/",
        "query_string": query,
        "headers": [(b"host", HOST), *headers],
        "subprotocols": list(subprotocols),
    }
    await SocketAuth(consumer)(scope, None, None)
    return seen


@sync_to_async
def cookie_of(user):
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def cookie_header(value):
    return (b"cookie", f"{settings.SESSION_COOKIE_NAME}={value}".encode())


@sync_to_async
def token_of(user, **fields):
    row, text = AuthToken.objects.create(user=user, **fields)
    return row, text


async def test_it_works(user):
    key = await cookie_of(user)
    seen = await verdict([cookie_header(key), (b"origin", OWN)])
    assert (seen["user"], seen["close_code"], seen["login_id"]) == (user, None, login_id_of_session(key))
    assert seen["login_expires_at"] is not None


async def test_a_token_as_subprotocol_needs_no_origin(user):
    row, text = await token_of(user)
    seen = await verdict(subprotocols=["maru.v1", f"bearer.{text}"])
    assert (seen["user"], seen["close_code"], seen["login_id"]) == (user, None, login_id_of_token(row.digest))
    assert seen["login_expires_at"] == row.expiry


async def test_an_api_key_of_chat_is_let_in_and_one_that_only_reads_is_not(user):
    for scopes, close_code in ((["chat"], None), (["read", "chat"], None), (["read"], 4403)):
        text, digest = new_key()
        await ApiKey.objects.acreate(user=user, name="x", scopes=scopes, digest=digest, start=text[:12])
        seen = await verdict(subprotocols=["maru.v1", f"bearer.{text}"])
        assert seen["close_code"] == close_code
        assert seen["login_id"] == (login_id_of_key(digest) if close_code is None else None)


@pytest.mark.parametrize(
    "origin", [b"https://evil.example", b"null", b"http://localhost:9999", b"http://localhost", b"x", b""]
)
async def test_a_foreign_origin_is_refused_for_cookies(user, origin):
    seen = await verdict([cookie_header(await cookie_of(user)), (b"origin", origin)])
    assert (seen["close_code"], seen["user"].is_anonymous, seen["login_id"]) == (4403, True, None)


async def test_a_missing_origin_is_refused_for_cookies(user):
    assert (await verdict([cookie_header(await cookie_of(user))]))["close_code"] == 4403


@pytest.mark.parametrize("token", ["", "nonsense", "maru-nonsense", "x" * 4000, "마루"])
async def test_a_bad_token_is_refused_even_beside_a_good_cookie(user, token):
    seen = await verdict([cookie_header(await cookie_of(user)), (b"origin", OWN)], ["maru.v1", f"bearer.{token}"])
    assert (seen["close_code"], seen["user"].is_anonymous) == (4401, True)


async def test_two_tokens_are_none(user):
    _, text = await token_of(user)
    seen = await verdict(subprotocols=["maru.v1", f"bearer.{text}", f"bearer.{text}"])
    assert seen["close_code"] == 4401


async def test_an_expired_token_is_refused(user):
    _, text = await token_of(user, expiry=timedelta(seconds=-1))
    assert (await verdict(subprotocols=["maru.v1", f"bearer.{text}"]))["close_code"] == 4401


async def test_a_login_that_ends_while_the_socket_opens_is_found_by_asking_again(user):
    row, text = await token_of(user)
    seen = await verdict(subprotocols=["maru.v1", f"bearer.{text}"])
    assert await sync_to_async(seen["login_is_alive"])()
    await sync_to_async(row.delete)()
    assert not await sync_to_async(seen["login_is_alive"])()


async def test_a_browser_session_that_ends_while_the_socket_opens_is_found_by_asking_again(user):
    key = await cookie_of(user)
    headers = [cookie_header(key), (b"origin", OWN)]

    async def is_let_in_after(change):
        seen = await verdict(headers)
        assert await sync_to_async(seen["login_is_alive"])()
        await change()
        return await sync_to_async(seen["login_is_alive"])()

    person = User.objects.filter(pk=user.pk)
    assert not await is_let_in_after(lambda: person.aupdate(is_active=False))
    await person.aupdate(is_active=True)
    assert not await is_let_in_after(lambda: person.aupdate(password="another's hash"))
    await person.aupdate(password=user.password)
    session = BrowserSession.objects.filter(session_key=key)
    assert not await is_let_in_after(lambda: session.aupdate(expire_date=timezone.now()))
    await session.aupdate(expire_date=timezone.now() + timedelta(hours=1))
    assert not await is_let_in_after(session.adelete)
    assert not await sync_to_async((await verdict(headers))["login_is_alive"])()


async def test_a_token_in_the_url_is_not_looked_at(user):
    _, text = await token_of(user)
    for query in (f"token={text}", f"bearer={text}", f"access_token={text}"):
        assert (await verdict(query=query.encode()))["close_code"] == 4401


@pytest.mark.parametrize("value", ["", "x" * 32, "x" * 4000, "a;b", "마루"])
async def test_a_bad_cookie_is_refused(db, value):
    assert (await verdict([cookie_header(value), (b"origin", OWN)]))["close_code"] == 4401


async def test_nobody_is_refused(db):
    assert (await verdict())["close_code"] == 4401


async def test_the_session_of_an_inactive_user_or_an_older_password_is_refused(user):
    cookie = [cookie_header(await cookie_of(user)), (b"origin", OWN)]
    user.is_active = False
    await user.asave()
    assert (await verdict(cookie))["close_code"] == 4401
    user.is_active = True
    user.set_password("something else entirely")
    await user.asave()
    assert (await verdict(cookie))["close_code"] == 4401


async def test_the_socket_speaks_the_language_of_the_user_or_of_the_browser(user):
    _, text = await token_of(user)
    korean = [(b"accept-language", b"fr;q=0.9, ko-KR, en;q=0.5")]
    assert (await verdict(korean))["language"] == "ko"
    assert (await verdict())["language"] == "en"
    user.language = "en"
    await user.asave()
    assert (await verdict(korean, [f"bearer.{text}"]))["language"] == "en"


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost", "localhost:80", True),
        ("https://localhost:443", "localhost", True),
        ("HTTP://LOCALHOST:8000".lower(), "LOCALHOST:8000", True),
        ("http://evil.example", "evil.example", False),
        ("http://localhost:8000@evil.example", "localhost:8000", False),
        ("http://localhost:8000.evil.example", "localhost:8000", False),
        ("http://[::1", "[::1", False),
        ("file://localhost:8000", "localhost:8000", False),
        (None, "localhost", False),
        ("http://localhost", None, False),
    ],
)
def test_what_an_own_origin_is(settings, origin, host, is_own):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    assert is_own_origin(origin, host) is is_own


async def test_through_the_whole_application_the_refusal_arrives_as_a_close_code(db):
    socket = WebsocketCommunicator(application, "/ws/nowhere/", subprotocols=["maru.v1"])
    accepted, subprotocol = await socket.connect()
    assert (accepted, subprotocol) == (True, "maru.v1")
    assert (await socket.receive_output())["code"] == 4401


async def test_an_unknown_address_closes_with_4404(user):
    _, text = await token_of(user)
    socket = WebsocketCommunicator(application, "/ws/nowhere/", subprotocols=["maru.v1", f"bearer.{text}"])
    accepted, subprotocol = await socket.connect()
    assert (accepted, subprotocol) == (True, "maru.v1"), "the token is not echoed"
    assert (await socket.receive_output())["code"] == 4404
