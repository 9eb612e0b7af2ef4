"""What tests of a running server do with it: open a chat, ask, wait for a frame, a status or a row."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from backend.chat_project.tests.running import Running

PATIENCE_S = 20


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
