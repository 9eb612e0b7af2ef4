"""Who is in the house: every serving process holds `house.lock` of the data folder together, a restore wants it alone.

A lock of the kernel, not a file with a number in it: it ends with the process that holds it, however that dies. It knows the
processes that share this data folder; those of a Postgres are known to Postgres (backup/restoring.py).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_NAME = "house.lock"
UNFINISHED = "restore.unfinished"  # there while a restore puts things in place


class HouseInUse(Exception):
    """Somebody holds the lock who does not share it with us."""


class HouseUnfinished(Exception):
    """A restore was cut while it put things in place: half of them are the old house's."""


def enter(data_dir: Path) -> int:
    """Hold it beside other serving processes until `leave`, or until this process ends.

    Raises HouseInUse during a restore, HouseUnfinished after half of one.
    """
    held = _take(data_dir, fcntl.LOCK_SH)
    try:
        check_finished(data_dir)
    except HouseUnfinished:
        leave(held)
        raise
    return held


def check_finished(data_dir: Path) -> None:
    """Raises HouseUnfinished after half of a restore."""
    if (data_dir / UNFINISHED).exists():
        raise HouseUnfinished


def leave(held: int) -> None:
    os.close(held)


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Nobody serves from this folder, and nobody begins to, meanwhile. Raises HouseInUse at once."""
    held = _take(data_dir, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(held)


def _take(data_dir: Path, kind: int) -> int:
    # Not inherited: the engine may outlive us by a moment, and must not hold the house.
    descriptor = os.open(data_dir / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise HouseInUse from None
    return descriptor
