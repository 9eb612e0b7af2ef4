"""How `manage.py serve` ends: replies and responses may finish, texts are kept, sockets are told, nothing stays behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from backend.chat_project.tests.chatting import (
    PATIENCE_S,
    ask,
    open_chat,
    refused_code,
    stored,
    until,
    wait_for_reply,
    wait_for_status,
)
from backend.chat_project.tests.running import ROOT, environment, serving


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
    with serving(environment(data_dir, REDIS_URL=redis_url, CHROMA_URL="http://127.0.0.1:9")) as running:
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
def test_no_child_outlives_a_server_that_was_killed(data_dir: Path) -> None:
    model = data_dir / "tiny.gguf"
    subprocess.run([sys.executable, "-m", "backend.llm.tiny_gguf", str(model)], cwd=ROOT, check=True, timeout=60)
    with serving(environment(data_dir, ENGINES="local", MODEL_PATH=str(model))) as running:
        wait_for_status(running, "/readyz", 200)
        children = psutil.Process(running.process.pid).children()
        assert len(children) == 2, "the engine, and the process of the vectors"
        running.process.kill()
        running.process.wait(PATIENCE_S)
        _, alive = psutil.wait_procs(children, timeout=5)
        assert [each.status() for each in alive] in ([], [psutil.STATUS_ZOMBIE], [psutil.STATUS_ZOMBIE] * 2)
