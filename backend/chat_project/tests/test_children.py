"""What `serve --workers` keeps running, and how it ends: processes that only wait, no house."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.chat_project import workers
from backend.chat_project.workers import Child, Workers

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
    while kept.n_quick_deaths == 0:  # noqa: ASYNC110 - nothing tells of it
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


async def test_one_for_which_no_process_is_to_be_had_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "DELAYS_S", (0.05,))
    start = asyncio.create_subprocess_exec
    n_open, refusals = (
        len(os.listdir("/proc/self/fd")),
        [BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")] * 3,
    )

    async def refused(*command: str, **options: Any) -> asyncio.subprocess.Process:
        if refusals and (tmp_path / "died").exists():
            raise refusals.pop()
        return await start(*command, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refused)
    kept = child(DIES_ONCE, str(tmp_path / "died"))
    keeping = asyncio.create_task(kept.keep())
    while kept.n_quick_deaths < 4 and not keeping.done():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert not keeping.done(), "an engine host that is given up takes all models with it"
    while kept.process is None or kept.process.returncode is not None:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await kept.end(PATIENCE_S)
    await asyncio.wait_for(keeping, PATIENCE_S)
    assert len(os.listdir("/proc/self/fd")) == n_open


# As `serve --fd` does: tells that it is ready, and drains for a moment.
SERVES = """
import os, signal, sys, time
fd = next(int(word.partition("=")[2]) for word in sys.argv if word.startswith("--ready-fd="))
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), os._exit(0)))
os.write(fd, b".")
time.sleep(60)
"""


async def test_a_stop_in_the_middle_of_a_replacement_ends_all(tmp_path: Path) -> None:
    program = tmp_path / "manage.py"
    program.write_text(SERVES)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        house = Workers([sys.executable, str(program)], 2, listener, engines=["echo"])
        running = asyncio.create_task(house.run())
        await asyncio.sleep(0)
        old = list(house._workers)
        await asyncio.wait_for(asyncio.gather(*(one.ready.wait() for one in old)), PATIENCE_S)
        os.kill(os.getpid(), signal.SIGHUP)
        while old[0].is_wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)  # while the first of the old ones drains
        assert await asyncio.wait_for(running, PATIENCE_S) == 0
    assert len(house._workers) == 2
    assert house._workers[1] is old[1], "the second was not replaced any more"
