"""`manage.py serve` as a person and a process manager see it: it starts, refuses, and says why."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from backend.chat_project.tests.chatting import PATIENCE_S, ask, open_chat, until
from backend.chat_project.tests.running import ROOT, Running, environment, manage, serving


@pytest.fixture(scope="module")
def server(migrated: Path) -> Iterator[Running]:
    """One for all tests that leave it as it was."""
    with serving(environment(shutil.copytree(migrated, migrated.with_name("shared")))) as running:
        yield running


def raw(running: Running, *pieces: bytes) -> bytes:
    """Send bytes as they are; what comes back first."""
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return connection.recv(65536)


def test_it_works(server: Running) -> None:
    assert server.request("GET", "/healthz")[0] == 200
    assert server.request("GET", "/readyz")[0] == 200
    assert server.hear(r"Model: (\S+)") == "echo"


def test_a_message_is_answered_on_a_socket(server: Running) -> None:
    token = server.sign_up("talker")
    session_id = server.request("POST", "/api/sessions/", {}, token)[1]["id"]
    with open_chat(server, token, session_id) as chat:
        assert chat.subprotocol == "maru.v1"
        until(chat, "session_state")
        ask(chat, "안녕하세요")
        assert until(chat, "ai_complete")["message"]["status"] == "complete"


@pytest.mark.parametrize(("size", "codes"), [(300 * 1024, {4413}), (1100 * 1024, {1006, 1009})])
def test_a_frame_too_large_closes_its_own_socket_only(server: Running, size: int, codes: set[int]) -> None:
    token = server.sign_up(f"shouter{size}")
    session_id = server.request("POST", "/api/sessions/", {}, token)[1]["id"]
    with open_chat(server, token, session_id) as loud, open_chat(server, token, session_id) as quiet:
        until(loud, "session_state")
        until(quiet, "session_state")
        with contextlib.suppress(ConnectionClosed):
            ask(loud, "x" * size)
        with pytest.raises(ConnectionClosed):
            while True:
                loud.recv(timeout=PATIENCE_S)
        assert loud.close_code in codes
        quiet.send('{"type": "ping"}')
        until(quiet, "pong")


def test_an_unknown_socket_is_told_why(server: Running) -> None:
    with connect(f"{server.ws_url}/ws/nothing/", open_timeout=PATIENCE_S) as nowhere:
        with pytest.raises(ConnectionClosed):
            nowhere.recv(timeout=PATIENCE_S)
    assert nowhere.close_code in {4401, 4404}


@pytest.mark.parametrize(
    "headers",
    [b"Content-Length: 99999999999\r\n", b"Content-Length: 99999999999\r\nExpect: 100-continue\r\n"],
)
def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(server: Running, headers: bytes) -> None:
    answer = raw(server, b"POST /api/auth/login/ HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["code"] == "too_large"


def test_a_body_that_never_said_how_large_it_is_gets_cut(server: Running) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = b"POST /api/auth/login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert raw(server, head, *[chunk] * 17).startswith(b"HTTP/1.1 413 ")


def test_a_refused_sender_who_goes_on_still_reads_the_answer(server: Running) -> None:
    head = b"POST /api/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
    answer = raw(server, head, *[b"x" * 100_000] * 90)
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["code"] == "too_large"


def test_a_head_request_gets_no_body_whatever_would_come_in_pieces(server: Running) -> None:
    token = server.sign_up("header")
    for n in range(2):
        server.request("POST", "/api/sessions/", {"title": f"session {n}"}, token)
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_S)
    with contextlib.closing(connection):
        for method, is_empty in (("HEAD", True), ("GET", False), ("HEAD", True), ("GET", False)):
            connection.request(method, "/api/sessions/export/", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            assert (answer.status, answer.read() == b"") == (200, is_empty)


def test_each_status_of_ours_has_its_name(server: Running) -> None:
    token = server.sign_up("reason")
    host, port = server.url.removeprefix("http://").split(":")
    said = {}
    with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=PATIENCE_S)) as connection:
        for n in range(40):
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "key"}
            document = {
                "format": "maru.session",
                "version": 1,
                "session": {"title": str(n)},
                "config": {},
                "messages": [],
            }
            connection.request("POST", "/api/sessions/import/", json.dumps(document), headers)
            answer = connection.getresponse()
            answer.read()
            said[answer.status] = answer.reason
            if answer.status == 429:
                break
    assert said == {201: "Created", 422: "Unprocessable Entity", 429: "Too Many Requests"}


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (b"GET /api/search/?q=" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"a" * 40_000 + b"\r\n\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: 0123456789\r\n" * 2_000 + b"\r\n", 431, "head_too_large"),
        (b"rubbish\r\n\r\n", 400, "bad_input"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n", 400, "bad_input"),
    ],
)
def test_a_head_that_cannot_be_read_is_answered(server: Running, head: bytes, status: int, code: str) -> None:
    answer = raw(server, head)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == code


def test_after_all_that_it_still_answers(server: Running) -> None:
    assert server.request("GET", "/healthz")[0] == 200


def test_a_port_in_use_is_said_in_a_sentence(data_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        tried = run_serve(environment(data_dir, PORT=str(port)))
    assert tried.returncode == 1
    assert tried.stderr.strip().splitlines()[-1].startswith(f"Port {port} on 127.0.0.1 is in use.")
    assert "Traceback" not in tried.stderr


def test_an_old_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    tried = run_serve(environment(tmp_path / "empty", LANGUAGE="ko"))
    assert tried.returncode == 1
    assert "migrate" in tried.stderr
    assert "데이터베이스" in tried.stderr


@pytest.mark.parametrize(("at", "n_bytes"), [(0, 4096), (4096, 400_000)])
def test_a_damaged_database_is_said_in_a_sentence_and_left_as_it_is(migrated: Path, at: int, n_bytes: int) -> None:
    folder = shutil.copytree(migrated, migrated.with_name(f"damaged{at}"))
    file = folder / "maru.sqlite3"
    whole = file.read_bytes()
    damaged = whole[:at] + b"\x5a" * n_bytes + whole[at + n_bytes :]
    file.write_bytes(damaged)
    tried = run_serve(environment(folder, LANGUAGE="ko"), "--migrate")
    assert (tried.returncode, len(tried.stderr.splitlines())) == (1, 1), tried.stderr
    assert "손상" in tried.stderr and str(file) in tried.stderr
    assert file.read_bytes() == damaged


def test_it_can_bring_the_database_up_to_date_by_itself(tmp_path: Path) -> None:
    with serving(environment(tmp_path / "new"), manage("serve", "--migrate")) as running:
        assert running.request("GET", "/readyz")[0] == 200
        assert running.request("GET", "/api/auth/setup/")[1]["needs_setup"] is True


def test_several_workers_without_what_they_share_are_refused_in_a_sentence(data_dir: Path) -> None:
    tried = run_serve(environment(data_dir), "--workers", "4")
    assert tried.returncode == 1
    assert "REDIS_URL" in tried.stderr


def test_engines_that_cannot_be_served_are_said_in_a_sentence(data_dir: Path) -> None:
    tried = run_serve(environment(data_dir, ENGINES="https://key@example.org/v1"))
    assert tried.returncode == 1
    assert "ENGINE" in tried.stderr
    assert "Traceback" not in tried.stderr


def test_a_host_on_the_command_line_counts_as_if_it_came_from_the_environment(data_dir: Path) -> None:
    """Else strangers could become the administrator without the setup code."""
    with serving(environment(data_dir), manage("serve", "--host", "0.0.0.0")) as running:
        status, setup = running.request("GET", "/api/auth/setup/")
        assert (status, setup["needs_code"]) == (200, True)
        running.process.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_S) == 0
    assert "Setup code" in "".join(running.said)


def run_serve(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        manage("serve", *arguments), env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
