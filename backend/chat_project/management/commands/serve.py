"""`manage.py serve`: the web process and, as its child, the engine. With `--workers N` several web processes on one socket.

Ends 0 after a drain, 1 when it cannot start.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import signal
import sys
import time
from argparse import SUPPRESS
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from twisted.internet.error import CannotListenError

from backend.chat_project import greeting, workers
from backend.lib import api_errors
from backend.lib.errors import StorageDamaged, StorageFull
from backend.lib.house_lock import HouseBusy, HouseUnfinished
from backend.llm.registry import EnginesError

PR_SET_PDEATHSIG = 1
WAIT_S = 0.5


class Command(BaseCommand):
    help = "Serve Maru: the web, and the engine beside it."
    # They read all views, which neither a refusal nor the keeper of several processes needs: see `_serve`.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", help="address to listen on (else HOST, else 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port to listen on (else PORT, else 8000); 0 takes a free one")
        parser.add_argument(
            "--workers", type=int, default=1, help="web processes (more than one: with REDIS_URL, CHROMA_URL)"
        )
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")
        for hidden in ("--fd", "--ready-fd", "--parent"):  # how workers are started
            parser.add_argument(hidden, type=int, help=SUPPRESS)
        parser.add_argument("--quiet", action="store_true", help="print nothing at the start, and make no setup code")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["parent"]:
            _end_with(options["parent"])
        _let_settings_know(options["host"], options["port"])
        if options["workers"] > 1 and (missing := _missing_for_several()):
            sys.exit(greeting.say("workers", names=missing))
        try:
            _wait_for_database()
            if _has_pending_migrations():
                if not options["migrate"]:
                    sys.exit(greeting.say("migrations"))
                call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            if told := _said_of_the_database(error):
                sys.exit(told)
            raise
        sys.exit(self._serve_many(options["workers"]) if options["workers"] > 1 else self._serve(options))

    def _serve(self, options: dict[str, Any]) -> int:
        self._options = options
        from backend.chat_project import life

        try:
            life.build()
        except HouseBusy as busy:
            sys.exit(greeting.say(busy.reason, folder=settings.MARU.data_dir))
        except EnginesError as error:
            sys.exit(error.said.of(settings.MARU.terminal_language))
        except HouseUnfinished:
            sys.exit(greeting.say("restore_unfinished"))
        self.check()
        from backend.chat_project.asgi import application
        from backend.chat_project.server import MaruServer

        server = MaruServer(
            application,
            host=settings.MARU.host,
            port=settings.MARU.port,
            greet=self._greet,
            fd=options["fd"],
            is_one_of_many=bool(settings.MARU.redis_url),
        )
        status = server.run()
        if isinstance(server.problem, CannotListenError):
            sys.exit(_why_not(server.problem))
        return status

    def _serve_many(self, n: int) -> int:
        host, port = settings.MARU.host, settings.MARU.port
        try:
            listener = workers.listen(host, port)
        except OSError as error:
            sys.exit(_sentence_for(host, port, error))
        kept = workers.Workers(workers.manage_command(), n, listener, engines=settings.MARU.engines)
        return asyncio.run(kept.run())

    async def _greet(self, addresses: list[tuple[str, int]]) -> None:
        if not self._options["quiet"]:
            for line in await greeting.lines(addresses):
                self.stdout.write(line)
            self.stdout.flush()
        if (ready := self._options["ready_fd"]) is not None:
            os.write(ready, b"1")
            os.close(ready)


def _missing_for_several() -> str:
    """What several web processes need and do not have."""
    needs = {"REDIS_URL": settings.MARU.redis_url, "CHROMA_URL": settings.MARU.chroma_url}
    return ", ".join(name for name, value in needs.items() if not value)


def _end_with(parent: int) -> None:
    """Have the kernel ask this process to end when its parent has, however that ended."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)


def _let_settings_know(host: str | None, port: int | None) -> None:
    """Settings judge by HOST whether strangers can reach us. Another --host must be known to them, so begin again with it."""
    wanted = {"HOST": host, "PORT": None if port is None else str(port)}
    present = {"HOST": settings.MARU.host, "PORT": str(settings.MARU.port)}
    changes = {name: value for name, value in wanted.items() if value is not None and value != present[name]}
    # The second time around there is nothing left to change, unless the value has another spelling.
    changes = {name: value for name, value in changes.items() if os.environ.get(name) != value}
    if not changes:
        return
    for name, value in changes.items():
        os.environ.pop(f"{name}_FILE", None)
        os.environ[name] = value
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


def _wait_for_database() -> None:
    """A server that starts beside us may be later than we are."""
    is_told = False
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError:
            if not is_told:
                sys.stderr.write(greeting.say("database") + "\n")
                is_told = True
            time.sleep(WAIT_S)


def _said_of_the_database(error: DatabaseError) -> str:
    """ "" for what only a developer understands."""
    told = api_errors.translate(error)
    if isinstance(told, StorageDamaged):
        return greeting.say("damaged", file=settings.DATABASES["default"]["NAME"])
    return greeting.say("full", folder=settings.MARU.data_dir) if isinstance(told, StorageFull) else ""


def _has_pending_migrations() -> bool:
    executor = MigrationExecutor(connection)
    is_pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    connection.close()
    return is_pending


def _why_not(problem: CannotListenError) -> str:
    return _sentence_for(problem.interface, problem.port, problem.socketError)


def _sentence_for(host: Any, port: Any, error: Any) -> str:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        return greeting.say("port_in_use", host=host, port=port, other=port + 1)
    return greeting.say("cannot_listen", host=host, port=port, reason=getattr(error, "strerror", None) or error)
