"""Where an engine's socket lies: in the data folder, or, where that path is too long for a socket, in a private folder."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

# sun_path holds 108 bytes with its NUL.
MAX_PATH_BYTES = 107


def engine_socket_path(data_dir: Path, name: str = "engine.sock") -> Path:
    """The same for all processes with the same data folder and user. Creates the folder. Raises PermissionError."""
    path = data_dir.resolve() / name
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
    digest = hashlib.sha256(os.fsencode(path.parent / "engine.sock")).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"maru-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    # The temp folder belongs to everybody: somebody else may have put this name there before.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a private folder of this user")
    return folder / name
