"""Other houses beside the test's own: an empty data folder with an empty database, of the same kind as the test's."""

from __future__ import annotations

import dataclasses
import inspect
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings

from backend.ops.backup.databases import Config, config_of, is_sqlite, stand_in


@pytest.fixture
def any_database(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    """Django's tests refuse connections to databases that they were not told of before they began."""
    refusing = BaseDatabaseWrapper.ensure_connection
    honest = inspect.getclosurevars(refusing).nonlocals["real_ensure_connection"]
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", honest)
    emit_post_migrate_signal(
        0, False, "default"
    )  # Django's permissions, which the tests before have emptied (conftest.py)


@contextmanager
def empty_database(folder: Path) -> Iterator[Config]:
    """One that is nobody's yet."""
    config = config_of()
    if is_sqlite(config):
        yield {**config, "NAME": str(folder / "maru.sqlite3")}
        return
    name = f"test_house_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield {**config, "NAME": name}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def other_house(folder: Path) -> Iterator[Path]:
    """Within it, settings and the default database are those of another, empty house in `folder`."""
    folder.mkdir(mode=0o700)
    with (
        empty_database(folder) as config,
        override_settings(MARU=dataclasses.replace(settings.MARU, data_dir=folder)),
        stand_in(config),
    ):
        yield folder


def raw_rows(alias: str = "default") -> dict[str, list[Any]]:
    """Everything in every table that a backup carries, as the database itself tells it, not through our reader."""
    from django.apps import apps

    from backend.ops.backup.tables import tables_of

    found: dict[str, list[Any]] = {}
    with connections[alias].cursor() as cursor:
        for model in tables_of(apps):
            name, columns = model._meta.db_table, [field.column for field in model._meta.concrete_fields]
            # Vectors are made anew after a restore.
            chosen = [column for column in columns if (name, column) != ("memory_entry", "index_id")]
            kinds = [f"typeof({column})" for column in chosen] if connections[alias].vendor == "sqlite" else []
            cursor.execute(f"SELECT {', '.join(chosen + kinds)} FROM {name} ORDER BY {model._meta.pk.column}")
            found[name] = [tuple(map(bytes_of, row)) for row in cursor.fetchall()]
    return found


def bytes_of(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def is_sound(database: str) -> bool:
    """By SQLite's own judgement."""
    with sqlite3.connect(database) as plain:
        return plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
