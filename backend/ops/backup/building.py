"""A database of given migrations, filled with rows from elsewhere, proved row by row, and brought up to date.

Works on the default database, which must be new: see `databases.stand_in`. The rows go into tables of the migrations that they
come from; the migrations since then run over them as they would have in their old house.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS as DEFAULT
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from knox.models import AuthToken

from backend.memory.models import Entry
from backend.ops.backup import tables
from backend.ops.backup.errors import BadArchive, NotPossible

Tell = Callable[[str], None]


class Source(Protocol):
    """Where the rows come from; read twice, to write and to compare."""

    def names(self) -> Iterable[str]: ...
    def columns(self, table: str) -> Sequence[str]: ...
    def last_number(self, table: str) -> int | None: ...
    def rows(self, table: str) -> Iterable[tables.Row]: ...


def build(
    source: Source,
    migrations: Sequence[Sequence[str]],
    tell: Tell,
    left_out: Collection[str] = tables.LEFT_OUT,
) -> int:
    """Returns how many rows were carried over and found to be the same. Raises BadArchive, NotPossible, tables.Different."""
    models = _tables_at(migrations, left_out)
    if set(source.names()) != set(models):
        odd = ", ".join(sorted(set(source.names()) ^ set(models))[:3])
        raise BadArchive(f"The tables are not those of its migrations: {odd}.")
    for name, model in models.items():
        if sorted(source.columns(name)) != sorted(tables.columns_of(model)):
            raise BadArchive(f"The table {name} has not the columns of its migrations.")
    tell("writing rows")
    _fill(source, models)
    tell("comparing rows")
    n_rows = 0
    for name, model in models.items():
        n_rows += tables.compare(model, DEFAULT, _ordered(source, name, model))
    call_command("migrate", interactive=False, verbosity=0)
    return n_rows


def end_logins() -> None:
    """A login is a session and a token, and a backup has no sessions: what was ended since it was made must stay ended."""
    AuthToken.objects.all().delete()


def forget_vectors() -> int:
    """They are made anew, by the indexer of the next start, from the texts. Returns how many entries wait for it."""
    return Entry.objects.update(index=None)


def _tables_at(
    migrations: Sequence[Sequence[str]], left_out: Collection[str] = tables.LEFT_OUT
) -> dict[str, tables.Model]:
    executor = MigrationExecutor(connection)
    executor.recorder.ensure_schema()
    applied = {(app, name) for app, name in migrations}
    known = set(executor.loader.graph.nodes)
    if unknown := sorted(applied - known):
        raise NotPossible(
            f"It was made by another version of Maru: the migration {'.'.join(unknown[0])} is not known here. "
            "Restore with that version, or update this one."
        )
    ends = [node for node in sorted(applied) if not _has_later(executor, node, applied)]
    executor.migrate(ends)
    state = executor.loader.project_state(ends)
    return {model._meta.db_table: model for model in tables.tables_of(state.apps, left_out)}


def _has_later(executor: MigrationExecutor, node: tuple[str, str], applied: set[tuple[str, str]]) -> bool:
    return any(child.key in applied for child in executor.loader.graph.node_map[node].children)


def _fill(source: Source, models: dict[str, tables.Model]) -> None:
    with connection.constraint_checks_disabled(), transaction.atomic():
        for model in models.values():
            tables.empty(model, DEFAULT)  # what migrations put there
        for name, model in models.items():
            tables.write(model, DEFAULT, source.columns(name), source.rows(name))
        for name, model in models.items():
            if (last := source.last_number(name)) is not None:
                tables.set_sequence(model, DEFAULT, last)
    connection.check_constraints()


def _ordered(source: Source, name: str, model: tables.Model) -> Iterable[tables.Row]:
    """Its rows with the columns as `tables.read` has them."""
    given = list(source.columns(name))
    places = [given.index(column) for column in tables.columns_of(model)]
    for row in source.rows(name):
        yield [row[place] for place in places]
