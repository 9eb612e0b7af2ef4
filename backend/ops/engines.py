"""How each engine of this process does, asked now: for /metrics, the live view and the system pages."""

from __future__ import annotations

import asyncio

from backend.llm.registry import get_fleet
from backend.llm.service import get_service
from backend.llm.types import EngineStats

STATS_TIMEOUT_S = 3.0


async def engine_stats() -> list[tuple[str, str, EngineStats]]:
    """(engine, model, figures); the model is "" where the engine does not tell them apart. Empty before there is a service."""
    try:
        fleet, service = get_fleet(), get_service()
    except RuntimeError:
        return []
    if fleet is not None:
        return await fleet.stats_by_engine()
    try:
        async with asyncio.timeout(STATS_TIMEOUT_S):
            stats = await service.stats()
    except TimeoutError:
        stats = EngineStats("", "down")
    return [(stats.engine, "", stats)]
