"""An engine host in this process, and services of web processes that share it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from backend.llm.host import EngineHost
from backend.llm.process import LocalLLM
from backend.llm.service import LLMService
from backend.llm.shared import SharedLLM


@asynccontextmanager
async def hosting(service: LLMService, path: Path) -> AsyncIterator[None]:
    local = service if isinstance(service, LocalLLM) else None
    stopped, up = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(EngineHost(service, local).serve(path, stopped, up.set))
    await asyncio.wait({task, asyncio.create_task(up.wait())}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        stopped.set()
        await task


@asynccontextmanager
async def sharing(service: LLMService, path: Path, n: int = 1) -> AsyncIterator[list[SharedLLM]]:
    """`n` web processes' services on one host."""
    async with hosting(service, path):
        shared = [SharedLLM(path) for _ in range(n)]
        for one in shared:
            await one.start()
            await one.count_tokens(["x"])  # connected
        yield shared
        for one in shared:
            await one.stop()
