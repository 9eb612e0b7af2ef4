"""Whether this process should be given work. `serve` says when it drains; the rest is asked anew each time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from backend.llm.service import get_service

CHECK_TIMEOUT_S = 2.0
_is_draining = False


@dataclass(frozen=True)
class Readiness:
    is_ready: bool
    checks: dict[str, str]


def set_draining(is_draining: bool) -> None:
    """Called by `serve` on SIGTERM: from then on /readyz answers 503 and balancers send nobody new."""
    global _is_draining
    _is_draining = is_draining


def is_draining() -> bool:
    return _is_draining


async def readiness() -> Readiness:
    """Database and engine, each asked with a deadline. Without a model the house still serves (and says so)."""
    checks = {
        "server": "draining" if _is_draining else "ok",
        "database": await _database(),
        "engine": await _engine(),
    }
    is_ready = checks["server"] == "ok" and checks["database"] == "ok" and checks["engine"] in ("ready", "no_model")
    return Readiness(is_ready, checks)


async def _database() -> str:
    try:
        await asyncio.wait_for(sync_to_async(_select_one)(), CHECK_TIMEOUT_S)
    except (DatabaseError, TimeoutError):
        return "down"
    return "ok"


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def _engine() -> str:
    try:
        service = get_service()
    except RuntimeError:
        return "starting"
    try:
        return (await asyncio.wait_for(service.stats(), CHECK_TIMEOUT_S)).state
    except TimeoutError:
        return "down"
