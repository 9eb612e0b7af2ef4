"""Which GGUF file is served: MODEL_PATH, else the newest of MODELS_DIR/*.gguf, else the built-in starter. Pure but for stat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from backend.llm.config import LLMConfig

# Image projectors, and the later parts of a model that comes in several files.
_NOT_ALONE = re.compile(r"^mmproj|-(?!00001)\d{5}-of-\d{5}\.gguf$")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`stamp` changes when the file does, so that a file that could not be loaded is tried again once it is another."""

    path: Path
    is_starter: bool
    stamp: tuple[str, int, int]


def find_model(config: LLMConfig) -> ModelFile | None:
    """None when no file is there. A MODEL_PATH that names no file is None too: never a model that nobody asked for."""
    if config.model_path is not None:
        return _model_file(config.model_path, is_starter=_is_same(config.model_path, config.starter_path))
    candidates = (path for path in config.models_dir.glob("*.gguf") if not _NOT_ALONE.search(path.name))
    found = [file for path in candidates if (file := _model_file(path, is_starter=False))]
    if found:
        # The one put there last; the name decides between equals.
        return max(found, key=lambda file: (file.stamp[2], file.path.name))
    return _model_file(config.starter_path, is_starter=True)


def _model_file(path: Path, *, is_starter: bool) -> ModelFile | None:
    try:
        status = path.stat()
    except OSError:
        return None
    if not path.is_file():
        return None
    return ModelFile(path, is_starter, (str(path), status.st_size, status.st_mtime_ns))


def _is_same(left: Path, right: Path) -> bool:
    return left.resolve() == right.resolve()
