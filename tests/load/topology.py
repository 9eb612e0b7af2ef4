"""The scaled house for load scripts: `docker/local-scale.sh` in a temporary folder, on ports of its own.

Owner: the script that made it; `with Topology(...) as house` stops everything at the end, by the pids that were noted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backend.lib.ports import free_block
from tests.chaos.house import PASSWORD, ROOT, request_json
from tools.with_postgres import find_binaries

SCRIPT = ROOT / "docker" / "local-scale.sh"
N_PORTS = 50


class Topology:
    def __init__(self, *, n_web: int, engines: str, port: int = 0, **env: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="maru-scale-"))
        self.keeps_folder = False  # for its logs
        self.n_web = n_web
        self.port = port or free_block(N_PORTS)
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "SCALE_DIR": str(self.folder),
            "SCALE_PORT": str(self.port),
            "SCALE_WEB": str(n_web),
            "SCALE_ENGINES": engines,
            "SCALE_CHROMA": "off",
            "PYTHON": sys.executable,
            "REGISTRATION": "open",
            **env,
        }

    @staticmethod
    def is_possible() -> bool:
        """Whether this machine has the packages."""
        path = os.environ.get("PATH", "") + ":/usr/sbin"
        return find_binaries() is not None and all(shutil.which(name, path=path) for name in ("nginx", "redis-server"))

    def __enter__(self) -> Self:
        self.run("up", timeout_s=400)
        self._make_administrator()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run("down", timeout_s=120)
        if kind is None and not self.keeps_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *arguments: str, timeout_s: float = 120) -> str:
        """One order to the script. Raises RuntimeError with what it said."""
        done = subprocess.run(
            [SCRIPT, *arguments], env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
        )
        if done.returncode:
            raise RuntimeError(f"local-scale {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout

    def web_url(self, number: int) -> str:
        """Past nginx, at one web process (from 1)."""
        return f"http://127.0.0.1:{self.port + number}"

    def request(self, method: str, path: str, body: Any = None, token: str = "", *, web: int = 0) -> Any:
        return request_json((self.web_url(web) if web else self.url) + path, method, body, token)

    def register(self, username: str) -> str:
        """An account; its token. Straight to a web process: nginx counts sign-ups by address, and here all have the same."""
        body = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
        return str(self.request("POST", "/api/auth/register/", body, web=1)["token"])

    def status(self, path: str, timeout_s: float = 3) -> int:
        """HTTP status of a GET through nginx; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=timeout_s) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def messages(self, session_id: int, token: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        path = f"/api/sessions/{session_id}/messages/?branch=all"
        while path:
            page = self.request("GET", path, token=token, web=1)
            found += page["results"]
            path = "/api" + page["next"].partition("/api")[2] if page.get("next") else ""
        return found

    def pid(self, name: str) -> int:
        return int((self.folder / "run" / f"{name}.pid").read_text())

    def _make_administrator(self) -> None:
        """The first account needs a setup code behind a proxy."""
        code = "from backend.accounts.models import User; User.objects.create_superuser('admin', 'a@example.org', None)"
        env = {
            **self.env,
            "MARU_DATA_DIR": str(self.folder / "maru"),
            "DATABASE_URL": f"postgres://maru:{self.secret('postgres_password')}@127.0.0.1:{self.port + 41}/maru",
        }
        command = [sys.executable, str(ROOT / "manage.py"), "shell", "-c", code]
        subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, timeout=120)

    def secret(self, name: str) -> str:
        return (self.folder / name).read_text()
