"""Lets a child process work only when nobody else wants the processor, and later in line with others, last.

Where there is no idle class (macOS), or none is allowed, niceness 19 is left; where neither is, the process stays as it is.
"""

from __future__ import annotations

import contextlib
import os

NICEST = 19


def stand_back(pid: int) -> None:
    """Only what others leave, which may be nothing. Sets the process's first thread; those it starts later take after it."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICEST)
    _set_class(pid, "SCHED_IDLE")


def stand_in_line(pid: int) -> None:
    """From now on a small share beside others: work that must end."""
    _set_class(pid, "SCHED_OTHER")


def _set_class(pid: int, name: str) -> None:
    if hasattr(os, name):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, getattr(os, name), os.sched_param(0))
