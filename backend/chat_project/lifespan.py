"""ASGI lifespan: lets uvicorn start and stop what `manage.py serve` starts and stops itself (Daphne has no lifespan)."""

from __future__ import annotations

import logging
from typing import Any

from backend.chat_project.scopes import Scope

logger = logging.getLogger(__name__)


class Lifespan:
    """Answers scope type "lifespan", passes everything else on."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        from backend.chat_project import life  # not before the apps are loaded

        await receive()  # lifespan.startup
        try:
            life.build()
            await life.begin()
        except Exception as error:
            logger.exception("Maru could not start")
            await send({"type": "lifespan.startup.failed", "message": type(error).__name__})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        await life.finish_turns()
        await life.end()
        await send({"type": "lifespan.shutdown.complete"})
