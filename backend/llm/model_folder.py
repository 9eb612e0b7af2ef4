"""What staff does with files that lie in the models folder: take one in from a folder below, give a model a second name with
settings of its own, delete one. Synchronous, for a thread."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from backend.lib.errors import BadInput, Conflict, NotFound, sentence
from backend.llm.config import LLMConfig
from backend.llm.header_check import header_of
from backend.llm.incoming import FOLDER, GIB, Arrivals
from backend.llm.incoming_errors import ModelUnsound, NoRoomOnDisk
from backend.llm.model_files import find_files, later_parts

MAX_DEPTH = 4
MAX_FOUND = 200


@dataclass(frozen=True, slots=True)
class LooseFile:
    """`path` is relative to the models folder."""

    path: str
    size_bytes: int


def loose_files(config: LLMConfig) -> list[LooseFile]:
    """GGUF files in folders below the models folder: they are no models until they are taken in."""
    root = config.models_dir
    found: list[LooseFile] = []
    for folder, names, files in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        names[:] = sorted(n for n in names if n != FOLDER and depth < MAX_DEPTH)
        for name in sorted(files) if depth else ():
            path = Path(folder, name)
            if name.endswith(".gguf") and path != config.starter_path and not path.is_symlink():
                found.append(LooseFile(path.relative_to(root).as_posix(), path.stat().st_size))
        if len(found) >= MAX_FOUND:
            break
    return found[:MAX_FOUND]


def take_in(config: LLMConfig, path: str, name: str = "") -> str:
    """Let a file below the models folder be a model. Its name. Raises NotFound, ModelUnsound, NameTaken, NoRoomOnDisk."""
    source = _inside(config.models_dir, path)
    arrivals = Arrivals(config.models_dir)
    name = arrivals.free_name(name or source.name)
    told = header_of(source)
    if "facts" not in told:
        raise ModelUnsound(name=source.name, reason=told["unsound"])
    _place(arrivals, source, name)
    return name


def name_again(config: LLMConfig, model: str, name: str) -> str:
    """The same file under a second name, with settings of its own (adapters, context). No bytes are copied.

    Raises NotFound, BadInput, NameTaken.
    """
    file = next((file for file in find_files(config) if file.id == model), None)
    if file is None:
        raise NotFound
    if later_parts(file.path):
        text = sentence(
            "a model of several files has one name", "여러 파일로 된 모델에는 다른 이름을 붙일 수 없습니다."
        )
        raise BadInput(fields={"name": [text]})
    arrivals = Arrivals(config.models_dir)
    name = arrivals.free_name(name)
    config.models_dir.mkdir(parents=True, exist_ok=True)
    _place(arrivals, file.path.resolve(), name)
    return name


def delete_model(config: LLMConfig, model: str) -> None:
    """Its file, or files, of the models folder. An engine that runs on it goes on until it is unloaded.

    Raises NotFound, Conflict for the starter and for what MODEL_PATH names elsewhere.
    """
    file = next((file for file in find_files(config) if file.id == model), None)
    if file is None:
        raise NotFound
    if file.path.parent != config.models_dir:
        raise Conflict
    for path in (file.path, *later_parts(file.path)):
        path.unlink(missing_ok=True)


def _inside(root: Path, path: str) -> Path:
    """Raises NotFound, for links that lead out of the folder too."""
    try:
        source = (root / path).resolve(strict=True)
    except (OSError, ValueError):
        raise NotFound from None
    is_inside = source.is_relative_to(root.resolve()) and source.suffix == ".gguf" and source.is_file()
    if not is_inside or FOLDER in source.parts:
        raise NotFound
    return source


def _place(arrivals: Arrivals, source: Path, name: str) -> None:
    """By a second name where the disk allows it, else by a copy."""
    target = arrivals.models_dir / f"{name}.gguf"
    try:
        os.link(source, target)
        return
    except OSError:
        pass
    size, free = source.stat().st_size, arrivals.free_bytes()
    if size > free:
        raise NoRoomOnDisk(name=name, need_gib=round(size / GIB, 2), free_gib=round(max(0, free) / GIB, 2))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, part)
        arrivals.put_in_place(part, name)
    finally:
        part.unlink(missing_ok=True)
