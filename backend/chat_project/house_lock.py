"""Who may live on a data folder together. Held from `life.build` to the process's end, by locks that the kernel takes back.

Without a Redis one web process: two of them would each take the other's replies for orphans. With one, several; but an embedded
Chroma belongs to one process, and SQLite to one machine.
"""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from backend.chat_project.env import MaruEnv


class HouseBusy(Exception):
    """`reason` names a sentence of greeting.py: busy, busy_chroma, busy_sqlite."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


_held: list[int] = []


def take(env: MaruEnv, *, is_sqlite: bool) -> None:
    """Raises HouseBusy. Taking it again in the same process changes nothing."""
    if _held:
        return
    try:
        _lock(env.data_dir / "house.lock", is_shared=bool(env.redis_url), reason="busy")
        if env.redis_url and not env.chroma_url:
            _lock(env.data_dir / "chroma.lock", is_shared=False, reason="busy_chroma")
        if env.redis_url and is_sqlite:
            _lock_for_machine(env.data_dir / "sqlite.lock")
    except HouseBusy:
        give_back()
        raise


def give_back() -> None:
    while _held:
        os.close(_held.pop())


def _lock(path: Path, *, is_shared: bool, reason: str) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise HouseBusy(reason) from None
    _held.append(descriptor)
    return descriptor


def _lock_for_machine(path: Path) -> None:
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
    _held.append(descriptor)
