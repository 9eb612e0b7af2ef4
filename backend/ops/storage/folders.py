"""Looks into folders, and removes from them. Synchronous.

A symbolic link is never followed, neither as a folder nor in one: what lies behind it is not ours to count or to remove.
A name is removed relative to the open folder, so that nothing can be put in its place in between.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Size:
    n_bytes: int = 0
    n_files: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(self.n_bytes + other.n_bytes, self.n_files + other.n_files)


@dataclass(frozen=True, slots=True)
class Found:
    """`n_bytes` of a folder: of all that is in it."""

    name: str
    n_bytes: int
    is_folder: bool


def size_of(path: Path) -> Size:
    """Of a file, or of a folder with all that is in it; nothing where there is nothing, or a link."""
    try:
        told = path.lstat()
    except OSError:
        return Size()
    if stat.S_ISREG(told.st_mode):
        return Size(told.st_size, 1)
    if not stat.S_ISDIR(told.st_mode):
        return Size()
    total = Size()
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                total += size_of(Path(entry.path))
    except OSError:  # removed, or closed to us, while we looked
        pass
    return total


def old_ones(folder: Path, names: re.Pattern[str], before: float) -> Iterator[Found]:
    """What `names` matches whole and nobody touched since `before` (seconds since 1970); links are passed over."""
    with _opened(folder) as descriptor:
        if descriptor is None:
            return
        for name in sorted(os.listdir(descriptor)):
            if not names.fullmatch(name):
                continue
            try:
                told = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue
            if told.st_mtime < before and (stat.S_ISREG(told.st_mode) or stat.S_ISDIR(told.st_mode)):
                is_folder = stat.S_ISDIR(told.st_mode)
                yield Found(name, size_of(folder / name).n_bytes if is_folder else told.st_size, is_folder)


def remove(folder: Path, found: Found) -> bool:
    """Whether it was there, and is gone now. One that stays keeps no other."""
    with _opened(folder) as descriptor:
        if descriptor is None:
            return False
        try:
            if found.is_folder:
                shutil.rmtree(found.name, dir_fd=descriptor)  # follows no links (rmtree.avoids_symlink_attacks)
            else:
                os.unlink(found.name, dir_fd=descriptor)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                logger.warning("%s stays: %s", found.name, error.strerror)
            return False
    return True


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    """None: there is no such folder, or it is a link."""
    try:
        descriptor = os.open(folder, _FLAGS)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
