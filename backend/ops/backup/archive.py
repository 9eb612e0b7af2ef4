"""The file of a backup: a zip with rows (JSON lines, a table each), documents, `models.json`, and a manifest.

    manifest.json            what is in it, of which state of the migrations; length and SHA-256 of every other member
    rows/<table>.jsonl       one row a line: a list in the order of the manifest's columns
    documents/<name>         uploaded files
    models.json              settings of the models, where there are any

Nothing in a foreign file is believed: names are checked against this plan, lengths against the manifest, and every byte
against its SHA-256 before anything is restored.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from backend.ops.backup.errors import BadArchive
from backend.ops.backup.tables import Row, from_line, to_line

FORMAT, FORMAT_VERSION = "maru-backup", 1
MANIFEST = "manifest.json"
MODELS = "models.json"
MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MAX_LINE_BYTES = 256 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
_MEMBER = re.compile(r"rows/[a-z0-9_]{1,63}\.jsonl|documents/[0-9a-f]{32}|models\.json")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclass(slots=True)
class Member:
    n_bytes: int
    sha256: str


@dataclass(slots=True)
class TableNote:
    """`last_number`: the last id given to a row, None where the table counts none."""

    columns: list[str]
    n_rows: int
    last_number: int | None


@dataclass(slots=True)
class Manifest:
    """`migrations`: [app, name] of all that were applied. `missing_files`: documents that lost their file before the backup."""

    made_at: str
    database: str
    migrations: list[list[str]]
    versions: dict[str, str]
    tables: dict[str, TableNote] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    missing_files: list[str] = field(default_factory=list)
    format: str = FORMAT
    format_version: int = FORMAT_VERSION

    @property
    def n_rows(self) -> int:
        return sum(table.n_rows for table in self.tables.values())


class ArchiveWriter:
    """Writes members one after another into `file`; the manifest last, by `close`."""

    def __init__(self, file: IO[bytes], manifest: Manifest) -> None:
        self.manifest = manifest
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)

    def add_rows(self, table: str, columns: list[str], last_number: int | None, rows: Iterable[Row]) -> None:
        note = TableNote(columns, 0, last_number)

        def lines() -> Iterator[bytes]:
            for row in rows:
                note.n_rows += 1
                yield to_line(row) + b"\n"

        self.add(f"rows/{table}.jsonl", lines())
        self.manifest.tables[table] = note

    def add(self, name: str, parts: Iterable[bytes], *, is_packed: bool = False) -> None:
        """`is_packed`: the content is compressed in itself."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        digest, n_bytes = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as member:
            for part in parts:
                member.write(part)
                digest.update(part)
                n_bytes += len(part)
        self.manifest.members[name] = Member(n_bytes, digest.hexdigest())

    def close(self) -> None:
        self._zip.writestr(MANIFEST, json.dumps(asdict(self.manifest), ensure_ascii=False, indent=1))
        self._zip.close()


class Archive:
    """One that is there. Raises BadArchive, with the reason, for whatever is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest = _manifest(self._zip)
        except FileNotFoundError:
            raise BadArchive(f"There is no file {path}.") from None
        except _DAMAGE as error:
            raise BadArchive(f"{path.name} is damaged, incomplete, or no backup of Maru.") from error

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def check(self) -> None:
        """Read everything and hold it against the manifest."""
        found = self._zip.namelist()
        expected = {MANIFEST, *self.manifest.members}
        if len(found) != len(set(found)) or set(found) != expected:
            odd = sorted(set(found) ^ expected)[:3]
            raise BadArchive(f"{self._path.name} does not hold what its manifest says: {', '.join(odd) or 'doubles'}.")
        for name in self.manifest.members:
            for _ in self.parts(name):
                pass

    def parts(self, name: str) -> Iterator[bytes]:
        """The content of a member in pieces. Raises BadArchive at its end, if not before, when it is not what it was."""
        note = self.manifest.members[name]
        digest, n_bytes = hashlib.sha256(), 0
        with self._open(name) as member:
            while part := member.read(CHUNK_BYTES):
                n_bytes += len(part)
                if n_bytes > note.n_bytes:
                    break
                digest.update(part)
                yield part
        if n_bytes != note.n_bytes or digest.hexdigest() != note.sha256:
            raise BadArchive(f"{self._path.name} is damaged: {name} is not what it was.")

    def rows(self, table: str) -> Iterator[Row]:
        if f"rows/{table}.jsonl" not in self.manifest.members:
            raise BadArchive(f"{self._path.name} has no rows of {table}.")
        n_columns = len(self.manifest.tables[table].columns)
        with self._open(f"rows/{table}.jsonl") as member:
            while line := member.readline(MAX_LINE_BYTES):
                try:
                    row = from_line(line)
                except ValueError:
                    row = []
                if len(row) != n_columns:
                    raise BadArchive(f"{self._path.name} is damaged: a line of {table} is no row.")
                yield row

    def documents(self) -> list[str]:
        """Names of files, as their rows have them."""
        return [name.removeprefix("documents/") for name in self.manifest.members if name.startswith("documents/")]

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self._zip.open(name) as member:
                yield member
        except (*_DAMAGE, KeyError) as error:
            raise BadArchive(f"{self._path.name} is damaged: {name} cannot be read.") from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        info = archive.getinfo(MANIFEST)
        if info.file_size > MAX_MANIFEST_BYTES:
            raise ValueError("too large")
        raw = json.loads(archive.read(info))
        if raw["format"] != FORMAT:
            raise ValueError("another format")
        if raw["format_version"] != FORMAT_VERSION:
            raise BadArchive("This backup was made by a newer Maru: update this one first.")
        return _understood(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadArchive("This file is no backup of Maru: its manifest is missing or makes no sense.") from error


def _understood(raw: dict[str, Any]) -> Manifest:
    manifest = Manifest(**{each.name: raw[each.name] for each in fields(Manifest)})
    manifest.tables = {name: TableNote(**note) for name, note in raw["tables"].items()}
    manifest.members = {name: Member(**note) for name, note in raw["members"].items()}
    for name, member in manifest.members.items():
        if not _MEMBER.fullmatch(name) or member.n_bytes < 0:
            raise ValueError("a member that no backup has")
    for note in manifest.tables.values():
        if not (note.columns and all(isinstance(column, str) for column in note.columns)):
            raise ValueError("a table without columns")
    for migration in manifest.migrations:
        _app, _name = migration
    return manifest
