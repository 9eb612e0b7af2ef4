"""A backup of the house while it runs: one snapshot of all rows, and the files that those rows name.

The file is whole or not there: it is written as `.part` and takes its name at the end. Memory is bounded by a few rows and
one piece of a file. Runs in a process of its own (`manage.py backup`), so that no reply waits for it.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from backend.lib import clock
from backend.memory import files
from backend.memory.models import Document
from backend.ops.backup import tables
from backend.ops.backup.archive import CHUNK_BYTES, MODELS, ArchiveWriter, Manifest
from backend.ops.backup.databases import snapshot
from backend.ops.backup.errors import NotPossible

EVERY_ROWS = 500


@dataclass(slots=True)
class Progress:
    """Rows and then bytes of files; `tell` is called now and then with (phase, done, of how many)."""

    tell: Callable[[str, int, int], None] = lambda phase, done, total: None
    n_rows: int = 0
    n_file_bytes: int = 0


def make_backup(path: Path, progress: Progress | None = None) -> Manifest:
    """Writes `path`, which must not be there yet. Raises NotPossible, OSError (a full disk), and whatever the database does."""
    progress = progress or Progress()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    if path.exists():
        raise NotPossible(f"There is a file {path} already.")
    try:
        with part.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            with snapshot() as alias:
                manifest = write_archive(file, alias, progress)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename it fails where somebody was faster
    except FileExistsError:
        raise NotPossible(f"There is a file {path} already.") from None
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return manifest


def write_archive(file: object, alias: str, progress: Progress) -> Manifest:
    """What the snapshot `alias` shows, into an open file."""
    manifest = _manifest(alias)
    writer = ArchiveWriter(file, manifest)  # type: ignore[arg-type]
    held = files.folder().parent / f".backup-{os.getpid()}"
    held.mkdir(mode=0o700)
    try:
        names = _hold(alias, held, manifest)
        total = sum(tables.count(model, alias) for model in tables.tables_of(apps))
        for model in tables.tables_of(apps):
            rows = _counted(tables.read(model, alias), progress, total)
            last = tables.sequence_of(model, alias)
            writer.add_rows(model._meta.db_table, tables.columns_of(model), last, rows)
        _add_files(writer, held, names, progress)
    finally:
        shutil.rmtree(held, ignore_errors=True)
    models = settings.MARU.data_dir / MODELS
    if models.exists():
        writer.add(MODELS, [models.read_bytes()])
    writer.close()
    return manifest


def applied_migrations(alias: str) -> list[list[str]]:
    """[app, name] of each. Raises NotPossible where some are missing."""
    executor = MigrationExecutor(connections[alias])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotPossible("The database is not up to date: run “python manage.py migrate” first.")
    return sorted([app, name] for app, name in executor.loader.applied_migrations)


def _manifest(alias: str) -> Manifest:
    connection = connections[alias]
    migrations = applied_migrations(alias)
    installed = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    number = sqlite3.sqlite_version if connection.vendor == "sqlite" else str(connection.get_database_version())
    return Manifest(
        made_at=clock.now().isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=migrations,
        versions={"python": platform.python_version(), "django": django.get_version(), connection.vendor: number},
        left_out=sorted(tables.LEFT_OUT & installed),
    )


def _hold(alias: str, held: Path, manifest: Manifest) -> list[str]:
    """Second names for the files of the snapshot's documents: whoever deletes one now takes nothing from the backup."""
    kept: list[str] = []
    for name in Document.objects.using(alias).order_by("pk").values_list("stored_as", flat=True).iterator():
        try:
            _link(files.folder() / name, held / name)
            kept.append(name)
        except FileNotFoundError:
            manifest.missing_files.append(name)
    return kept


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def _add_files(writer: ArchiveWriter, held: Path, names: list[str], progress: Progress) -> None:
    total = sum((held / name).stat().st_size for name in names)

    def parts(path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            while part := file.read(CHUNK_BYTES):
                yield part
                progress.n_file_bytes += len(part)
                progress.tell("files", progress.n_file_bytes, total)

    for name in names:
        writer.add(f"documents/{name}", parts(held / name), is_packed=True)


def _counted(rows: Iterator[tables.Row], progress: Progress, total: int) -> Iterator[tables.Row]:
    for row in rows:
        yield row
        progress.n_rows += 1
        if progress.n_rows % EVERY_ROWS == 0:
            progress.tell("rows", progress.n_rows, total)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
