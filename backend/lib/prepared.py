"""Queries that the ORM builds once and the process asks again and again, with other values.

Django builds a query anew each time: of a read by key with its joins that is nine tenths of the processor's time, and every
message passes a dozen of them. A `Prepared` keeps what was built: the SQL, where in its parameters each value stands, and
how rows become instances. The query itself stays what it was, written once, as a queryset.

    _OWN = Prepared(lambda pk, user_id: Session.objects.select_related("user").filter(pk=pk, user_id=user_id), int, int)
    _OWN.first(34, 7)

What is read must follow from the values alone: whatever `build` looks at besides them (a clock, a setting) is looked at once.
Rests on `SQLCompiler.as_sql` and `ModelIterable` of Django 5.2; `tests/test_prepared.py` compares the two ways. Any thread.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query import ModelIterable

M = TypeVar("M", bound=models.Model)

_RARE = 8_100_000_000_000_000_000  # no id, and no limit, is as large
# Of each kind: a value that stands for the n-th one while the query is built.
_MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda n: _RARE + n,
    str: lambda n: f"\x01value {n}\x01",
    UUID: lambda n: UUID(int=_RARE + n),
    date: lambda n: date(9000 + n, 12, 31),
}


class Prepared(Generic[M]):
    """`kinds`: of the values, in order: int, str, UUID or date. A value of None needs a query of its own (IS NULL)."""

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


class _Built:
    """The query for one database."""

    def __init__(
        self, build: Callable[..., models.QuerySet[Any, Any]], kinds: Sequence[type], connection: BaseDatabaseWrapper
    ) -> None:
        self._n_values = len(kinds)
        marks = [_MARKS[kind](n) for n, kind in enumerate(kinds)]
        place_of = {_adapted(mark, connection): n for n, mark in enumerate(marks)}
        self._compiler: Any = build(*marks).query.get_compiler(using=DEFAULT_DB_ALIAS)
        self._sql, params = self._compiler.as_sql()
        # Which value stands there; what the query says itself stays.
        self._params = [(place_of.get(param), param) for param in params]
        if {place for place, _ in self._params} - {None} != set(range(self._n_values)):
            raise ValueError("a value of a prepared query is not among its parameters")

    def asking(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> Any:
        """A compiler for these values that has nothing left to build."""
        if len(values) != self._n_values:
            raise TypeError(f"{self._n_values} values, not {len(values)}")
        compiler = copy.copy(self._compiler)
        compiler.connection, compiler.as_sql = connection, partial(self._as_sql, values, connection)
        return compiler

    def _as_sql(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
            raise EmptyResultSet  # as a lookup would: no database has such a number
        adapted = [_adapted(value, connection) for value in values]
        return self._sql, tuple(param if place is None else adapted[place] for place, param in self._params)


def _adapted(value: Any, connection: BaseDatabaseWrapper) -> Any:
    """As the field would hand it to the database."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
