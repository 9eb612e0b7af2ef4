"""Django's SQLite, whose writers of one process stand in a queue.

SQLite has one writer at a time, and who finds it busy sleeps and looks again, up to 100 ms a look: of many threads some are
passed by for a second while the file is free half of the time. Here a thread stands in a line of the process (`line`) and is
woken at once; SQLite's own waiting (`timeout`, the same bound) is left for other processes. `urgent` goes to its front.

A turn lasts from BEGIN IMMEDIATE to its commit or rollback, or for one writing statement outside a transaction. Deferred
transactions (snapshots) take none.

HAZARD: a transaction that waits for another thread which writes would wait for itself. SQLite would let it do so until
`timeout`, and so does this: then "database is locked".
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from backend.lib.queued_sqlite3.line import Line

WRITES = frozenset(("INSERT", "UPDATE", "DELETE", "REPLACE"))
MAX_KEPT = 8_192  # characters of a statement whose translation is kept

_lines: dict[str, Line] = {}  # by database
_this_thread = threading.local()


@contextmanager
def urgent() -> Iterator[None]:
    """What this thread writes here goes before what is not urgent: short transactions that somebody waits for."""
    was_urgent = getattr(_this_thread, "is_urgent", False)
    _this_thread.is_urgent = True
    try:
        yield
    finally:
        _this_thread.is_urgent = was_urgent


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False

    def wait_for_turn(self) -> bool:
        """False when it does not come within `timeout` seconds."""
        if not self._has_turn:
            timeout_s = self.settings_dict["OPTIONS"].get("timeout", 5.0)
            self._has_turn = self._line().acquire(timeout_s, is_urgent=getattr(_this_thread, "is_urgent", False))
        return self._has_turn

    def take_turn(self) -> None:
        """Raises OperationalError when it does not come."""
        if not self.wait_for_turn():
            raise OperationalError("database is locked")

    def end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._line().release()

    def _line(self) -> Line:
        return _lines.setdefault(str(self.settings_dict["NAME"]), Line())  # whoever comes first, all share one

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        if not autocommit and self.settings_dict["OPTIONS"].get("transaction_mode") == "IMMEDIATE":
            self.take_turn()
        try:
            super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        except BaseException:
            self.end_turn()
            raise

    def commit(self) -> None:
        super().commit()  # who fails here rolls back or closes
        self.end_turn()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.end_turn()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.end_turn()

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.database = self
        return cursor


class Cursor(base.SQLiteCursorWrapper):
    database: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        with _Turn(self.database, query):
            return super().execute(query, params)  # rule sql: Django's own, passed on as it came

    def executemany(self, query: str, param_list: Any) -> Any:
        with _Turn(self.database, query):
            return super().executemany(query, param_list)  # rule sql: the same

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        if param_names is None and len(query) <= MAX_KEPT:
            return _with_marks(query)
        return str(super().convert_query(query, param_names=param_names))


@lru_cache(512)
def _with_marks(query: str) -> str:
    """SQLite's question marks for Django's %s: a house sends the same few hundred statements again and again."""
    return str(base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))


class _Turn:
    """Of one statement, where no transaction has taken it."""

    def __init__(self, database: DatabaseWrapper, query: str) -> None:
        is_lone = not database.in_atomic_block and database.autocommit
        self._database = database if is_lone and query.lstrip()[:7].partition(" ")[0].upper() in WRITES else None

    def __enter__(self) -> None:
        if self._database is not None:
            self._database.take_turn()

    def __exit__(self, *error: object) -> None:
        if self._database is not None:
            self._database.end_turn()
