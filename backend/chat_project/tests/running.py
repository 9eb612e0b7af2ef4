"""A real server process for tests: `manage.py serve` (or another command) on a free loopback port, in its own data folder."""

from __future__ import annotations

import functools
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
START_S = 90
DATABASE = "maru.sqlite3"
PASSWORD = "마루 위의 고양이 7"


class Running:
    """A process, what it printed so far, and a client for it."""

    def __init__(self, command: list[str], env: dict[str, str], up: str) -> None:
        self.process = subprocess.Popen(
            command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []
        self._heard: queue.Queue[str | None] = queue.Queue()
        # A pipe nobody reads would stop the server once it is full.
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self.url = self.hear(up).rstrip("/")

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._heard.put(line)
        self._heard.put(None)

    def hear(self, pattern: str) -> str:
        """The first group of `pattern` in what the server prints from now on."""
        while (line := self._heard.get(timeout=START_S)) is not None:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found.group(1)
        raise AssertionError("the server ended:\n" + "".join(self.said))

    def so_far(self) -> str:
        """All that it has printed until now."""
        while not self._heard.empty():
            if (line := self._heard.get()) is not None:
                self.said.append(line)
        return "".join(self.said)

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def request(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        """(status, parsed JSON or text)"""
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(), method=method
        )
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, _parsed(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _parsed(error.read())

    def sign_up(self, username: str) -> str:
        body = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
        status, answer = self.request("POST", "/api/auth/register/", body)
        assert status == 201, answer
        return str(answer["token"])

    def wait(self, timeout_s: float) -> int:
        """Exit status; what it still said is in `said` afterwards."""
        status = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        while (line := self._heard.get(timeout=timeout_s)) is not None:
            self.said.append(line)
        return status


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE"))}
    ours = {
        "MARU_DATA_DIR": str(data_dir),
        "HOST": "127.0.0.1",
        "PORT": "0",
        "ENGINES": "echo://?tokens=40&rate=200",
        "LANGUAGE": "en",
        "REGISTRATION": "open",
        "REDIS_URL": "",
        "DATABASE_URL": "",
        "PYTHONUNBUFFERED": "1",
    }
    return {**inherited, **ours, **more}


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def migrate(env: dict[str, str]) -> None:
    """An empty database where this house looks for it. On SQLite made once for all tests of a process, and copied."""
    if env["DATABASE_URL"]:
        subprocess.run(manage("migrate", "-v", "0"), env=env, cwd=ROOT, check=True, timeout=START_S)
        return
    folder = Path(env["MARU_DATA_DIR"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / DATABASE).write_bytes(_empty_database())


@functools.cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        subprocess.run(manage("migrate", "-v", "0"), env=env, cwd=ROOT, check=True, timeout=START_S)
        assert not (Path(folder) / f"{DATABASE}-wal").exists(), "the database is one file when nobody has it open"
        return (Path(folder) / DATABASE).read_bytes()


@contextmanager
def serving(
    env: dict[str, str], command: list[str] | None = None, up: str = r"open at (http://\S+)"
) -> Iterator[Running]:
    """Up when entered; killed at the end if it still runs."""
    running = Running(command or manage("serve"), env, up)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(10)
        assert running.process.stdout is not None
        running.process.stdout.close()


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except json.JSONDecodeError:
        return raw.decode(errors="replace")
