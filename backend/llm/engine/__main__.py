"""`python -m backend.llm.engine --socket … --model …`: the engine process. Needs no Django.

Exit codes: 0 asked to stop, 3 orphaned before it began.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys

from backend.lib.log_lines import JsonLines
from backend.llm.engine.config import EngineConfig

PR_SET_PDEATHSIG = 1
ORPHANED = 3
OPENMP_SPINS = "1000"  # some 5 µs; ten times that is 25 times slower under load (docs/performance.md)


def die_with(parent_pid: int) -> None:
    """Have the kernel end this process when its parent ends, however that ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it was gone before the line above
        sys.exit(ORPHANED)


async def serve(config: EngineConfig) -> None:
    from backend.llm.engine.server import EngineServer

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    # Ctrl-C in a terminal reaches the whole group: a child is stopped by its parent, after the drain.
    loop.add_signal_handler(signal.SIGINT, (lambda: None) if config.parent_pid else stopped.set)
    await EngineServer(config).serve(stopped)


def run(config: EngineConfig) -> None:
    # A step has hundreds of barriers: threads that sleep at each make it up to 1.5 times slower (docs/performance.md). Spinning
    # for ever would take the cores from the web process between steps. Read when llama.cpp is loaded, which is later.
    os.environ.setdefault("GOMP_SPINCOUNT", OPENMP_SPINS)
    if config.parent_pid:
        die_with(config.parent_pid)
    os.nice(config.niceness)  # HAZARD: Linux has it by thread, and it goes on to those that are started from here
    logging.basicConfig(level=logging.INFO, format="%(asctime)s engine %(levelname)s %(message)s")
    if config.log_format == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
    asyncio.run(serve(config))


if __name__ == "__main__":
    run(EngineConfig.from_argv())
