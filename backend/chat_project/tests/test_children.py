"""What `serve --workers` keeps running, and how it ends: processes that only wait, no house."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from backend.chat_project import workers
from backend.chat_project.workers import Child

pytestmark = pytest.mark.asyncio
PATIENCE_S = 20.0
WAITS = "import time; time.sleep(60)"
DIES_ONCE = """
import pathlib, sys, time
mark = pathlib.Path(sys.argv[1])
if not mark.exists():
    mark.touch()
    sys.exit(1)
time.sleep(60)
"""


def child(program: str, *arguments: str) -> Child:
    return Child([sys.executable, "-c", program, *arguments], os.environ, tells=False)


async def test_one_that_has_died_is_not_started_again_when_it_is_not_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "DELAYS_S", (0.5,))
    kept = child(DIES_ONCE, str(tmp_path / "died"))
    keeping = asyncio.create_task(kept.keep())
    while kept.n_quick_deaths == 0:
        await asyncio.sleep(0.02)
    await kept.end(PATIENCE_S)  # in the pause before its next start
    assert await asyncio.wait_for(keeping, PATIENCE_S) == 1


async def test_one_that_is_being_started_ends_too() -> None:
    kept = child(WAITS)
    keeping = asyncio.create_task(kept.keep())
    await asyncio.sleep(0)
    assert kept.process is None
    await kept.end(PATIENCE_S)
    assert await asyncio.wait_for(keeping, PATIENCE_S) != 0
