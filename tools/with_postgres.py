"""Runs a command with a Postgres of its own: made for it, thrown away after it.

    python -m tools.with_postgres pytest -q backend

`DATABASE_URL` of the command leads to it. Debian's packages are enough (postgresql, not running); as root the server runs as
Debian's user `postgres`, for Postgres refuses root. Its files are in a temporary folder and nothing is flushed to the disk.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.lib.ports import free_port

START_S = 60
# A test may open many connections at once; nothing has to survive.
OPTIONS = (
    "max_connections=300", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB",
    "autovacuum=off", "unix_socket_directories=", "listen_addresses=127.0.0.1", "log_min_messages=fatal", "jit=off",
)  # fmt: skip


def find_binaries() -> Path | None:
    """Debian keeps them out of PATH, by version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    in_path = shutil.which("initdb")
    return found[-1].parent if found else Path(in_path).resolve().parent if in_path else None


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database; gone afterwards. Raises SystemExit with a sentence where there is no Postgres."""
    binaries = find_binaries()
    if binaries is None:
        sys.exit("No Postgres here: apt-get install postgresql")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="maru-postgres-"))
    password, port = secrets.token_hex(16), free_port()
    try:
        (folder / "password").write_text(password)
        if user:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        _run(user, binaries / "initdb", "-D", folder / "data", "-U", "maru", "-A", "scram-sha-256", "-E", "UTF8",
             "--locale=C.UTF-8", "-N", f"--pwfile={folder / 'password'}")  # fmt: skip
        command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
        server = subprocess.Popen(
            [*command, *(part for option in OPTIONS for part in ("-c", option))], user=user, cwd="/"
        )
        try:
            _run(user, binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1", tries=START_S)
            yield f"postgres://maru:{password}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # fast: it cuts who is still connected
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str | None, *command: str | Path, tries: int = 1) -> None:
    for _ in range(tries):
        done = subprocess.run(list(map(str, command)), user=user, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        if tries > 1:
            time.sleep(0.5)
    sys.exit(f"{command[0]} failed: {done.stdout}{done.stderr}")


def main(command: list[str]) -> int:
    if not command:
        sys.exit("usage: python -m tools.with_postgres COMMAND …")
    with postgres() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
