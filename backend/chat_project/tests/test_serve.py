"""`manage.py serve` as a person and a process manager see it: it starts, refuses, drains and ends."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from backend.chat_project.tests.running import ROOT, Running, environment, manage, migrate, serving

PATIENCE_S = 20


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "data"
    migrate(environment(folder))
    return folder


@pytest.fixture
def data_dir(migrated: Path, tmp_path: Path) -> Path:
    """Of this test only: a second server on the same database would take up the replies of the first."""
    return shutil.copytree(migrated, tmp_path / "data")


@pytest.fixture(scope="module")
def server(migrated: Path) -> Iterator[Running]:
    """One for all tests that leave it as it was."""
    with serving(environment(shutil.copytree(migrated, migrated.with_name("shared")))) as running:
        yield running


def open_chat(running: Running, token: str, session_id: int) -> ClientConnection:
    return connect(
        f"{running.ws_url}/ws/chat/{session_id}/",
        subprotocols=["maru.v1", f"bearer.{token}"],  # type: ignore[list-item]
        open_timeout=PATIENCE_S,
    )


def until(chat: ClientConnection, kind: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        frame: dict[str, Any] = json.loads(chat.recv(timeout=PATIENCE_S))
        if frame["type"] == kind:
            return frame
    raise AssertionError(f"no {kind}")


def ask(chat: ClientConnection, text: str) -> None:
    chat.send(json.dumps({"type": "chat_message", "client_id": str(uuid.uuid4()), "message": text}))


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


def test_it_can_bring_the_database_up_to_date_by_itself(tmp_path: Path) -> None:
    with serving(environment(tmp_path / "new"), manage("serve", "--migrate")) as running:
        assert running.request("GET", "/readyz")[0] == 200
        assert running.request("GET", "/api/auth/setup/")[1]["needs_setup"] is True


def test_several_workers_are_refused_in_a_sentence(data_dir: Path) -> None:
    tried = run_serve(environment(data_dir), "--workers", "4")
    assert tried.returncode == 1
    assert "one web process" in tried.stderr


def test_engines_that_cannot_be_served_are_said_in_a_sentence(data_dir: Path) -> None:
    tried = run_serve(environment(data_dir, ENGINES="https://example.org/v1"))
    assert tried.returncode == 1
    assert "ENGINES" in tried.stderr
    assert "Traceback" not in tried.stderr


def test_a_host_on_the_command_line_counts_as_if_it_came_from_the_environment(data_dir: Path) -> None:
    """Else strangers could become the administrator without the setup code."""
    with serving(environment(data_dir), manage("serve", "--host", "0.0.0.0")) as running:
        status, setup = running.request("GET", "/api/auth/setup/")
        assert (status, setup["needs_code"]) == (200, True)
        running.process.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_S) == 0
    assert "Setup code" in "".join(running.said)


def test_sigterm_lets_a_running_reply_end(data_dir: Path) -> None:
    with serving(environment(data_dir, ENGINES="echo://?tokens=60&rate=20")) as running:
        token = running.sign_up("patient")
        session_id = running.request("POST", "/api/sessions/", {}, token)[1]["id"]
        with open_chat(running, token, session_id) as chat:
            ask(chat, "셋까지 세어 줘")
            until(chat, "ai_chunk")
            running.process.send_signal(signal.SIGTERM)
            wait_for_status(running, "/readyz", 503)
            assert refused_code(running, token, session_id) == 4503
            finished = until(chat, "ai_complete")["message"]
            assert finished["status"] == "complete"
            with pytest.raises(ConnectionClosed):
                while True:
                    chat.recv(timeout=PATIENCE_S)
        assert chat.close_code == 4503
        assert running.wait(30) == 0
    assert stored(data_dir, finished["id"]) == ("complete", finished["content"])


@pytest.mark.slow
def test_sigterm_keeps_the_text_of_a_reply_that_takes_too_long_and_the_next_start_ends_it(data_dir: Path) -> None:
    with serving(environment(data_dir, ENGINES="echo://?tokens=250&rate=10")) as running:
        token = running.sign_up("hasty")
        session_id = running.request("POST", "/api/sessions/", {}, token)[1]["id"]
        with open_chat(running, token, session_id) as chat:
            ask(chat, "천까지 세어 줘")
            reply_id = until(chat, "ai_chunk")["message_id"]
            began = time.monotonic()
            running.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed):
                while True:
                    chat.recv(timeout=PATIENCE_S)
            assert chat.close_code == 4503
        assert running.wait(30) == 0
        assert time.monotonic() - began < 30
    status, text = stored(data_dir, reply_id)
    assert (status, len(text) > 100) == ("interrupted", True)
    with serving(environment(data_dir, ENGINES="echo://?tokens=250&rate=100")) as running:
        with open_chat(running, token, session_id) as chat:
            finished = until(chat, "ai_complete")["message"]
            assert (finished["id"], finished["status"]) == (reply_id, "complete")
            assert finished["content"].startswith(text)


def test_sigterm_lets_a_response_end(data_dir: Path) -> None:
    with serving(environment(data_dir, ENGINES="echo://?tokens=40&rate=20")) as running:
        token = running.sign_up("waiter")
        session_id = running.request("POST", "/api/sessions/", {}, token)[1]["id"]
        host, port = running.url.removeprefix("http://").split(":")
        body = json.dumps({"content": "안녕", "wait": True}).encode()
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
            connection.sendall(
                b"POST /api/sessions/%d/messages/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                % (session_id, token.encode(), len(body), body)
            )
            wait_for_reply(data_dir, session_id)
            running.process.send_signal(signal.SIGTERM)
            answer = connection.makefile("rb").readline()
        assert answer.startswith(b"HTTP/1.1 200")
        assert running.wait(30) == 0


@pytest.mark.redis
def test_with_redis_in_the_middle_all_the_same(data_dir: Path, redis_url: str) -> None:
    with serving(environment(data_dir, REDIS_URL=redis_url)) as running:
        token = running.sign_up("courier")
        session_id = running.request("POST", "/api/sessions/", {}, token)[1]["id"]
        with open_chat(running, token, session_id) as chat, open_chat(running, token, session_id) as other_tab:
            until(other_tab, "session_state")
            ask(chat, "안녕하세요")
            finished = until(chat, "ai_complete")["message"]
            assert until(other_tab, "ai_complete")["message"] == finished
            running.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed):
                while True:
                    chat.recv(timeout=PATIENCE_S)
        assert chat.close_code == 4503
        assert running.wait(30) == 0
    assert "Traceback" not in "".join(running.said)


def test_a_second_signal_ends_it_at_once(data_dir: Path) -> None:
    with serving(environment(data_dir, ENGINES="echo://?tokens=400&rate=10")) as running:
        token = running.sign_up("impatient")
        session_id = running.request("POST", "/api/sessions/", {}, token)[1]["id"]
        with open_chat(running, token, session_id) as chat:
            ask(chat, "천천히")
            until(chat, "ai_chunk")
            running.process.send_signal(signal.SIGINT)
            wait_for_status(running, "/readyz", 503)
            running.process.send_signal(signal.SIGINT)
            assert running.wait(5) == 128 + signal.SIGINT


@pytest.mark.engine
def test_the_engine_does_not_outlive_a_server_that_was_killed(data_dir: Path) -> None:
    model = data_dir / "tiny.gguf"
    subprocess.run([sys.executable, "-m", "backend.llm.tiny_gguf", str(model)], cwd=ROOT, check=True, timeout=60)
    with serving(environment(data_dir, ENGINES="local", MODEL_PATH=str(model))) as running:
        wait_for_status(running, "/readyz", 200)
        engines = psutil.Process(running.process.pid).children()
        assert len(engines) == 1
        running.process.kill()
        running.process.wait(PATIENCE_S)
        gone, alive = psutil.wait_procs(engines, timeout=5)
        assert (gone, [each.status() for each in alive]) in ((engines, []), ([], [psutil.STATUS_ZOMBIE]))


def run_serve(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        manage("serve", *arguments), env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def wait_for_status(running: Running, path: str, status: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while running.request("GET", path)[0] != status:
        assert time.monotonic() < deadline


def wait_for_reply(data_dir: Path, session_id: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    query = "SELECT count(*) FROM chat_message WHERE session_id = ? AND role = 'assistant'"
    while not query_one(data_dir, query, session_id)[0]:
        assert time.monotonic() < deadline


def refused_code(running: Running, token: str, session_id: int) -> int | None:
    with open_chat(running, token, session_id) as late:
        with pytest.raises(ConnectionClosed):
            late.recv(timeout=PATIENCE_S)
    return late.close_code


def stored(data_dir: Path, message_id: int) -> tuple[str, str]:
    status, content = query_one(data_dir, "SELECT status, content FROM chat_message WHERE id = ?", message_id)
    return status, content


def query_one(data_dir: Path, query: str, *parameters: Any) -> Any:
    with sqlite3.connect(data_dir / "maru.sqlite3", timeout=10) as database:
        return database.execute(query, parameters).fetchone()
