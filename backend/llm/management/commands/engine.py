"""`manage.py engine`: the engine host, with all models of this machine, for several web processes (docs/operations.md).

It serves what ENGINES names (default: `local`) on a Unix socket; web processes reach it with ENGINES=unix:. Ends 0 after
SIGTERM or SIGINT; its engines end with it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.lib.said import Said
from backend.llm.config import config_from
from backend.llm.host import EngineHost
from backend.llm.process import LocalLLM
from backend.llm.registry import EnginesError, build_service, host_socket_path, local_of

NAMES_ITSELF = Said(
    "ENGINES names the engine host itself (unix:): leave it out here, or write “local”.",
    "ENGINES가 엔진 호스트 자신(unix:)을 가리킵니다. 여기서는 지우거나 “local”이라고 적어 주세요.",
)


class Command(BaseCommand):
    help = "Run the engine host: the models of this machine, for web processes that have ENGINES=unix:"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--socket", default="", help="where to listen (else in the data folder)")
        parser.add_argument("--parent", type=int, default=0, help="end when this process ends")

    def handle(self, *args: Any, **options: Any) -> None:
        config = config_from(settings.MARU)
        if any(engine.startswith("unix:") for engine in config.engines):
            raise CommandError(NAMES_ITSELF.of(settings.MARU.terminal_language))
        if options["parent"]:
            from backend.llm.engine.__main__ import die_with

            die_with(options["parent"])
        try:
            service = build_service(config)
        except EnginesError as error:
            sys.exit(error.said.of(settings.MARU.terminal_language))
        local = local_of(service)
        host = EngineHost(service, local if isinstance(local, LocalLLM) else None)
        path = host_socket_path(config, f"unix:{options['socket']}")
        try:
            asyncio.run(self._serve(host, path))
        except OSError as error:
            sys.exit(f"The engine host cannot listen on {path}: {error.strerror or error}.")

    async def _serve(self, host: EngineHost, path: Path) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)

        def say() -> None:
            self.stdout.write(f"The engine host listens on {path}")
            self.stdout.flush()

        await host.serve(path, stopped, say)
