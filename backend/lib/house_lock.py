"""Who may live on a data folder together: web processes hold it while they serve, a restore wants it alone.

Locks of the kernel, not files with a number in them: they end with the process that holds them, however that dies. Without a
Redis there is one web process: two of them would each take the other's replies for orphans. With one there are several; but an
embedded Chroma belongs to one process, and SQLite to one machine. Processes elsewhere on a Postgres are known to Postgres
(ops/backup/restoring.py).
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

UNFINISHED = "restore.unfinished"  # there while a restore puts things in place


class House(Protocol):
    """Of the settings, what the locks ask for."""

    @property
    def data_dir(self) -> Path: ...
    @property
    def redis_url(self) -> str: ...
    @property
    def chroma_url(self) -> str: ...


class HouseBusy(Exception):
    """`reason` names a sentence of chat_project/greeting.py: busy, busy_chroma, busy_sqlite."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class HouseUnfinished(Exception):
    """A restore was cut while it put things in place: half of them are the old house's."""


_held: list[int] = []


def enter(house: House, *, is_sqlite: bool) -> None:
    """Hold it until `leave`, or until this process ends. Entering again in the same process changes nothing.

    Raises HouseBusy, also during a restore; HouseUnfinished after half of one.
    """
    if _held:
        return
    try:
        _hold(_locked(house.data_dir / "house.lock", is_shared=bool(house.redis_url), reason="busy"))
        if house.redis_url and not house.chroma_url:
            _hold(_locked(house.data_dir / "chroma.lock", is_shared=False, reason="busy_chroma"))
        if house.redis_url and is_sqlite:
            _hold(_locked_for_machine(house.data_dir / "sqlite.lock"))
        if (house.data_dir / UNFINISHED).exists():
            raise HouseUnfinished
    except Exception:
        leave()
        raise


def leave() -> None:
    while _held:
        os.close(_held.pop())


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Nobody serves from this folder, and nobody begins to, meanwhile. Raises HouseBusy at once."""
    descriptor = _locked(data_dir / "house.lock", is_shared=False, reason="busy")
    try:
        yield
    finally:
        os.close(descriptor)


def _hold(descriptor: int) -> None:
    _held.append(descriptor)


def _locked(path: Path, *, is_shared: bool, reason: str) -> int:
    # Not inherited (Python's default): the engine may outlive us by a moment, and must not hold the house.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise HouseBusy(reason) from None
    return descriptor


def _locked_for_machine(path: Path) -> int:
    """The first one writes where it is; others must be there, too."""
    here = socket.gethostname().encode()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, here, 0)
    except OSError:
        if os.pread(descriptor, 255, 0) not in (here, b""):
            os.close(descriptor)
            raise HouseBusy("busy_sqlite") from None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor
