"""An archive becomes the house. Built aside, proved row by row, then put in place; the old house is moved aside, not deleted.

1. Every byte of the archive is checked.  2. Nobody may serve: `house.lock`, and on Postgres its own list of connections.
3. A new database is built beside the old one (a file; on Postgres a schema).  4. Both change places: files by renames under
a marker that keeps the house closed until all are done (`finish` goes on after a cut), schemas in one transaction.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from backend.lib import clock, house_lock
from backend.lib.api_errors import is_damage
from backend.memory import files
from backend.ops.backup import building, postgres, tables
from backend.ops.backup.archive import MODELS, Archive
from backend.ops.backup.databases import Config, config_of, is_sqlite, stand_in
from backend.ops.backup.errors import NotPossible

STAGE = ".restoring"
KEPT = "before-restore-"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """`kept`: where the old house is, "" where there was none. `n_without_vectors`: entries that the next start embeds."""

    n_rows: int
    n_documents: int
    n_without_vectors: int
    kept: str


class ArchiveSource:
    """The rows of an archive, for `building.build`."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._tables = archive, archive.manifest.tables

    def names(self) -> Iterable[str]:
        return self._tables

    def columns(self, table: str) -> Sequence[str]:
        return self._tables[table].columns

    def last_number(self, table: str) -> int | None:
        return self._tables[table].last_number

    def rows(self, table: str) -> Iterator[tables.Row]:
        return self._archive.rows(table)


def restore(path: Path, *, replace: bool = False, tell: Tell = lambda what: None) -> Restored:
    """Raises BadArchive, NotPossible, tables.Different; until the last step nothing of the house has changed."""
    with Archive(path) as archive, closed_house():
        tell("checking the archive")
        archive.check()
        if _is_inhabited() and not replace:
            raise NotPossible(
                "There is a house here already (or what is left of it). --replace puts it aside and restores."
            )
        stamp = clock.now().strftime("%Y%m%d-%H%M%S")
        stage = _new_stage()
        config = _aside(config_of(), stage)
        with stand_in(config):
            n_rows = building.build(ArchiveSource(archive), archive.manifest.migrations, tell)
            building.end_logins()
            n_without = building.forget_vectors()
        tell("writing documents")
        n_documents = _write_files(archive, stage)
        tell("putting it in place")
        kept = _change_places(stage, f"{KEPT}{stamp}")
    return Restored(n_rows, n_documents, n_without, kept)


def finish() -> bool:
    """Go on with a change of places that was cut. False: there is none."""
    with closed_house():
        marker = settings.MARU.data_dir / house_lock.UNFINISHED
        if not marker.exists():
            return False
        _put_in_place(**json.loads(marker.read_text(encoding="utf-8")))
        return True


@contextmanager
def closed_house() -> Iterator[None]:
    """Nobody serves meanwhile. Raises NotPossible where somebody does."""
    try:
        with house_lock.alone(settings.MARU.data_dir):
            if connection.vendor == "postgresql" and (n := postgres.n_others(connection)):
                raise NotPossible(f"{n} other connections use this database: stop Maru, and whatever else reads it.")
            yield
    except house_lock.HouseBusy:
        raise NotPossible("Maru is running on this data folder. Stop it first.") from None


def _is_inhabited() -> bool:
    if any(files.folder().iterdir()):
        return True
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return False
    try:
        if "accounts_user" not in connection.introspection.table_names():
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_user")
            return bool(cursor.fetchone()[0])
    except DatabaseError as error:
        if is_damage(error):
            return True  # somebody may still save something of it: it is put aside like any other
        raise


def _new_stage() -> Path:
    stage: Path = settings.MARU.data_dir / STAGE
    if stage.exists():
        shutil.rmtree(stage)
    (stage / "documents").mkdir(mode=0o700, parents=True)
    stage.chmod(0o700)
    return stage


def _aside(config: Config, stage: Path) -> Config:
    """Where the new database is built."""
    if not is_sqlite(config):
        return postgres.aside(connection, config)
    # Thrown away if anything goes wrong: it need not survive a cut, and is made durable at the end.
    pragmas = "PRAGMA journal_mode=DELETE;PRAGMA synchronous=OFF;"
    options = {**config["OPTIONS"], "init_command": pragmas}
    return {**config, "NAME": str(stage / "database"), "OPTIONS": options}


def _write_files(archive: Archive, stage: Path) -> int:
    names = archive.documents()
    for name in names:
        _write(stage / "documents" / name, archive.parts(f"documents/{name}"))
    if MODELS in archive.manifest.members:
        _write(stage / MODELS, archive.parts(MODELS))
    if (database := stage / "database").exists():
        with database.open("rb") as file:
            os.fsync(file.fileno())
    return len(names)


def _write(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def _change_places(stage: Path, kept: str) -> str:
    """What lies in the data folder, by what takes its place (None: nothing does)."""
    data_dir: Path = settings.MARU.data_dir
    moves = [
        (data_dir / "documents", stage / "documents"),
        (data_dir / MODELS, stage / MODELS if (stage / MODELS).exists() else None),
        (data_dir / "vectors", None),
    ]
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"])
        # The old database with its log: without that it could not be opened as it was.
        moves += [(name.with_name(name.name + end), None) for end in ("-wal", "-shm")]
        moves.append((name, stage / "database"))
    connection.close()
    named: list[list[str | None]] = [[str(live), str(new) if new else None] for live, new in moves]
    marker = data_dir / house_lock.UNFINISHED
    _write(marker.with_suffix(".part"), [json.dumps({"kept": kept, "moves": named}).encode()])
    marker.with_suffix(".part").rename(marker)
    return _put_in_place(kept, named)


def _put_in_place(kept: str, moves: list[list[str | None]]) -> str:
    """A step that has been done does nothing: a second run goes on where the first was cut. Returns what was kept."""
    data_dir: Path = settings.MARU.data_dir
    old = data_dir / kept
    for live, new in [(Path(str(live)), Path(new) if new else None) for live, new in moves]:
        is_done = new is not None and not new.exists()
        if live.exists() and not is_done:
            _put_aside(live, old)
        if new is not None and not is_done:
            shutil.move(new, live)
    if connection.vendor == "postgresql":
        postgres.change_places(connection, kept.replace("-", "_"))
    shutil.rmtree(data_dir / STAGE, ignore_errors=True)
    (data_dir / house_lock.UNFINISHED).unlink()
    return str(old) if old.exists() else ""


def _put_aside(live: Path, old: Path) -> None:
    if live.is_dir() and not any(live.iterdir()):
        live.rmdir()
    elif live.is_file() and not live.stat().st_size:
        live.unlink()
    else:
        old.mkdir(mode=0o700, exist_ok=True)
        shutil.move(live, old / live.name)
