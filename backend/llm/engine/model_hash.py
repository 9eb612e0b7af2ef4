"""SHA-256 of a model file, remembered in the data folder beside the file's size and time: a large one takes many seconds."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

MAX_REMEMBERED = 200
PIECE_BYTES = 16 * 1024 * 1024


def file_hash(path: Path, cache_dir: str, beat: Callable[[], None] = lambda: None) -> str:
    """Any thread. `beat` is called again and again while it reads. Raises OSError."""
    status = path.stat()
    stamp = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"
    cache = Path(cache_dir) / "model-hashes.json" if cache_dir else None
    known = _known(cache)
    if stamp not in known:
        digest = _digest(path, beat)
        # Read again: an engine beside this one may have added its own meanwhile.
        known = dict(list({**_known(cache), stamp: digest}.items())[-MAX_REMEMBERED:])
        if cache is not None:
            part = cache.with_name(f".{cache.name}.{os.getpid()}.part")
            part.write_text(json.dumps(known, indent=1))
            part.replace(cache)
    return known[stamp]


def _digest(path: Path, beat: Callable[[], None]) -> str:
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            sha256.update(piece)
            beat()
    return sha256.hexdigest()


def _known(cache: Path | None) -> dict[str, str]:
    if cache is None or not cache.exists():
        return {}
    try:
        known = json.loads(cache.read_text())
    except ValueError:
        log.warning("%s is damaged and will be written anew", cache)
        return {}
    return known if isinstance(known, dict) else {}
