"""What writers wait for their turn on SQLite: in a queue (backend/lib/queued_sqlite3), and polling as SQLite does it by itself.

    python -m tests.load.sqlite_queue [--threads 8] [--seconds 6] [--rounds 5]

Threads of one process write two rows each time and then pause, 30 ms on average; measured is the wait until a transaction has
begun. The two ways in turns, each in a process and a data folder of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

from tests.chaos import kit
from tests.chaos.house import ROOT

WAYS = {"polling": "django.db.backends.sqlite3", "queue": "backend.lib.queued_sqlite3"}
PAUSE_S = 0.06  # at most


def measured(engine: str, n_threads: int, seconds: float) -> list[float]:
    """In this process: the waits, in seconds."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.chat_project.settings"
    import django
    from django.db import connections, transaction

    django.setup()
    connections.settings["default"]["ENGINE"] = engine
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from backend.accounts.models import User
    from backend.chat.models import ChatSession, Message

    user, waits = User.objects.create(username="writer"), []
    ids = [ChatSession.objects.create(user=user).pk for _ in range(n_threads)]
    ends_s = time.monotonic() + seconds

    def write(session_id: int) -> None:
        while time.monotonic() < ends_s:
            began_s = time.monotonic()
            with transaction.atomic():
                waits.append(time.monotonic() - began_s)
                Message.objects.create(session_id=session_id, role="user", content="x" * 200)
                ChatSession.objects.filter(pk=session_id).update(title=str(began_s))
            time.sleep(random.uniform(0, PAUSE_S))
        connections.close_all()

    threads = [threading.Thread(target=write, args=(id,)) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("threads", 8), ("seconds", 6), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--way", choices=WAYS, help="one way, once, in this process")
    options = parser.parse_args()
    if options.way:
        waits = measured(WAYS[options.way], options.threads, options.seconds)
        told = {"p50_ms": kit.percentile(waits, 0.5), "p99_ms": kit.percentile(waits, 0.99), "worst_ms": max(waits)}
        print(
            json.dumps({"way": options.way, "n": len(waits), **{name: round(s * 1000, 1) for name, s in told.items()}})
        )
        return 0
    again = [
        sys.executable,
        "-m",
        "tests.load.sqlite_queue",
        "--threads",
        str(options.threads),
        "--seconds",
        str(options.seconds),
    ]
    for _ in range(options.rounds):
        for way in WAYS:
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(
                    [*again, "--way", way], cwd=ROOT, env={**os.environ, "MARU_DATA_DIR": folder}, check=True
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
