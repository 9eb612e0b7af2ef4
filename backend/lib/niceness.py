"""Lets a child process work only when nobody else wants the processor, and later in line with others, last.

Where there is no idle class (macOS), none is allowed, or it could not be left again, niceness 19 is left; where neither is, the
process stays as it is. What must end by itself takes a share from its beginning: nobody may lower niceness again.
"""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

NICEST = 19
SMALL_SHARE = 10  # about a tenth of what a process without niceness gets
BEHIND = 5  # steps: about a quarter beside those that stand before them
_CAP_SYS_NICE = 1 << 23
_STATUS, _UIDS = Path("/proc/self/status"), Path("/proc/self/uid_map")


def stand_back(pid: int) -> None:
    """Only what others leave, which may be nothing. Sets the process's first thread; those it starts later take after it."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICEST)
    if may_come_back():
        _set_class(pid, "SCHED_IDLE")


def stand_in_line(pid: int) -> None:
    """From now on a small share beside others: work that must end."""
    _set_class(pid, "SCHED_OTHER")


def work_behind(niceness: int) -> None:
    """This process, for good: a share that ends also on a full machine, and behind those of `niceness`."""
    wanted = min(NICEST, max(SMALL_SHARE, niceness + BEHIND))
    with contextlib.suppress(OSError):
        os.nice(max(0, wanted - os.nice(0)))


def may_come_back() -> bool:
    """Whether Linux lets a process of niceness 19 leave the idle class: sched(7) asks RLIMIT_NICE or CAP_SYS_NICE, which a
    container's own root does not have."""
    if not hasattr(resource, "RLIMIT_NICE"):
        return False
    if resource.getrlimit(resource.RLIMIT_NICE)[0] not in range(20 - NICEST):
        return True
    with contextlib.suppress(OSError, ValueError, StopIteration):
        held = next(line for line in _STATUS.read_text().splitlines() if line.startswith("CapEff:"))
        is_of_the_machine = _UIDS.read_text().split() == ["0", "0", str(2**32 - 1)]
        return is_of_the_machine and bool(int(held.split()[1], 16) & _CAP_SYS_NICE)
    return False


def _set_class(pid: int, name: str) -> None:
    if hasattr(os, name):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, getattr(os, name), os.sched_param(0))
