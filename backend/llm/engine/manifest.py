"""What was promised of a model file: its SHA-256 in `NAME.gguf.sha256` or in `SHA256SUMS` beside it, as sha256sum writes them.

Checked in the engine's process before llama.cpp sees the file; the promises are read there, too, each time it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from backend.llm.engine.gguf_header import UnsoundFile
from backend.llm.engine.model_hash import file_hash

MAX_MANIFEST_BYTES = 1024 * 1024
FIRST_PART = re.compile(r"-00001-of-(\d{5})\.gguf$")
LINE = re.compile(r"([0-9a-fA-F]{64})(?:\s+\*?(.+))?")


def promised_hash(path: Path) -> str:
    """Hex; "" where nobody promised anything. Raises UnsoundFile for a promise that cannot be read."""
    own = path.with_name(f"{path.name}.sha256")
    if own.is_file():
        hashes = [digest for digest, name in _lines(own) if name in ("", path.name)]
        if not hashes:
            raise UnsoundFile(f"{own.name} holds no SHA-256 of it")
        return hashes[0]
    shared = path.with_name("SHA256SUMS")
    return next((digest for digest, name in _lines(shared) if name == path.name), "") if shared.is_file() else ""


def parts_of(path: Path) -> list[Path]:
    """The file, and the later ones of a model that comes in several."""
    first = FIRST_PART.search(path.name)
    if first is None:
        return [path]
    stem = path.name[: first.start()]
    return [path.with_name(f"{stem}-{n:05d}-of-{first[1]}.gguf") for n in range(1, int(first[1]) + 1)]


def check_promises(paths: list[Path], cache_dir: str, beat: Callable[[], None]) -> None:
    """Raises UnsoundFile for a file that is not what was promised, OSError."""
    for path in paths:
        promised = promised_hash(path)
        if promised and file_hash(path, cache_dir, beat) != promised:
            raise UnsoundFile(f"{path.name} is not the file that its SHA-256 promises (damaged or exchanged)")


def _lines(manifest: Path) -> list[tuple[str, str]]:
    with manifest.open("rb") as file:
        text = file.read(MAX_MANIFEST_BYTES).decode("utf-8", "replace")
    found = (LINE.fullmatch(line.strip()) for line in text.splitlines())
    return [(one[1].lower(), (one[2] or "").removeprefix("./")) for one in found if one]
