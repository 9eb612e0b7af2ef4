"""Who indexes after a restart: with real servers, that were stopped or killed."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from backend.chat_project.tests.chatting import PATIENCE_S
from backend.chat_project.tests.running import Running, environment, serving


def indexing(data_dir: Path, change: str = "") -> tuple[str, str | None]:
    """(owner, when the lease ends), after `change`. Only while no server runs."""
    with closing(sqlite3.connect(data_dir / "maru.sqlite3")) as database:
        if change:
            database.execute(f"UPDATE memory_indexing SET {change}")
            database.commit()
        found: tuple[str, str | None] = database.execute(
            "SELECT owner, lease_expires_at FROM memory_indexing"
        ).fetchone()
        return found


def index_a_document(running: Running, token: str) -> None:
    body: dict[str, Any] = {"title": "x", "text": "The library is on the hill. 도서관은 언덕 위에 있다."}
    status, row = running.request("POST", "/api/documents/", body, token)
    assert status == 201, row
    deadline_s = time.monotonic() + PATIENCE_S
    while row["status"] != "ready":
        assert time.monotonic() < deadline_s, row
        time.sleep(0.1)
        _, row = running.request("GET", f"/api/documents/{row['id']}/", None, token)


def stop(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0


def test_a_stopped_server_gives_the_lease_up_and_that_of_a_killed_one_is_not_waited_for(data_dir: Path) -> None:
    with serving(environment(data_dir)) as running:
        token = running.sign_up("librarian")
        index_a_document(running, token)
        stop(running)
    stopped, ends = indexing(data_dir)
    assert stopped
    assert ends is None
    with serving(environment(data_dir)) as running:
        index_a_document(running, token)
        running.process.kill()
        running.wait(30)
    killed, ends = indexing(data_dir, "lease_expires_at = '2999-01-01 00:00:00'")
    assert killed != stopped
    assert ends is not None
    with serving(environment(data_dir)) as running:
        index_a_document(running, token)
        stop(running)
    assert indexing(data_dir)[0] != killed


def test_a_lease_of_another_machine_is_kept(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "maru.sqlite3")) as database:
        values = "(1, 'elsewhere-00000000.1.abc', '2999-01-01 00:00:00')"
        database.execute(f"INSERT INTO memory_indexing (id, owner, lease_expires_at) VALUES {values}")
        database.commit()
    with serving(environment(data_dir)) as running:
        running.sign_up("near")
        stop(running)
    assert indexing(data_dir)[0] == "elsewhere-00000000.1.abc"
