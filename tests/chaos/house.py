"""Starts, kills and restarts a real Maru for the chaos scripts: `manage.py serve` in a process of its own.

Owner: the script. Everything is written under one temporary data folder; the server listens on a free loopback port.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backend.lib.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "an-unlikely-pass-9"
_empty: dict[Path, bytes] = {}  # a checkout's database when it is new


def request_json(url: str, method: str, body: Any = None, token: str = "") -> Any:
    """JSON in, JSON out; raises RuntimeError with the answer for 4xx and 5xx."""
    payload = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, payload, method=method)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.code} {error.read()[:500]!r}") from error


class House:
    """One data folder and the server process that lives on it."""

    def __init__(self, engines: str, *, root: Path = ROOT, **env: str) -> None:
        self.root = root  # the checkout whose code runs
        self.folder = Path(tempfile.mkdtemp(prefix="maru-chaos-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = (self.folder / "server.log").open("ab")
        self.env = {
            **os.environ,
            "MARU_DATA_DIR": str(self.folder / "data"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ENGINES": engines,
            "REGISTRATION": "open",
            "PYTHONUNBUFFERED": "1",
            **env,
        }

    def _manage(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.root / "manage.py"), *arguments]

    def prepare(self) -> None:
        """A database that is new. On SQLite made once for all houses of a checkout, and copied."""
        file = Path(self.env["MARU_DATA_DIR"]) / "maru.sqlite3"
        if self.root in _empty and not self.env.get("DATABASE_URL"):
            file.parent.mkdir(mode=0o700, exist_ok=True)
            file.write_bytes(_empty[self.root])
            return
        subprocess.run(self._manage("migrate", "-v", "0"), env=self.env, cwd=self.root, check=True, timeout=120)
        if file.exists():
            assert not file.with_name(f"{file.name}-wal").exists(), "the database is one file when nobody has it open"
            _empty[self.root] = file.read_bytes()

    def start(self, timeout_s: float = 60) -> float:
        """Start the server and wait until it is ready; seconds that took."""
        began = time.monotonic()
        command = self._manage("serve", "--host", "127.0.0.1", "--port", str(self.port))
        self.process = subprocess.Popen(command, env=self.env, cwd=self.root, stdout=self.log, stderr=self.log)
        self.wait_ready(timeout_s)
        return time.monotonic() - began

    def wait_ready(self, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.status("/readyz") == 200:
                return
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.tail()}")
            time.sleep(0.05)
        raise TimeoutError(f"the server was not ready within {timeout_s} s:\n{self.tail()}")

    def tail(self, n_bytes: int = 4000) -> str:
        return (self.folder / "server.log").read_bytes()[-n_bytes:].decode(errors="replace")

    def status(self, path: str, timeout_s: float = 2) -> int:
        """HTTP status of a GET; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=timeout_s) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def kill(self) -> None:
        """`kill -9`, as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()

    def request(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """JSON in, JSON out; raises RuntimeError with the answer for 4xx and 5xx."""
        return request_json(self.url + path, method, body, token)

    def register(self, username: str) -> str:
        """Make an account; its token."""
        body = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
        return str(self.request("POST", "/api/auth/register/", body)["token"])

    def sign_in(self, username: str) -> str:
        """The `Cookie` header of a browser session of an account that `register` made."""
        body = json.dumps({"username": username, "password": PASSWORD}).encode()
        request = urllib.request.Request(self.url + "/api/auth/login/", body, method="POST")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            given = answer.headers.get_all("Set-Cookie") or []
        return "; ".join(cookie.partition(";")[0] for cookie in given if cookie.startswith("maru_session="))

    def sessions(self, n: int, username: str) -> list[int]:
        """`n` conversations of this user, made past the REST interface and its limits."""
        made: list[int] = self.shell(
            f"user = User.objects.get(username='{username}')",
            f"made = ChatSession.objects.bulk_create([ChatSession(user=user) for _ in range({n})])",
            "say([each.pk for each in made])",
        )
        return made

    def people(self, n: int, n_sessions: int = 1) -> list[tuple[str, list[int]]]:
        """`n` accounts: a token of each, and his conversations."""
        made: list[tuple[str, list[int]]] = self.shell(
            f"users = [User.objects.create(username=f'person{{n}}') for n in range({n})]",
            f"of = lambda user: ChatSession.objects.bulk_create([ChatSession(user=user) for _ in range({n_sessions})])",
            "say([(AuthToken.objects.create(user)[1], [each.pk for each in of(user)]) for user in users])",
        )
        return made

    def shell(self, *statements: str) -> Any:
        """What `say(…)` was given in a `manage.py shell`."""
        before = (
            "import json",
            "from knox.models import AuthToken",
            "from backend.accounts.models import User",
            "from backend.chat.models import ChatSession",
            "say = lambda value: print(json.dumps(value))",
        )
        command = self._manage("shell", "--no-imports", "-c", "\n".join((*before, *statements)))
        done = subprocess.run(command, env=self.env, cwd=self.root, capture_output=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:].decode())
        return json.loads(done.stdout.splitlines()[-1])

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0.0 where it has none."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def messages(self, session_id: int, token: str) -> list[dict[str, Any]]:
        """Every stored message of a session, all branches, all pages."""
        found: list[dict[str, Any]] = []
        path = f"/api/sessions/{session_id}/messages/?branch=all"
        while path:
            page = self.request("GET", path, token=token)
            found += page["results"]
            path = (page.get("next") or "").removeprefix(self.url)
        return found
