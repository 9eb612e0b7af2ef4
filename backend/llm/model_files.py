"""Which GGUF files there are: MODEL_PATH, MODELS_DIR/*.gguf, the built-in starter. Looks at names, sizes and times only.

What a file holds is read by `model_catalogue.py`, in a child process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backend.llm.config import LLMConfig
from backend.llm.engine.config import model_id
from backend.llm.engine.manifest import parts_of

Stamp = tuple[str, int, int]

MAX_FILES = 1000
# The later parts of a model that comes in several files.
_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`stamp` changes when the file does, so that a file that could not be loaded is tried again once it is another."""

    id: str
    path: Path
    is_starter: bool
    stamp: Stamp
    size_bytes: int  # of all parts

    @property
    def changed_ns(self) -> int:
        return self.stamp[2]


def find_files(config: LLMConfig) -> list[ModelFile]:
    """In the order in which they are taken by default: MODEL_PATH, then the newest first, the starter last.

    A MODEL_PATH that names no file is not made up for by another: see `Catalogue.forced_default`.
    """
    found: dict[str, ModelFile] = {}
    if config.model_path is not None:
        _add(found, [_model_file(config.model_path, is_starter=_is_same(config.model_path, config.starter_path))])
    paths = [path for path in sorted(config.models_dir.glob("*.gguf"))[:MAX_FILES] if not _LATER_PART.search(path.name)]
    in_folder = [file for path in paths if (file := _model_file(path, is_starter=False)) is not None]
    # The one put there last; the name decides between equals.
    in_folder.sort(key=lambda file: (file.changed_ns, file.id), reverse=True)
    _add(found, in_folder)
    _add(found, [_model_file(config.starter_path, is_starter=True)])
    return list(found.values())


def _add(found: dict[str, ModelFile], files: Iterable[ModelFile | None]) -> None:
    """The first of a name is the one that is asked for by it."""
    for file in files:
        if file is not None:
            found.setdefault(file.id, file)


def _model_file(path: Path, *, is_starter: bool) -> ModelFile | None:
    try:
        status = path.stat()
        size_bytes = status.st_size + sum(part.stat().st_size for part in parts_of(path)[1:])
    except OSError:
        return None  # a later part that is missing, too: llama.cpp could not load it
    if not path.is_file():
        return None
    return ModelFile(model_id(str(path)), path, is_starter, (str(path), size_bytes, status.st_mtime_ns), size_bytes)


def later_parts(path: Path) -> list[Path]:
    return parts_of(path)[1:]


def _is_same(left: Path, right: Path) -> bool:
    return left.resolve() == right.resolve()
