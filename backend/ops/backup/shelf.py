"""The backups in `backups/` of the data folder: made one at a time, listed, bounded in number, deleted.

Whoever makes one holds a lock of the kernel there and tells its progress in a small file, so that every process of the house
sees it; a process that dies in between leaves neither behind as a lie.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from backend.lib import clock
from backend.ops.backup.archive import Manifest
from backend.ops.backup.errors import BackupError, BackupRuns, NoSuchBackup
from backend.ops.backup.making import Progress, make_backup

MAX_KEPT = 10
TELL_EVERY_S = 0.5
NAME = re.compile(r"maru-\d{8}-\d{6}\.zip")


@dataclass(frozen=True, slots=True)
class Kept:
    name: str
    n_bytes: int
    made_at: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class State:
    """How it goes with the backup that is being made, or went with the last one. `error`: a sentence, "" for none."""

    is_running: bool = False
    phase: str = ""
    done: int = 0
    total: int = 0
    error: str = ""


def folder() -> Path:
    path: Path = settings.MARU.data_dir / "backups"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def kept() -> list[Kept]:
    """Newest first."""
    found = []
    for path in folder().iterdir():
        if NAME.fullmatch(path.name):
            told = path.stat()
            found.append(Kept(path.name, told.st_size, told.st_mtime))
    return sorted(found, key=lambda each: each.name, reverse=True)


def path_of(name: str) -> Path:
    """Raises NoSuchBackup."""
    path = folder() / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise NoSuchBackup
    return path


def delete(name: str) -> None:
    """Raises NoSuchBackup."""
    path_of(name).unlink()


def make(path: Path | None = None, progress: Progress | None = None) -> tuple[Path, Manifest]:
    """One backup; into the folder, of which the oldest above MAX_KEPT go, unless `path` says elsewhere. Raises BackupRuns."""
    progress = progress or Progress()
    with _only_one():
        told_s = clock.monotonic_s() - TELL_EVERY_S
        ears = progress.tell

        def tell(phase: str, done: int, total: int) -> None:
            nonlocal told_s
            ears(phase, done, total)
            if clock.monotonic_s() - told_s >= TELL_EVERY_S:
                told_s = clock.monotonic_s()
                _write_state(State(True, phase, done, total))

        progress.tell = tell
        tell("rows", 0, 0)
        target = path or folder() / f"maru-{clock.now():%Y%m%d-%H%M%S}.zip"
        try:
            manifest = make_backup(target, progress)
        except (BackupError, OSError) as error:
            _write_state(State(error=str(error)))
            raise
        _write_state(State())
        if path is None:
            for old in kept()[MAX_KEPT:]:
                (folder() / old.name).unlink(missing_ok=True)
    return target, manifest


def state() -> State:
    told = _read_state()
    if is_running():
        return State(True, told.phase, told.done, told.total)
    # Without its lock it is not running, whatever it said last.
    return State(error="the process ended before it was done" if told.is_running else told.error)


def is_running() -> bool:
    try:
        with _only_one():
            return False
    except BackupRuns:
        return True


@contextmanager
def _only_one() -> Iterator[None]:
    descriptor = os.open(folder() / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupRuns from None
    finally:
        os.close(descriptor)


def _write_state(state: State) -> None:
    part = folder() / f".state.{os.getpid()}"
    part.write_text(json.dumps(asdict(state)), encoding="utf-8")
    part.replace(folder() / ".state")


def _read_state() -> State:
    try:
        raw: dict[str, Any] = json.loads((folder() / ".state").read_text(encoding="utf-8"))
        return State(**raw)
    except (OSError, ValueError, TypeError):
        return State()
