"""The backups in `backups/` of the data folder: made one at a time, listed, bounded in number, deleted.

Whoever makes one holds a lock of the kernel there and tells its progress in a small file, so that every process of the house
sees it; a process that dies in between leaves neither behind as a lie. The lock can be handed to a child (jobs.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from backend import house
from backend.lib import clock
from backend.lib.files import try_remove
from backend.ops.backup.archive import Archive, Manifest
from backend.ops.backup.errors import BackupError, BackupRuns, BadArchive, NoSuchBackup
from backend.ops.backup.making import Progress, make_backup

TELL_EVERY_S = 0.5
NAME = re.compile(r"maru-\d{8}-\d{6}\.zip")
_OPENED = 256  # archives whose manifest is kept in mind


@dataclass(frozen=True, slots=True)
class Kept:
    name: str
    n_bytes: int
    made_at: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Contents:
    n_rows: int
    n_documents: int
    n_missing_files: int
    database: str


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
        if NAME.fullmatch(path.name) and _is_file(path):
            told = path.stat()
            found.append(Kept(path.name, told.st_size, told.st_mtime))
    return sorted(found, key=lambda each: each.name, reverse=True)


def contents_of(one: Kept) -> Contents | None:
    """What its manifest says; None for an archive that cannot be read."""
    return _contents(str(folder() / one.name), one.made_at, one.n_bytes)


@functools.lru_cache(_OPENED)
def _contents(path: str, made_at: float, n_bytes: int) -> Contents | None:
    """`made_at` and `n_bytes` tell another file of the same name."""
    try:
        with Archive(Path(path)) as archive:
            manifest = archive.manifest
            return Contents(manifest.n_rows, len(archive.documents()), len(manifest.missing_files), manifest.database)
    except BadArchive:
        return None


def path_of(name: str) -> Path:
    """Raises NoSuchBackup."""
    path = folder() / name
    if not NAME.fullmatch(name) or not _is_file(path):
        raise NoSuchBackup
    return path


def _is_file(path: Path) -> bool:
    """A link leads out of the folder; it is nobody's archive."""
    return path.is_file() and not path.is_symlink()


def delete(name: str) -> None:
    """Raises NoSuchBackup."""
    path_of(name).unlink()


def make(path: Path | None = None, progress: Progress | None = None, lock: int | None = None) -> tuple[Path, Manifest]:
    """One backup; into the folder, of which the oldest beyond the setting `backups_kept` go, unless `path` says elsewhere.

    `lock`: the descriptor of `alone` of another process. Raises BackupRuns, and what `make_backup` raises.
    """
    with alone() if lock is None else handed(lock):
        _sweep_rests()
        target = path or folder() / f"maru-{clock.now():%Y%m%d-%H%M%S}.zip"
        try:
            manifest = make_backup(target, _telling(progress or Progress()))
        except (BackupError, OSError) as error:
            tell_state(State(error=str(error)))
            raise
        tell_state(State())
        if path is None:
            house.refresh()
            for old in kept()[house.number("backups_kept") :]:
                if old.name != target.name:  # a clock that was wrong named others after it
                    try_remove(folder() / old.name)
    return target, manifest


def _telling(progress: Progress) -> Progress:
    """The same, which every process of the house hears, too."""
    told_s = clock.monotonic_s() - TELL_EVERY_S
    ears = progress.tell

    def tell(phase: str, done: int, total: int) -> None:
        nonlocal told_s
        ears(phase, done, total)
        if clock.monotonic_s() - told_s >= TELL_EVERY_S:
            told_s = clock.monotonic_s()
            tell_state(State(True, phase, done, total))

    progress.tell = tell
    tell("rows", 0, 0)
    return progress


def sweep() -> None:
    """At a start: what processes left that were killed, unless a backup is being made just now."""
    with contextlib.suppress(BackupRuns), alone():
        _sweep_rests()


def _sweep_rests() -> None:
    """Half archives, and second names that would keep deleted documents: nobody else writes here while we hold the lock."""
    for part in folder().glob(".maru-*.part"):
        try_remove(part)
    for held in folder().parent.glob(".backup-*"):
        shutil.rmtree(held, ignore_errors=True)


def state() -> State:
    told = _read_state()
    if is_running():
        return State(True, told.phase, told.done, told.total)
    # Without its lock it is not running, whatever it said last.
    return State(error="the process ended before it was done" if told.is_running else told.error)


def is_running() -> bool:
    try:
        with alone():
            return False
    except BackupRuns:
        return True


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """The right to make a backup: the descriptor that holds it, for as long as any process has it open. Raises BackupRuns."""
    descriptor = os.open(folder() / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError:
        raise BackupRuns from None
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def handed(descriptor: int) -> Iterator[int]:
    """The right that another process took and handed over."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def tell_state(state: State) -> None:
    part = folder() / f".state.{os.getpid()}"
    part.write_text(json.dumps(asdict(state)), encoding="utf-8")
    part.replace(folder() / ".state")


def failed_at() -> float | None:
    """When the last one failed, in seconds since 1970; None: it did not. For whoever holds the lock: nobody makes one now."""
    told = _read_state()
    return (folder() / ".state").stat().st_mtime if told.is_running or told.error else None


def _read_state() -> State:
    try:
        raw: dict[str, Any] = json.loads((folder() / ".state").read_text(encoding="utf-8"))
        return State(**raw)
    except (OSError, ValueError, TypeError):
        return State()
