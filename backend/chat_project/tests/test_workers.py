"""Several web processes on one house: real ones, with a real Redis."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from backend.chat_project.tests.chatting import PATIENCE_S, ask, open_chat, until
from backend.chat_project.tests.running import ROOT, Running, environment, manage, serving

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(300)]
NOBODY = "http://127.0.0.1:9"  # a Chroma that is away: chat goes on without memory


def shared(data_dir: Path, redis_url: str, **more: str) -> dict[str, str]:
    return environment(data_dir, REDIS_URL=redis_url, CHROMA_URL=NOBODY, **more)


def session_of(running: Running, token: str) -> int:
    return int(running.request("POST", "/api/sessions/", {}, token)[1]["id"])


def shown(chat: Any, text: str, *, enough: int) -> str:
    """The text of the reply as this socket's reader sees it, once it is `enough` long."""
    while len(text) < enough:
        frame = json.loads(chat.recv(timeout=PATIENCE_S))
        if frame["type"] == "ai_chunk":
            assert frame["offset"] <= len(text)
            text = text[: frame["offset"]] + frame["chunk"]
            chat.send(json.dumps({"type": "ack", "message_id": frame["message_id"], "offset": len(text)}))
        elif frame["type"] == "ai_complete":
            return str(frame["message"]["content"])
        elif frame["type"] == "ai_snapshot":
            text = frame["text"]
        elif frame["type"] == "message_updated":
            text = frame["message"]["content"]
    return text


def web_processes(master: psutil.Process) -> set[int]:
    found = set()
    for child in master.children():
        with suppress(psutil.NoSuchProcess):  # one that has just died is one, too
            found |= {child.pid} if "serve" in child.cmdline() else set()
    return found


def refusal(env: dict[str, str], *arguments: str) -> str:
    ended = subprocess.run(
        manage("serve", *arguments), check=False, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 1
    return ended.stderr


def test_several_processes_without_what_they_share_are_refused(data_dir: Path, redis_url: str) -> None:
    said = refusal(environment(data_dir), "--workers", "2")
    assert "REDIS_URL, CHROMA_URL" in said
    assert "CHROMA_URL" in refusal(environment(data_dir, REDIS_URL=redis_url), "--workers", "2")


def test_a_second_house_on_the_same_folder_is_refused(data_dir: Path, redis_url: str) -> None:
    with serving(environment(data_dir)):
        assert "Another Maru lives on" in refusal(environment(data_dir))
        assert "Another Maru lives on" in refusal(shared(data_dir, redis_url))
    assert "CHROMA_URL" in refusal(environment(data_dir, REDIS_URL=redis_url))


def test_what_one_process_makes_the_others_show_stop_and_take_over(data_dir: Path, redis_url: str) -> None:
    env = shared(data_dir, redis_url, ENGINES="echo://?tokens=300&rate=30")
    with ExitStack() as stack:
        first = stack.enter_context(serving(env))
        second = stack.enter_context(serving(env))
        token = first.sign_up("twofold")
        session_id = session_of(first, token)
        here = stack.enter_context(open_chat(first, token, session_id))
        there = stack.enter_context(open_chat(second, token, session_id))
        until(here, "session_state")
        presence = until(there, "session_state")["presence"]
        while [one["connections"] for one in presence] != [2]:
            presence = until(there, "presence")["online"]
        # Shown and stopped elsewhere.
        ask(here, "하나부터 세어 줘")
        reply_id = until(there, "ai_start")["message_id"]
        text = shown(there, "", enough=60)
        there.send(json.dumps({"type": "resync", "message_id": reply_id}))
        assert until(there, "ai_snapshot")["text"].startswith(text)
        there.send(json.dumps({"type": "stop", "message_id": reply_id}))
        assert until(there, "ai_complete")["message"]["status"] == "stopped"
        assert until(here, "ai_complete")["message"]["status"] == "stopped"
        # Taken over from the dead.
        ask(here, "다시 세어 줘")
        until(there, "ai_start")
        text = shown(there, "", enough=60)
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(PATIENCE_S)
        assert until(there, "message_updated")["message"]["status"] == "interrupted"
        assert until(there, "message_updated")["message"]["status"] == "queued"
        whole, is_alone = None, False  # in whichever order they come
        while whole is None or not is_alone:
            frame = json.loads(there.recv(timeout=PATIENCE_S))
            if frame["type"] == "ai_complete":
                whole = frame["message"]
            elif frame["type"] == "presence":
                is_alone = [one["connections"] for one in frame["online"]] == [1]
        assert whole["status"] == "complete"
        assert whole["content"].startswith(text[: len(text) - 60])


def test_a_login_that_ends_in_one_process_closes_the_sockets_of_the_other(data_dir: Path, redis_url: str) -> None:
    env = shared(data_dir, redis_url)
    with serving(env) as first, serving(env) as second:
        token = first.sign_up("leaver")
        with open_chat(second, token, session_of(first, token)) as there:
            until(there, "session_state")
            assert first.request("POST", "/api/auth/logout/", {}, token)[0] == 204
            with pytest.raises(ConnectionClosed):
                while True:
                    there.recv(timeout=PATIENCE_S)
            assert there.close_code == 4401


def test_workers_share_a_socket_and_an_engine_and_are_replaced_without_a_gap(
    data_dir: Path, redis_url: str, tiny_gguf: Path
) -> None:
    env = shared(data_dir, redis_url, ENGINES="local", MODEL_PATH=str(tiny_gguf), MODELS_DIR=str(tiny_gguf.parent))
    with serving(env, manage("serve", "--workers", "2")) as running:
        master = psutil.Process(running.process.pid)
        kinds = [child.cmdline() for child in master.children()]
        assert sum("serve" in line for line in kinds) == 2
        assert sum("engine" in line for line in kinds) == 1
        token = running.sign_up("guest")
        session_id = session_of(running, token)
        with open_chat(running, token, session_id) as chat:
            ask(chat, "안녕")
            assert until(chat, "ai_complete")["message"]["status"] == "complete"
        before = web_processes(master)
        running.process.send_signal(signal.SIGHUP)
        n_asked, deadline = 0, time.monotonic() + 90
        while before & {child.pid for child in master.children()}:
            assert time.monotonic() < deadline
            assert running.request("GET", "/healthz")[0] == 200  # nobody is ever refused
            n_asked += 1
        assert n_asked > 5
        assert running.request("GET", "/api/auth/me/", token=token)[0] == 200
        # A worker that dies is started again.
        psutil.Process(victim := min(web_processes(master))).kill()
        while victim in web_processes(master):
            time.sleep(0.1)
        while len(web_processes(master)) < 2:
            assert time.monotonic() < deadline + 60
            time.sleep(0.1)
        running.process.send_signal(signal.SIGTERM)
        assert running.wait(40) == 0
        assert not any(child.is_running() for child in psutil.process_iter() if child.pid in before)
