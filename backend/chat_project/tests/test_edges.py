"""The edge of the house: addresses behind proxies, body limits, headers, and one error shape for whatever goes wrong."""

from __future__ import annotations

import dataclasses
import errno
import json
import sqlite3
from ipaddress import ip_network

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError
from django.test import Client, RequestFactory
from rest_framework import exceptions as drf

from backend.chat_project import error_pages
from backend.chat_project.asgi import application
from backend.chat_project.body_limit import DEFAULT_LIMIT, BodyLimit, limit_of
from backend.chat_project.proxy import ProxyHeaders, client_address
from backend.lib.api_errors import flat_fields, translate

LOGIN = "/api/auth/login/"
TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


async def ask(app, scope, *bodies):
    """Status, headers and body of the answer of an ASGI app."""
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "query_string": b"",
        "server": ("localhost", 8000), "client": ("192.0.2.1", 5000), **scope,
    }  # fmt: skip
    communicator = ApplicationCommunicator(app, scope)
    for n, body in enumerate(bodies):
        await communicator.send_input({"type": "http.request", "body": body, "more_body": n + 1 < len(bodies)})
    start = await communicator.receive_output(10)
    body = await communicator.receive_output(10)
    await communicator.wait(10)
    return start["status"], dict(start["headers"]), body["body"]


def json_scope(path, *headers):
    return {"path": path, "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), *headers]}


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"", b"{", b"nonsense", b"\xff\xfe", b'{"username": NaN}', b'{"username": Infinity}', b"[" * 100_000,
            b'{"a":' * 100_000, b"9" * 10_000, b'"\\ud800"', b"null", b"[]", b"1e999",
        ],
    )  # fmt: skip
    def test_malformed_json_is_a_clear_400(self, client, db, body):
        answer = client.post(LOGIN, body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["code"] == "bad_input"
        assert answer.headers["Content-Type"] == "application/json"

    def test_it_is_explained_in_korean(self, client, db):
        answer = client.post(LOGIN, b"{", content_type="application/json", HTTP_ACCEPT_LANGUAGE="ko")
        assert answer.json()["detail"] == "요청이 올바른 JSON 형식이 아닙니다."

    @pytest.mark.parametrize(
        "name", ['"a\\u0000b"', '"\\ud800"', "[1]", "{}", "123456789012345678901234567890", "true"]
    )
    def test_odd_values_are_no_500(self, client, db, name):
        body = f'{{"username": {name}, "password": {name}}}'
        answer = client.post(LOGIN, body, content_type="application/json")
        assert answer.status_code in (400, 401)
        assert answer.json()["code"] in ("bad_input", "bad_credentials")

    async def test_a_body_that_says_it_is_too_large_is_refused_before_any_of_it_is_read(self):
        headers = ((b"content-length", b"99999999"), (b"accept-language", b"ko"))
        status, _, body = await ask(application, json_scope(LOGIN, *headers))
        assert status == 413
        assert json.loads(body) == {"code": "too_large", "detail": "내용이 너무 큽니다.", "retryable": False}

    @pytest.mark.parametrize("said", [None, b"5", b"nonsense", b"9" * 5000, b"-1"])
    async def test_a_body_longer_than_it_said_is_cut(self, said):
        headers = [(b"content-length", said)] if said else []
        status, _, body = await ask(application, json_scope(LOGIN, *headers), b"x" * DEFAULT_LIMIT, b"x")
        assert status == 413
        assert json.loads(body)["code"] == "too_large"

    async def test_a_body_at_the_limit_passes(self):
        seen = []

        async def app(scope, receive, send):
            seen.append(len((await receive())["body"]))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        status, _, _ = await ask(BodyLimit(app), json_scope(LOGIN), b"x" * DEFAULT_LIMIT)
        assert (status, seen) == (200, [DEFAULT_LIMIT])

    @pytest.mark.django_db(transaction=True)
    async def test_a_body_in_chunks_of_no_declared_length_is_read(self):
        status, _, body = await ask(application, json_scope(LOGIN), b'{"username": "nobody",', b'"password": "x"}')
        assert (status, json.loads(body)["code"]) == (401, "bad_credentials")

    def test_uploads_may_be_larger(self):
        assert limit_of("/api/sessions/import/") > limit_of("/api/sessions/") == DEFAULT_LIMIT


class TestAddresses:
    @pytest.mark.parametrize(
        ("peer", "forwarded_for", "address"),
        [
            ("192.0.2.1", "", "192.0.2.1"),
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.66, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.66, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
            ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ],
    )
    def test_only_what_a_trusted_proxy_wrote_is_believed(self, peer, forwarded_for, address):
        assert client_address(peer, forwarded_for, TRUSTED) == address

    async def see(self, settings, peer, *headers, kind="http"):
        settings.MARU = dataclasses.replace(settings.MARU, trusted_proxies=TRUSTED)
        seen = {}

        async def app(scope, receive, send):
            seen.update(scope)

        scope = {"type": kind, "scheme": "http", "client": (peer, 1), "headers": list(headers)}
        await ProxyHeaders(app)(scope, None, None)
        return seen

    async def test_a_stranger_cannot_forge_address_or_scheme(self, settings):
        forged = ((b"x-forwarded-for", b"127.0.0.1"), (b"X-Forwarded-Proto", b"https"), (b"x-real-ip", b"127.0.0.1"))
        seen = await self.see(settings, "192.0.2.1", *forged)
        assert (seen["client"][0], seen["scheme"], seen["headers"]) == ("192.0.2.1", "http", [])

    async def test_a_trusted_proxy_tells_both(self, settings):
        told = ((b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https"))
        seen = await self.see(settings, "10.0.0.1", *told)
        assert (seen["client"][0], seen["scheme"], seen["headers"]) == ("203.0.113.9", "https", [])
        assert (await self.see(settings, "10.0.0.1", *told, kind="websocket"))["scheme"] == "wss"

    @pytest.mark.django_db(transaction=True)
    async def test_the_login_counts_the_address_that_the_proxy_saw(self, settings):
        settings.MARU = dataclasses.replace(settings.MARU, trusted_proxies=TRUSTED)
        body = json.dumps({"username": "nobody", "password": "x"}).encode()

        async def guess(forged, true):
            length = (b"content-length", str(len(body)).encode())
            headers = ((b"x-forwarded-for", f"{forged}, {true}".encode()), length)
            scope = {**json_scope(LOGIN, *headers), "client": ("10.0.0.1", 5000)}
            return (await ask(application, scope, body))[0]

        guesses = [await guess(f"198.51.100.{n}", "203.0.113.9") for n in range(8)]
        assert guesses[-1] == 429
        assert await guess("198.51.100.1", "203.0.113.10") == 401


class TestErrors:
    def test_an_unknown_address_is_json_for_programs_and_a_sentence_for_people(self, client):
        assert client.get("/api/nowhere/").json()["code"] == "not_found"
        page = client.get("/nowhere.txt", HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="ko")
        assert page.status_code in (200, 404)

    def test_a_foreign_host_is_refused(self, client):
        answer = client.get("/api/auth/setup/", HTTP_HOST="evil.example")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_host")

    def test_a_form_of_answer_that_is_not_there(self, client, db):
        answer = client.get("/api/auth/setup/", HTTP_ACCEPT="image/png")
        assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")

    def test_a_method_nobody_knows(self, client, db):
        answer = client.generic("BREW", LOGIN, b"")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer.json()["detail"].isascii()

    def test_a_bug_is_a_bare_500(self):
        request = RequestFactory().get("/api/x/")
        try:
            raise ValueError("inside")
        except ValueError:
            answer = error_pages.server_error(request)
        assert answer.status_code == 500
        assert json.loads(answer.content)["code"] == "error"
        assert b"inside" not in answer.content

    def test_a_full_disk_is_a_507_wherever_it_shows(self, tmp_path):
        assert translate(OSError(errno.ENOSPC, "full")).code == "storage_full"
        connection = sqlite3.connect(tmp_path / "small.sqlite3")
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 2")
        try:
            with pytest.raises(sqlite3.OperationalError) as caught:
                connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        finally:
            connection.close()
        error = OperationalError("full")
        error.__cause__ = caught.value
        assert (translate(error).code, translate(error).http_status) == ("storage_full", 507)

    def test_a_database_that_is_away_is_a_503_to_try_again(self):
        error = translate(OperationalError("connection refused"))
        assert (error.code, error.http_status, error.retryable) == ("unavailable", 503, True)

    def test_throttling_says_when_to_come_back(self):
        error = translate(drf.Throttled(wait=2.3))
        assert (error.code, error.retry_after_s) == ("too_many_requests", 3)

    def test_a_bug_is_not_translated(self):
        assert translate(KeyError("x")) is None

    @pytest.mark.parametrize(
        ("detail", "fields"),
        [
            ({"a": ["x"]}, {"a": ["x"]}),
            ({"a": {"b": ["x", "y"]}}, {"a.b": ["x", "y"]}),
            ({"a": [{}, {"b": ["x"]}]}, {"a.1.b": ["x"]}),
            (["x"], {"non_field_errors": ["x"]}),
            ("x", {"non_field_errors": ["x"]}),
            ({"a": {"2": ["x"]}}, {"a.2": ["x"]}),
        ],
    )
    def test_fields_are_flat(self, detail, fields):
        assert flat_fields(detail) == fields


class TestHeaders:
    def test_the_policy_is_strict_and_complete(self, client, db):
        headers = client.get("/api/auth/setup/").headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["script-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
        assert policy["img-src"] == "'self' data: blob:"
        assert "unsafe-eval" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers

    def test_cookies_are_secure_wherever_the_visitor_came_by_tls(self, client, db):
        assert not client.get("/api/auth/setup/").cookies["csrftoken"]["secure"]
        assert client.get("/api/auth/setup/", secure=True).cookies["csrftoken"]["secure"]
