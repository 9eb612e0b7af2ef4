"""`manage.py serve`: the web process and, as its child, the engine. Ends 0 after a drain, 1 when it cannot start."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from twisted.internet.error import CannotListenError

from backend.chat_project import greeting, life
from backend.chat_project.server import MaruServer
from backend.lib import house_lock
from backend.llm.registry import EnginesError


class Command(BaseCommand):
    help = "Serve Maru: the web, and the engine beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", help="address to listen on (else HOST, else 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port to listen on (else PORT, else 8000); 0 takes a free one")
        parser.add_argument("--workers", type=int, default=1, help="web processes; this version serves with one")
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["workers"] != 1:
            sys.exit(greeting.say("workers"))
        _let_settings_know(options["host"], options["port"])
        if _has_pending_migrations():
            if not options["migrate"]:
                sys.exit(greeting.say("migrations"))
            call_command("migrate", interactive=False, verbosity=0)
        try:
            life.build()
        except EnginesError as error:
            sys.exit(str(error))
        except house_lock.HouseInUse:
            sys.exit(greeting.say("restoring"))
        except house_lock.HouseUnfinished:
            sys.exit(greeting.say("restore_unfinished"))
        from backend.chat_project.asgi import application

        server = MaruServer(application, host=settings.MARU.host, port=settings.MARU.port, greet=self._greet)
        status = server.run()
        if isinstance(server.problem, CannotListenError):
            sys.exit(_why_not(server.problem))
        sys.exit(status)

    async def _greet(self, addresses: list[tuple[str, int]]) -> None:
        for line in await greeting.lines(addresses):
            self.stdout.write(line)
        self.stdout.flush()


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


def _has_pending_migrations() -> bool:
    executor = MigrationExecutor(connection)
    is_pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    connection.close()
    return is_pending


def _why_not(problem: CannotListenError) -> str:
    host, port = problem.interface, problem.port
    if getattr(problem.socketError, "errno", None) == errno.EADDRINUSE:
        return greeting.say("port_in_use", host=host, port=port, other=port + 1)
    reason = getattr(problem.socketError, "strerror", None) or problem.socketError
    return greeting.say("cannot_listen", host=host, port=port, reason=reason)
