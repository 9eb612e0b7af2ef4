"""Files on their way into the models folder, by upload or from a hub: what is known of each, and its bytes so far.

Each lies in `MODELS_DIR/.incoming/` as `<id>.part` beside `<id>.json`, so that it survives the process, and moves into the folder
in one step once it is whole and sound; a running server may look at the folder at any time. Whoever writes holds the part's lock.
Of the last uploads that came to their end `<id>.done` stays.
Synchronous, for a thread; knows neither HTTP nor a database.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from backend.lib.errors import BadInput, Conflict, NotFound, sentence
from backend.llm.header_check import header_of
from backend.llm.incoming_errors import ChecksumWrong, ModelUnsound, NameTaken, NoRoomOnDisk, PieceMisplaced

FOLDER = ".incoming"
DONE = ".done"
MIN_FILE_BYTES, MAX_FILE_BYTES = 24, 1 << 40
MAX_INCOMING = 32
MAX_PIECE_BYTES = 16 * 1024 * 1024
MAX_NAME_CHARS = 120  # Message.model
SPARE_BYTES = 256 * 1024 * 1024  # the database lives on a disk too
MAX_BYTES_TO_HEADER = 512 * 1024 * 1024
READ_BYTES = 4 * 1024 * 1024
GIB = 1024**3
_ID = re.compile(r"[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

Origin = Literal["upload", "hub"]
State = Literal["coming", "paused", "checking", "failed"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """`size_bytes` 0: not known yet. `problem` names what it failed of, `told` the figures of that sentence."""

    id: str
    name: str  # of the model: the file's without `.gguf`
    origin: Origin
    size_bytes: int = 0
    sha256: str = ""  # that it must have; "" for an upload whose sender gave none
    state: State = "coming"
    has_good_header: bool = False
    problem: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    repo: str = ""
    file: str = ""
    revision: str = "main"
    token: str = field(default="", repr=False)  # sealed


class Arrivals:
    """The files that are coming into one models folder."""

    def __init__(self, models_dir: Path) -> None:
        self.models_dir, self._folder = models_dir, models_dir / FOLDER

    # --- what there is -----------------------------------------------------------------------------------------------

    def all(self) -> list[Incoming]:
        """Oldest first."""
        try:
            paths = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        except OSError:
            return []
        found = (self._read(path.stem) for path in paths)
        return [one for one in found if one is not None]

    def is_any(self) -> bool:
        """One look at the folder: cheap enough for an event loop."""
        return next(self._folder.glob("*.json"), None) is not None

    def get(self, id: str) -> Incoming:
        """Raises NotFound."""
        found = self._read(id) if _ID.fullmatch(id) else None
        if found is None:
            raise NotFound
        return found

    def finished(self, id: str) -> str | None:
        """The model that this upload has become, of the last of them: its sender may not have heard of it."""
        found = self._read(id, DONE) if _ID.fullmatch(id) else None
        return found.name if found is not None else None

    def n_bytes(self, one: Incoming) -> int:
        """That have come."""
        try:
            return self.part(one).stat().st_size
        except OSError:
            return 0

    def part(self, one: Incoming) -> Path:
        return self._folder / f"{one.id}.part"

    # --- the life of one ---------------------------------------------------------------------------------------------

    def begin(self, name: str, origin: Origin, size_bytes: int = 0, **known: Any) -> Incoming:
        """Raises BadInput, NameTaken, Conflict when too many are coming, NoRoomOnDisk."""
        one = Incoming(secrets.token_hex(8), self.free_name(name), origin, size_bytes, **known)
        if one.sha256 and not _SHA256.fullmatch(one.sha256):
            raise BadInput(fields={"sha256": [sentence("64 hexadecimal digits", "16진수 64자리여야 합니다.")]})
        if len(self.all()) >= MAX_INCOMING:
            raise Conflict
        if size_bytes:
            self.check_size(one)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.part(one).touch(mode=0o600)
        return self.keep(one)

    def check_size(self, one: Incoming) -> None:
        """Raises BadInput, NoRoomOnDisk."""
        if not MIN_FILE_BYTES <= one.size_bytes <= MAX_FILE_BYTES:
            text = sentence(f"from {MIN_FILE_BYTES} to {MAX_FILE_BYTES} bytes", "파일 크기가 올바르지 않습니다.")
            raise BadInput(fields={"size_bytes": [text]})
        need = one.size_bytes - self.n_bytes(one)
        free = self.free_bytes(but=one.id)
        if need > free:
            raise NoRoomOnDisk(name=one.name, need_gib=round(need / GIB, 2), free_gib=round(max(0, free) / GIB, 2))

    def free_bytes(self, but: str = "") -> int:
        """Of the disk, without what is promised to the others that are coming."""
        here = next(path for path in (self.models_dir, *self.models_dir.parents) if path.exists())
        promised = sum(max(0, one.size_bytes - self.n_bytes(one)) for one in self.all() if one.id != but)
        return shutil.disk_usage(here).free - promised - SPARE_BYTES

    def add_piece(self, id: str, offset: int, content: bytes) -> Incoming | None:
        """The next bytes of an upload; None when it was the last and the model is in its place. The last ones come again where
        nobody came to its end.

        Raises NotFound, PieceMisplaced, Conflict while another writes, ModelUnsound and ChecksumWrong (then all is gone).
        """
        one = self.get(id)
        if one.origin != "upload":
            raise NotFound
        with self.writing(one) as part:
            n_bytes = self.n_bytes(one)
            if not offset + len(content) == n_bytes == one.size_bytes:
                if offset != n_bytes or n_bytes + len(content) > one.size_bytes:
                    raise PieceMisplaced(offset=n_bytes)
                self.check_size(one)
                with part.open("ab") as file:
                    file.write(content)
            try:
                one = self.with_header(one)
                if self.n_bytes(one) < one.size_bytes:
                    return one
                self.settle(one)
            except (ModelUnsound, ChecksumWrong):
                self.forget(one)
                raise
        return None

    def with_header(self, one: Incoming) -> Incoming:
        """Looked at as soon as it is there: nobody should send 40 GB that are no model. Raises ModelUnsound."""
        if one.has_good_header:
            return one
        n_bytes = self.n_bytes(one)
        told = header_of(self.part(one), one.size_bytes)
        if "cut" in told and n_bytes < MAX_BYTES_TO_HEADER:
            return one
        if "facts" not in told:
            raise ModelUnsound(name=one.name, reason=told.get("unsound", "its header is larger than any real one"))
        return self.keep(replace(one, has_good_header=True))

    def settle(self, one: Incoming) -> None:
        """It is whole: check it and put it into the folder. Raises ModelUnsound, ChecksumWrong, NameTaken."""
        self.keep(replace(one, state="checking"))
        part = self.part(one)
        if one.sha256 and sha256_of(part) != one.sha256:
            raise ChecksumWrong(name=one.name)
        told = header_of(part)
        if "facts" not in told:
            raise ModelUnsound(name=one.name, reason=told["unsound"])
        self.put_in_place(part, one.name)
        if one.origin == "upload":
            self._remember(one)
        self.forget(one)

    def _remember(self, one: Incoming) -> None:
        card = self._folder / f"{one.id}.json"
        card.replace(card.with_suffix(DONE))
        with contextlib.suppress(OSError):  # another process may do the same
            done = sorted(self._folder.glob(f"*{DONE}"), key=lambda path: path.stat().st_mtime_ns)
            for old in done[:-MAX_INCOMING]:
                old.unlink()

    def put_in_place(self, part: Path, name: str) -> None:
        """Raises NameTaken. Never writes over a model."""
        target = self.models_dir / f"{name}.gguf"
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.chmod(part, 0o644)
        try:
            os.link(part, target)
        except FileExistsError:
            raise NameTaken(name=name) from None
        except OSError:  # a disk without second names
            if target.exists():
                raise NameTaken(name=name) from None
            part.rename(target)
        part.unlink(missing_ok=True)

    def forget(self, one: Incoming) -> None:
        for path in (self.part(one), self._folder / f"{one.id}.json"):
            path.unlink(missing_ok=True)

    def keep(self, one: Incoming) -> Incoming:
        path = self._folder / f"{one.id}.json"
        part = path.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(one), file, ensure_ascii=False)
        part.replace(path)
        return one

    @contextlib.contextmanager
    def writing(self, one: Incoming) -> Iterator[Path]:
        """The part, locked until the end or the death of this process. Raises Conflict while another writes."""
        with self.part(one).open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Conflict from None
            yield self.part(one)

    def free_name(self, name: str) -> str:
        """`name` without `.gguf`. Raises BadInput, NameTaken."""
        name = name.removesuffix(".gguf")
        is_name = name.isprintable() and not set(name) & set("/\\@") and not name.startswith((".", "-"))
        if not is_name or not 0 < len(name) <= MAX_NAME_CHARS or name != name.strip():
            text = sentence("a file's name: no / or @", "파일 이름이어야 합니다. / 와 @는 쓸 수 없습니다.")
            raise BadInput(fields={"name": [text]})
        coming = any(one.name == name for one in self.all())
        if coming or (self.models_dir / f"{name}.gguf").exists():
            raise NameTaken(name=name)
        return name

    def _read(self, id: str, suffix: str = ".json") -> Incoming | None:
        """None for what is not there or cannot be read: somebody else may be writing or taking it away."""
        try:
            raw = json.loads((self._folder / f"{id}{suffix}").read_text(encoding="utf-8"))
            return Incoming(**{one.name: raw[one.name] for one in fields(Incoming) if one.name in raw})
        except (OSError, ValueError, TypeError, KeyError):
            return None


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
