"""The house moves from the database it has (SQLite, or another Postgres) into an empty Postgres, and is proved to be the same.

The rows are read from one snapshot and written into a schema aside; values are compared one by one, then number and SHA-256 of
each table on both sides. Only then does the schema take its place, in one transaction: a move that was cut has left nothing
that counts, and is begun anew. The old database is not touched. Nobody may serve meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import environ
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS as DEFAULT
from django.db import OperationalError, connection
from django.db.utils import InternalError, ProgrammingError

from backend.ops.backup import building, postgres, tables
from backend.ops.backup.databases import Config, completed, snapshot, stand_in
from backend.ops.backup.errors import NotPossible
from backend.ops.backup.making import Progress, applied_migrations
from backend.ops.backup.restoring import closed_house

Tell = Callable[[str], None]
EVERY_ROWS = 500


@dataclass(frozen=True, slots=True)
class MovedTable:
    name: str
    n_rows: int
    sha256: str


class DatabaseSource:
    """The rows of a snapshot, for `building.build`. Logins of browsers come along: it is the same house."""

    def __init__(self, alias: str, progress: Progress) -> None:
        self._alias, self._progress = alias, progress
        self._models = {model._meta.db_table: model for model in tables.tables_of(apps, left_out=())}
        self._total = 2 * sum(tables.count(model, alias) for model in self._models.values())  # written, compared

    def names(self) -> Iterable[str]:
        return self._models

    def columns(self, table: str) -> Sequence[str]:
        return tables.columns_of(self._models[table])

    def last_number(self, table: str) -> int | None:
        return tables.sequence_of(self._models[table], self._alias)

    def rows(self, table: str) -> Iterator[tables.Row]:
        for row in tables.read(self._models[table], self._alias):
            yield tables.from_line(tables.to_line(row))
            self._progress.n_rows += 1
            if self._progress.n_rows % EVERY_ROWS == 0:
                self._progress.tell("rows", self._progress.n_rows, self._total)


def move(
    url: str, *, forgets_vectors: bool = False, progress: Progress | None = None, tell: Tell = lambda what: None
) -> list[MovedTable]:
    """Returns what was carried over, a table each. Raises NotPossible, tables.Different, and what the databases do."""
    target = _target(url)
    with closed_house(), snapshot() as alias:
        migrations = applied_migrations(alias)
        source = DatabaseSource(alias, progress or Progress())
        with stand_in(target):
            _judge_empty()
            aside = postgres.aside(connection, target)
        with stand_in(aside):
            building.build(source, migrations, tell, left_out=())
            tell("comparing tables")
            moved = [_same(model, alias) for model in tables.tables_of(apps, left_out=())]
            if forgets_vectors:
                building.forget_vectors()
        with stand_in(target):
            tell("putting it in place")
            postgres.change_places(connection, "before_move")
    return moved


def _target(url: str) -> Config:
    if not url.startswith(("postgres://", "postgresql://")):
        raise NotPossible("A house moves into a Postgres: postgres://user:password@host:5432/name")
    try:
        given = dict(environ.Env.db_url_config(url))
    except ValueError:
        raise NotPossible("This is not an address of a database: postgres://user:password@host:5432/name") from None
    return completed({"OPTIONS": {}, **given})


def _judge_empty() -> None:
    """Raises NotPossible where anything is in the way, also of somebody else."""
    try:
        found = postgres.n_objects(connection)
    except OperationalError as error:
        raise NotPossible(f"The new database does not answer: {str(error).strip()}") from error
    if found:
        raise NotPossible(
            f"The new database is not empty ({found} tables, indexes or sequences): nothing has been changed. "
            "Give an empty one; if the house has moved already, set DATABASE_URL and start it."
        )
    try:
        postgres.try_to_replace(connection)
    except (ProgrammingError, InternalError, OperationalError) as error:
        raise NotPossible(f"The new database's schema cannot be replaced: {str(error).strip()}") from error


def _same(model: tables.Model, alias: str) -> MovedTable:
    before, after = tables.digest(model, alias), tables.digest(model, DEFAULT)
    if before != after:
        raise tables.Different(f"{model._meta.db_table}: {before[0]} rows have become {after[0]}, or other ones")
    return MovedTable(model._meta.db_table, *after)
