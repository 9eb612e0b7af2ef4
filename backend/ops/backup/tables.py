"""Rows of a table as plain JSON values, written back, and compared. Raw rows: no signals, no `auto_now`, no defaults.

Works with today's models and with those of an older state of the migrations. Memory is bounded by a few rows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any, cast
from uuid import UUID

from django.db import DataError, connections, models
from django.db.models.functions import Collate

# Logins of browsers: the key of one opens an account, so they are for this house and this moment only.
LEFT_OUT = frozenset({"accounts_browsersession", "accounts_knownlogin", "django_session"})
ROWS_AT_ONCE = 200
BYTES_AT_ONCE = 1024 * 1024
Row = list[Any]
Model = type[models.Model]


class Different(Exception):
    """A table does not hold what it should. Says which row, never what is in it."""


def tables_of(apps: Any, left_out: Collection[str] = LEFT_OUT) -> list[Model]:
    """Every table that is carried, by name. `apps`: today's registry, or that of a migration state."""
    found = {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    return [found[name] for name in sorted(found) if name not in left_out]


def columns_of(model: Model) -> list[str]:
    return [field.column or field.name for field in model._meta.concrete_fields]


def count(model: Model, alias: str) -> int:
    return model._base_manager.using(alias).count()


def read(model: Model, alias: str) -> Iterator[Row]:
    """Every row in the order of its key, the same order on every database."""
    fields = model._meta.concrete_fields
    has_blobs = any(isinstance(field, models.BinaryField) for field in fields)
    names = [field.attname for field in fields]
    rows = model._base_manager.using(alias).order_by(_key_order(model, alias)).values_list(*names)
    for row in rows.iterator(chunk_size=1 if has_blobs else 32):
        yield [_plain(value) for value in row]


def write(model: Model, alias: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert; returns how many. `columns`: those of the rows, all of which the table must have.

    Raises Different for what this database cannot keep (Postgres: a NUL, half a surrogate pair in JSON).
    """
    connection = connections[alias]
    fields = {field.column: field for field in model._meta.concrete_fields}
    chosen = [fields[column] for column in columns]
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({quoted}) VALUES ({places})"  # noqa: S608
    n = 0
    with connection.cursor() as cursor:
        for batch in _batches(rows):
            values = [
                tuple(_stored(field, value, connection) for field, value in zip(chosen, row, strict=True))
                for row in batch
            ]
            try:
                cursor.executemany(statement, values)  # rule sql: quoted names and %s
            except DataError:  # its own words would show what stands in the row
                rows_named = f"{model._meta.db_table}, rows {n + 1} to {n + len(batch)}"
                raise Different(f"{rows_named}: one has a value that this database cannot keep") from None
            n += len(batch)
    return n


def empty(model: Model, alias: str) -> None:
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def compare(model: Model, alias: str, expected: Iterable[Row]) -> int:
    """Row by row, value by value; returns how many are the same. Raises Different."""
    n = 0
    nothing = object()
    for wanted, found in zip_longest(expected, read(model, alias), fillvalue=nothing):
        n += 1
        # Through JSON and back, as `wanted` came: a tuple is a list there.
        if nothing in (wanted, found) or from_line(to_line(cast(Row, found))) != wanted:
            raise Different(f"{model._meta.db_table}: row {n} is not what it should be")
    return n


def digest(model: Model, alias: str) -> tuple[int, str]:
    """Number of rows and SHA-256 of them all, in the order of their key; the same on every database."""
    n, sha256 = 0, hashlib.sha256()
    for row in read(model, alias):
        n += 1
        # Postgres keeps the names of a JSON object in an order of its own.
        sha256.update(json.dumps(row, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return n, sha256.hexdigest()


def to_line(row: Row) -> bytes:
    """`from_line` gives it back. Half a surrogate pair, which JSON columns may hold, survives."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def from_line(line: bytes) -> Row:
    """Raises ValueError."""
    row = json.loads(line.decode("utf-8", "surrogatepass"))
    if not isinstance(row, list):
        raise ValueError("a row is a list")
    return row


def sequence_of(model: Model, alias: str) -> int | None:
    """The last number the table has given to a row; None where it counts none. Rows may be gone whose numbers must not return."""
    if not isinstance(model._meta.auto_field, models.AutoField):
        return None
    connection, name = connections[alias], model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
        else:
            cursor.execute(f"SELECT last_value FROM {_sequence_name(cursor, model)} WHERE is_called")  # noqa: S608  # rule sql: Postgres gave it, quoted
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def set_sequence(model: Model, alias: str, last: int) -> None:
    """Never below the largest key there is."""
    connection, meta = connections[alias], model._meta
    key, table = connection.ops.quote_name(meta.pk.column or meta.pk.name), connection.ops.quote_name(meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max({key}), 0) FROM {table}")  # noqa: S608  # rule sql: both are quoted
        last = max(last, int(cursor.fetchone()[0]))
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [meta.db_table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [meta.db_table, last])
        else:
            cursor.execute("SELECT setval(%s, %s, %s)", [_sequence_name(cursor, model), max(last, 1), last > 0])


def _sequence_name(cursor: Any, model: Model) -> str:
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{model._meta.db_table}"', model._meta.pk.column])
    return str(cursor.fetchone()[0])


def _key_order(model: Model, alias: str) -> Any:
    key = model._meta.pk
    while isinstance(key, models.ForeignKey):
        key = key.target_field
    # Postgres sorts words as a language does, SQLite by bytes.
    is_text = isinstance(key, models.CharField | models.TextField)
    return Collate("pk", "C") if is_text and connections[alias].vendor == "postgresql" else "pk"


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    n_chars = 0
    for row in rows:
        batch.append(row)
        n_chars += sum(len(value) for value in row if isinstance(value, str))
        if len(batch) >= ROWS_AT_ONCE or n_chars >= BYTES_AT_ONCE:
            yield batch
            batch, n_chars = [], 0
    if batch:
        yield batch


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return [value.days, value.seconds, value.microseconds]
        case UUID() | Decimal():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode("ascii")
    return value


def _stored(field: Any, value: Any, connection: Any) -> Any:
    """What the driver takes for `value`, which `_plain` made."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        # None in a column that must not be null is JSON's own null.
        return None if value is None and field.null else connection.ops.adapt_json_value(value, field.encoder)
    if value is not None:
        match field:
            case models.BinaryField():
                value = base64.b64decode(value)
            case models.DurationField():
                value = timedelta(*value)
            case models.DateTimeField():
                value = datetime.fromisoformat(value)
            case models.UUIDField() | models.DecimalField() | models.DateField() | models.TimeField():
                value = field.to_python(value)
    return field.get_db_prep_save(value, connection)
