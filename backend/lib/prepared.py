"""Statements that the ORM builds once and the process sends again and again, with other values.

Django builds a query anew each time: of a read by key with its joins that is nine tenths of the processor's time, and every
message passes a dozen of them. A `Prepared` keeps what was built: the SQL, where in its parameters each value stands, and
how rows become instances. The query itself stays what it was, written once, as a queryset.

    _OWN = Prepared(lambda pk, user_id: Session.objects.select_related("user").filter(pk=pk, user_id=user_id), int, int)
    _OWN.first(34, 7)

`PreparedUpdate` is the same for a change, `PreparedInsert` for a new row. What is sent must follow from the values alone:
whatever `build` looks at besides them (a clock, a setting) is looked at once. Rests on the compilers of Django 5.2 (`as_sql`,
`get_converters`), `ModelIterable` and `InsertQuery`; `tests/test_prepared.py` compares the two ways. Any thread.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict
from django.db.models.query import ModelIterable
from django.db.models.sql import InsertQuery, UpdateQuery

M = TypeVar("M", bound=models.Model)

_RARE = 8_100_000_000_000_000_000  # no id, and no limit, is as large
# Of each kind: a value that stands for the n-th one while the query is built.
_MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda n: _RARE + n,
    str: lambda n: f"\x01value {n}\x01",
    UUID: lambda n: UUID(int=_RARE + n),
    float: lambda n: (n + 1) * 1e-300,
    date: lambda n: date(9000 + n, 12, 31),
    datetime: lambda n: datetime(9000 + n, 12, 31, tzinfo=UTC),
}


class Prepared(Generic[M]):
    """`kinds`: of the values, in order, of _MARKS. A value of None needs a query of its own (IS NULL)."""

    def __init__(self, build: Callable[..., models.QuerySet[M, Any]], *kinds: type) -> None:
        self._build, self._kinds = build, kinds
        self._built: dict[str, _Built] = {}  # by vendor

    def all(self, *values: Any) -> list[M]:
        """Instances, with what `select_related` and `annotate` give."""
        compiler = self._asking(values)
        query = SimpleNamespace(get_compiler=lambda using: compiler)
        return list(ModelIterable(SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})))  # type: ignore[arg-type]

    def first(self, *values: Any) -> M | None:
        return next(iter(self.all(*values)), None)

    def tuples(self, *values: Any) -> list[tuple[Any, ...]]:
        """Of a queryset of `values_list`."""
        compiler = self._asking(values)
        return list(compiler.results_iter(compiler.execute_sql(), tuple_expected=True))

    def _asking(self, values: Sequence[Any]) -> Any:
        connection = connections[DEFAULT_DB_ALIAS]
        built = self._built.get(connection.vendor)
        if built is None:
            built = self._built[connection.vendor] = _Built(self._build, self._kinds, connection)
        return built.asking(values, connection)


class PreparedUpdate:
    """`build` gives the rows and what is set in them. A value that is set may be None; one that rows are chosen by may not.

    _READ = PreparedUpdate(lambda pk, at: (Session.objects.filter(pk=pk), {"read_at": at}), int, datetime)
    _READ.run(34, now)

    As `QuerySet.update`: no instance is changed, `auto_now` is not seen to, and what fails spoils the transaction around it.
    """

    def __init__(self, build: Callable[..., tuple[models.QuerySet[Any, Any], Mapping[str, Any]]], *kinds: type) -> None:
        self._build, self._kinds = build, kinds
        self._built: dict[str, _Statement] = {}  # by vendor

    def run(self, *values: Any) -> int:
        """How many rows were there to change."""
        connection, statement = self._here()
        with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.params(values, connection))  # rule sql: the ORM's own
            return int(cursor.rowcount)

    def run_each(self, many: Iterable[Sequence[Any]]) -> None:
        """With each of these values."""
        connection, statement = self._here()
        with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
            params = [statement.params(values, connection) for values in many]
            cursor.executemany(statement.sql, params)  # rule sql: the ORM's own

    def _here(self) -> tuple[BaseDatabaseWrapper, _Statement]:
        connection = connections[DEFAULT_DB_ALIAS]
        statement = self._built.get(connection.vendor)
        if statement is None:
            statement = self._built[connection.vendor] = _Statement(self._compiler, self._kinds, connection)
        return connection, statement

    def _compiler(self, *marks: Any) -> Any:
        rows, changes = self._build(*marks)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return query.get_compiler(using=DEFAULT_DB_ALIAS)


class PreparedInsert(Generic[M]):
    """New rows of one model, one at a time, as `save(force_insert=True)` makes them; but no signal is sent.

    With `unique` and `replaced` (names of fields): a row that is the same in the former gets the latter anew instead.
    """

    def __init__(self, model: type[M], *, unique: Sequence[str] = (), replaced: Sequence[str] = ()) -> None:
        meta: Any = model._meta
        assert meta.auto_field is not None, "the database gives the id, and nothing else"
        self._model, self._id = model, meta.auto_field
        self._fields = [field for field in meta.local_concrete_fields if field is not self._id and not field.generated]
        self._unique, self._replaced = [[meta.get_field(name) for name in names] for names in (unique, replaced)]
        self._sql: dict[str, str] = {}  # by vendor

    def run(self, instance: M) -> M:
        """It has its id then."""
        connection = connections[DEFAULT_DB_ALIAS]
        values = [field.get_db_prep_save(field.pre_save(instance, add=True), connection) for field in self._fields]
        if any(hasattr(value, "as_sql") for value in values):
            raise TypeError("a prepared insert takes values, no expressions")
        if (sql := self._sql.get(connection.vendor)) is None:
            sql = self._sql[connection.vendor] = self._built(instance)
        with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
            cursor.execute(sql, values)  # rule sql: the ORM's own
            instance.pk = cursor.fetchone()[0]
        instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS
        return instance

    def _built(self, instance: M) -> str:
        conflict: dict[str, Any] = {"on_conflict": OnConflict.UPDATE} if self._unique else {}
        query: Any = InsertQuery(self._model, update_fields=self._replaced, unique_fields=self._unique, **conflict)
        query.insert_values(self._fields, [instance])
        compiler: Any = query.get_compiler(using=DEFAULT_DB_ALIAS)
        compiler.returning_fields = [self._id]
        [(sql, params)] = compiler.as_sql()
        assert len(params) == len(self._fields), "one value for each column"
        return str(sql)


class _Statement:
    """SQL for one database, and where in its parameters each value stands."""

    def __init__(self, compiler: Callable[..., Any], kinds: Sequence[type], connection: BaseDatabaseWrapper) -> None:
        self._n_values = len(kinds)
        marks = [_MARKS[kind](n) for n, kind in enumerate(kinds)]
        place_of = {_adapted(mark, connection): n for n, mark in enumerate(marks)}
        self.compiler: Any = compiler(*marks)
        self.sql, params = self.compiler.as_sql()
        # Which value stands there; what the query says itself stays.
        self._params = [(place_of.get(param), param) for param in params]
        if {place for place, _ in self._params} - {None} != set(range(self._n_values)):
            raise ValueError("a value of a prepared query is not among its parameters")

    def check(self, values: Sequence[Any]) -> None:
        if len(values) != self._n_values:
            raise TypeError(f"{self._n_values} values, not {len(values)}")

    def params(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> tuple[Any, ...]:
        self.check(values)
        adapted = [_adapted(value, connection) for value in values]
        return tuple(param if place is None else adapted[place] for place, param in self._params)


class _Built:
    """The query for one database."""

    def __init__(
        self, build: Callable[..., models.QuerySet[Any, Any]], kinds: Sequence[type], connection: BaseDatabaseWrapper
    ) -> None:
        def compiler(*marks: Any) -> Any:
            return build(*marks).query.get_compiler(using=DEFAULT_DB_ALIAS)

        self._statement = _Statement(compiler, kinds, connection)
        # How columns become values: the same for each row, and a quarter of the time of a read that joins four tables. By
        # connection, for they are bound to one.
        self._converters: WeakKeyDictionary[BaseDatabaseWrapper, Any] = WeakKeyDictionary()

    def asking(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> Any:
        """A compiler for these values that has nothing left to build."""
        self._statement.check(values)
        compiler = copy.copy(self._statement.compiler)
        compiler.connection, compiler.as_sql = connection, partial(self._as_sql, values, connection)
        converters = self._converters_of(compiler, connection)
        compiler.get_converters = lambda columns: converters
        return compiler

    def _as_sql(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
            raise EmptyResultSet  # as a lookup would: no database has such a number
        return self._statement.sql, self._statement.params(values, connection)

    def _converters_of(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        known = self._converters.get(connection)
        if known is None:
            columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
            known = self._converters[connection] = compiler.get_converters(columns)
        return known


def _adapted(value: Any, connection: BaseDatabaseWrapper) -> Any:
    """As the field would hand it to the database."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
