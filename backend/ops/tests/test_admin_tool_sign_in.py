"""An administrator signs Maru in at a tool server: against a server and a provider on a real socket."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from backend.lib import clock
from backend.mcp import sign_in
from backend.mcp.models import Attempt, SignIn
from backend.mcp.tests.server import http, in_thread, mcp_server
from backend.mcp.tests.sign_in_server import SignInServer, sign_in_server, visit
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/admin/tool-servers/"
CALLBACK = "http://testserver/api/admin/tool-servers/connected/"


@pytest.fixture
def far() -> Iterator[SignInServer]:
    with in_thread(sign_in_server) as made:
        yield made


@pytest.fixture
def client(api: Any, admin: Any) -> Any:
    return api(admin)


def added(client: Any, far: SignInServer, **more: Any) -> int:
    given = {"name": "t", "url": far.url, "may_be_private": True, **more}
    return int(client.post(URL, given).json()["id"])


def begun(client: Any, pk: int, **given: Any) -> str:
    answer = client.post(f"{URL}{pk}/connect/", given)
    assert answer.status_code == 200, answer.json()
    return str(answer.json()["authorization_url"])


def sent_back(url: str, far: SignInServer) -> str:
    back = asyncio.run(visit(url, far))
    assert back.startswith(CALLBACK + "?")
    return back.removeprefix("http://testserver")


def result(answer: Any) -> dict[str, str]:
    """What the page is told by the redirect."""
    assert answer.status_code == 302, answer.content
    path, _, query = answer.headers["Location"].partition("?")
    assert path == "/admin/#/tools"
    return {name: values[0] for name, values in parse_qs(query).items()}


def connected(client: Any, far: SignInServer) -> int:
    pk = added(client, far)
    assert result(client.get(sent_back(begun(client, pk), far))) == {"sign_in": "connected", "server": "t"}
    return pk


def row(client: Any) -> Any:
    return client.get(URL).json()["results"][0]


def entries() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_it_works(client: Any, far: SignInServer) -> None:
    pk = added(client, far)
    refused = client.post(f"{URL}{pk}/refresh/")
    assert "sign_in_needed" in refused.json()["detail"]
    assert row(client)["sign_in"] is None
    url = begun(client, pk)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (asked["resource"], asked["scope"], asked["redirect_uri"]) == (far.url, "tools", CALLBACK)
    back = client.get(sent_back(url, far))
    assert result(back) == {"sign_in": "connected", "server": "t"}
    assert back.headers["Cache-Control"] == "no-store"
    seen = row(client)
    assert (seen["sign_in"]["state"], seen["sign_in"]["issuer"]) == ("connected", far.origin)
    assert [tool["name"] for tool in seen["tools"]] == ["add", "note", "slow"]
    assert entries() == ["tools.add", "tools.connect", "tools.refresh"]
    given_up = client.post(f"{URL}{pk}/disconnect/").json()
    assert given_up == {"is_revoked": True}
    assert len(far.revoked) == 2
    assert not far.access | far.refresh
    seen = row(client)
    assert (seen["sign_in"], seen["error_code"], len(seen["tools"])) == (None, "sign_in_needed", 3)
    assert entries()[-1] == "tools.disconnect"


def test_no_secret_of_it_is_seen_or_stored_openly(
    client: Any, far: SignInServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    far.auth_methods = ["client_secret_basic"]
    pk = added(client, far)
    url = begun(client, pk)
    attempt = Attempt.objects.get()
    back = sent_back(url, far)
    client.get(back)
    [exchange] = [form for path, form in far.asked_of if path == "/token"]
    held = sign_in.held(pk)
    assert held is not None
    hidden = [
        *held.tokens.values(),
        held.client.secret,
        exchange["code"],
        exchange["code_verifier"],
        parse_qs(urlsplit(url).query)["state"][0],
    ]
    stored = SignIn.objects.get()
    entries_ = list(AuditEntry.objects.values_list("changes", flat=True))
    seen = f"{row(client)} {vars(attempt)} {vars(stored)} {entries_} {held!r} {caplog.text}"
    assert all(hidden)
    assert [secret for secret in hidden if secret in seen] == []


def test_who_comes_back_is_who_went_once_and_in_time(api: Any, admin: Any, client: Any, far: SignInServer) -> None:
    pk = added(client, far)
    back = sent_back(begun(client, pk), far)
    other = api(type(admin).objects.create(username="other", email="o@x.org", is_staff=True, is_superuser=True))
    unknown = {"sign_in": "sign_in_unknown"}
    assert result(other.get(back)) == unknown
    assert result(client.get(back.replace("state=", "state=x"))) == unknown
    assert result(client.get(back))["sign_in"] == "connected"
    assert result(client.get(back)) == unknown
    back = sent_back(begun(client, pk), far)
    with time_machine.travel(clock.now() + timedelta(seconds=sign_in.ATTEMPT_S + 1), tick=False):
        assert result(client.get(back)) == unknown
    first, second = begun(client, pk), begun(client, pk)
    assert result(client.get(sent_back(first, far))) == unknown
    assert result(client.get(sent_back(second, far)))["sign_in"] == "connected"


def test_a_refusal_is_told_and_takes_nothing_away(client: Any, far: SignInServer) -> None:
    pk = added(client, far)
    for state in ("refused", "connected", "connected"):
        back = sent_back(begun(client, pk), far)
        if state == "refused":
            back = back.replace("code=", "error=access_denied&x=")
        told = result(client.get(back))
        assert told["sign_in"] == ("denied" if state == "refused" else "connected")
        assert row(client)["sign_in"]["state"] == state
    back = sent_back(begun(client, pk), far).replace("code=", "error=access_denied&x=")
    assert result(client.get(back))["sign_in"] == "denied"
    assert row(client)["sign_in"]["state"] == "connected"


def test_the_code_of_another_provider_is_not_passed_on(client: Any, far: SignInServer) -> None:
    back = sent_back(begun(client, added(client, far)), far)
    wrong = back.replace("iss=", "iss=https%3A%2F%2Fevil.example%2F&x=")
    assert result(client.get(wrong))["sign_in"] == "bad_answer"
    assert "/token" not in far.paths()


def test_a_provider_that_registers_nobody_needs_a_client_of_its_own(client: Any, far: SignInServer) -> None:
    far.with_registration, far.auth_methods = False, ["client_secret_post"]
    pk = added(client, far)
    answer = client.post(f"{URL}{pk}/connect/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "tool_client_needed")
    assert CALLBACK in answer.json()["detail"]
    far.clients["by-hand"] = {"redirect_uris": [CALLBACK], "client_secret": "hush"}
    back = sent_back(begun(client, pk, client_id="by-hand", client_secret="hush"), far)
    assert result(client.get(back))["sign_in"] == "connected"
    begun(client, pk)  # the second time it is known
    assert "/register" not in far.paths()


def test_a_client_is_registered_once_and_anew_after_a_disconnect(client: Any, far: SignInServer) -> None:
    pk = connected(client, far)
    begun(client, pk)
    assert far.paths().count("/register") == 1
    client.post(f"{URL}{pk}/disconnect/")
    begun(client, pk)
    assert far.paths().count("/register") == 2


@pytest.mark.parametrize("act", ["delete", "url"])
def test_of_a_server_that_goes_the_tokens_are_given_back(client: Any, far: SignInServer, act: str) -> None:
    pk = connected(client, far)
    begun(client, pk)
    if act == "delete":
        assert client.delete(f"{URL}{pk}/").status_code == 204
    else:
        assert client.patch(f"{URL}{pk}/", {"url": f"{far.origin}/other"}).json()["sign_in"] is None
    assert len(far.revoked) == 2
    assert not SignIn.objects.exists()
    assert not Attempt.objects.exists()


def test_a_provider_that_is_gone_keeps_nobody_from_disconnecting(client: Any, far: SignInServer) -> None:
    pk = connected(client, far)
    far.odd["/revoke"] = lambda _: http(503)
    assert client.post(f"{URL}{pk}/disconnect/").json() == {"is_revoked": False}
    assert row(client)["sign_in"] is None
    assert client.post(f"{URL}{pk}/disconnect/").json() == {"is_revoked": False}
    assert entries().count("tools.disconnect") == 1


def test_with_another_secret_key_it_is_unreadable(client: Any, far: SignInServer, settings: Any) -> None:
    pk = connected(client, far)
    settings.SECRET_KEY = "another"
    assert sign_in.state_of(SignIn.objects.get()) == "unreadable"
    assert sign_in.held(pk) is None


def changed(where: str, **values: Any) -> Any:
    def change(path: str, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, **values} if where in path else document

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (changed("protected-resource", resource="http://127.0.0.1:1/mcp"), "bad_answer"),
        (changed("protected-resource", resource=7), "bad_answer"),
        (changed("protected-resource", authorization_servers=[]), "bad_answer"),
        (changed("protected-resource", authorization_servers=["javascript:alert(1)"]), "bad_answer"),
        (changed("protected-resource", authorization_servers=["http://user:word@127.0.0.1/"]), "bad_answer"),
        (changed("authorization-server", issuer="https://evil.example"), "no_sign_in"),
        (changed("authorization-server", code_challenge_methods_supported=["plain"]), "no_pkce"),
        (changed("authorization-server", code_challenge_methods_supported=None), "no_pkce"),
        (changed("authorization-server", authorization_endpoint="javascript:alert(1)"), "bad_answer"),
        (changed("authorization-server", authorization_endpoint=None), "bad_answer"),
        (changed("authorization-server", token_endpoint=["http://127.0.0.1/"]), "bad_answer"),
        (changed("authorization-server", token_endpoint="file:///etc/passwd"), "bad_answer"),
        (changed("authorization-server", registration_endpoint="http://x y/"), "bad_answer"),
        (changed("authorization-server", token_endpoint_auth_methods_supported=["private_key_jwt"]), "bad_answer"),
    ],
)
def test_what_a_provider_may_not_say_of_itself(client: Any, far: SignInServer, change: Any, code: str) -> None:
    far.change = change
    answer = client.post(f"{URL}{added(client, far)}/connect/", {})
    assert (answer.status_code, answer.json()["code"]) == (502, "tool_server_failed")
    assert f"({code})" in answer.json()["detail"]
    assert "/register" not in far.paths()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    ("where", "odd", "code"),
    [
        ("/token", lambda _: http(500), "refused"),
        ("/token", lambda _: http(307, b"", "Location: http://127.0.0.1:1/"), "refused"),
        ("/token", lambda _: http(200, b"<html>"), "bad_answer"),
        ("/token", lambda _: http(200, b"{}"), "bad_answer"),
        ("/token", lambda _: http(200, b'{"access_token": "a\\r\\nX: y", "token_type": "Bearer"}'), "bad_answer"),
        ("/token", lambda _: http(200, b'{"access_token": "a", "token_type": "mac"}'), "bad_answer"),
        ("/token", lambda _: http(200, b'{"access_token": "a", "refresh_token": [1], "token_type": "bearer"}'), "bad_answer"),
        ("/token", lambda _: http(200, b" " * 70_000), "too_large"),
        ("/token", lambda _: http(400, b'{"error": "invalid_grant"}'), "expired"),
        ("/token", lambda _: http(400, b'{"error": ["invalid_grant"]}'), "refused"),
        ("/token", lambda _: b"nonsense\r\n\r\n", "unreachable"),
    ],
)  # fmt: skip
def test_what_a_provider_may_not_answer(client: Any, far: SignInServer, where: str, odd: Any, code: str) -> None:
    back = sent_back(begun(client, added(client, far)), far)
    far.odd[where] = odd
    assert result(client.get(back)) == {"sign_in": code, "server": "t"}
    assert row(client)["sign_in"]["state"] == "refused"


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (lambda _: http(201, json.dumps({"client_id": "a\nb"}).encode()), "bad_answer"),
        (lambda _: http(201, json.dumps({"client_id": "a", "token_endpoint_auth_method": "x"}).encode()), "bad_answer"),
        (lambda _: http(201, json.dumps({"client_id": "a", "client_secret": 3}).encode()), "bad_answer"),
        (lambda _: http(500), "refused"),
    ],
)
def test_a_registration_that_is_none(client: Any, far: SignInServer, odd: Any, code: str) -> None:
    far.odd["/register"] = odd
    answer = client.post(f"{URL}{added(client, far)}/connect/", {})
    assert (answer.status_code, f"({code})" in answer.json()["detail"]) == (502, True)


def test_no_way_inside_and_no_token_without_tls(client: Any, far: SignInServer) -> None:
    pk = added(client, far, may_be_private=False)
    assert "(no_tls)" in client.post(f"{URL}{pk}/connect/", {}).json()["detail"]
    client.patch(f"{URL}{pk}/", {"url": far.url.replace("http://", "https://")})
    assert "(address_refused)" in client.post(f"{URL}{pk}/connect/", {}).json()["detail"]
    assert far.heard == far.asked_of == []


def test_a_server_that_asks_for_no_sign_in(client: Any, far: SignInServer) -> None:
    for path in ("/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server"):
        far.odd[path] = lambda _: http(404)
    assert "(bad_answer)" in client.post(f"{URL}{added(client, far)}/connect/", {}).json()["detail"]
    with in_thread(mcp_server) as plain:
        pk = client.post(URL, {"name": "plain", "url": plain.url, "may_be_private": True}).json()["id"]
        plain.odd["GET"] = lambda _: http(404)
        assert "(no_sign_in)" in client.post(f"{URL}{pk}/connect/", {}).json()["detail"]


@pytest.mark.parametrize(
    "wrong", [{"client_id": "비밀"}, {"client_id": "a b"}, {"client_id": ""}, {"client_secret": "a\nb"}]
)
def test_what_is_refused(client: Any, far: SignInServer, wrong: dict[str, str]) -> None:
    answer = client.post(f"{URL}{added(client, far)}/connect/", wrong)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(wrong))
