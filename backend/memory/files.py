"""Uploaded files, in `documents/` of the data folder, under names of our own. Synchronous.

A user's name for a file never touches the file system.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from backend.lib import files as lib_files
from backend.memory.models import Document


def folder() -> Path:
    path: Path = settings.MARU.data_dir / "documents"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(document: Document) -> Path:
    return folder() / document.stored_as


def keep(parts: Iterable[bytes]) -> str:
    """Write a new file, whole or not at all, and return its name. Raises OSError (a full disk is told as such)."""
    name = uuid.uuid4().hex
    draft = folder() / f".{name}"
    try:
        with draft.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder() / name)
    finally:
        draft.unlink(missing_ok=True)
    return name


def try_remove(name: str) -> bool:
    """False: it stays, and belongs to nobody; administrators find it among what is to be swept."""
    return lib_files.try_remove(folder() / name)


def remove(names: Iterable[str]) -> None:
    for name in names:
        (folder() / name).unlink(missing_ok=True)
