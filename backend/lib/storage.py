"""Runs database work beside the event loop and names its failures.

`in_db` is for actions and sockets (Django's thread-sensitive thread, so that a view sees its own connection). Turns and the
journal use a `StorageThread` each, so that nobody waits behind the journal, nor it behind anybody. Functions given here are
synchronous, own their transaction and must not publish: what they wrote is committed when the await returns, not before.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any, ParamSpec, TypeVar, cast

from asgiref.sync import sync_to_async
from django.db import Error, InterfaceError, OperationalError, close_old_connections, connection, connections

from backend.lib.errors import AppError, StorageFull, Unavailable
from backend.lib.queued_sqlite3.base import DatabaseWrapper as SQLite
from backend.lib.queued_sqlite3.base import urgent

GIVE_WAY_S = 0.1  # for urgent work; so that nothing waits for ever, whatever users ask

P = ParamSpec("P")
T = TypeVar("T")

_FULL = ("disk is full", "disk full", "no space left", "disk i/o error", "could not extend file")


def named(error: Error) -> AppError:
    """The AppError that tells what this database error means to a user."""
    text = str(error).lower()
    return StorageFull(retry_after_s=10) if any(mark in text for mark in _FULL) else Unavailable(retry_after_s=2)


def _guarded(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    _tidy()
    try:
        return work(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        raise named(error) from error
    finally:
        _tidy()


class _Precedence:
    """Urgent work that was asked for and is not done. Threads that give way begin nothing meanwhile: they would take the
    interpreter from it, statement by statement, and on SQLite the file."""

    def __init__(self) -> None:
        self._lock, self._n = threading.Lock(), 0
        self._is_clear = threading.Event()
        self._is_clear.set()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def give_way(self) -> None:
        """Blocks this thread, for GIVE_WAY_S at most."""
        self._is_clear.wait(GIVE_WAY_S)

    def _add(self, n: int) -> None:
        with self._lock:
            self._n += n
            if self._n:
                self._is_clear.clear()
            else:
                self._is_clear.set()


_precedence = _Precedence()


def urgently(work: Callable[P, T]) -> Callable[P, T]:
    """`work`, a short transaction that a user waits for: it goes before journals, ends of replies, titles and figures."""

    @functools.wraps(work)
    def worked(*args: P.args, **kwargs: P.kwargs) -> T:
        with urgent():
            return work(*args, **kwargs)

    worked.is_urgent = True  # type: ignore[attr-defined]
    return worked


def _is_urgent(work: Callable[..., object]) -> bool:
    return getattr(work, "is_urgent", False)


def _patiently(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    _precedence.give_way()
    return _guarded(work, *args, **kwargs)


def _tidy() -> None:
    """Close what is broken, and what is only lent: Postgres lends from a pool, SQLite stays open (CONN_MAX_AGE in env.py).

    HAZARD: nothing in this process may open the database's files but SQLite: closing one drops the locks of what stays open.
    """
    # Inside a transaction of the caller (tests, a view) the connection is not ours to close.
    if not connection.in_atomic_block:
        close_old_connections()


Run = Callable[..., Awaitable[Any]]
# Made once: asgiref looks closely at what it is given, each time.
_in_thread: Run = sync_to_async(_guarded)


async def in_db(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`work(*args)` in the database thread. Raises StorageFull or Unavailable for what the database could not do."""
    with _precedence.claimed() if _is_urgent(work) else nullcontext():
        found: T = await _in_thread(work, *args, **kwargs)
        return found


def empty_the_log(*, may_wait: bool = True) -> bool:
    """SQLite's write-ahead log still holds what the pages held before; secure_delete (env.py) does not reach it.

    `may_wait`: up to busy_timeout for whoever reads or writes. Returns whether nothing is left. On Postgres it is VACUUM's.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return True
    queue = cast(SQLite, connections[connection.alias])
    with queue.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = int(cursor.fetchone()[0])
        # Without a turn, writers of this process would follow each other past it.
        if may_wait and not queue.wait_for_turn():
            return False
        try:
            if not may_wait:
                cursor.execute("PRAGMA busy_timeout=0")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy = cursor.fetchone()[0]
        finally:
            queue.end_turn()
            cursor.execute(f"PRAGMA busy_timeout={before}")  # rule sql: a number of SQLite's own
    return not is_busy


class StorageThread:
    """One thread with a database connection of its own. `gives_way`: what is urgent elsewhere goes before what it does."""

    def __init__(self, name: str, *, gives_way: bool = False) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._at_once: Run = sync_to_async(_guarded, thread_sensitive=False, executor=self._pool)
        patiently: Run = sync_to_async(_patiently, thread_sensitive=False, executor=self._pool)
        self._when_clear = patiently if gives_way else self._at_once

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `in_db`, in this thread."""
        run = self._at_once if _is_urgent(work) else self._when_clear
        found: T = await run(work, *args, **kwargs)
        return found

    async def close(self) -> None:
        """Give the connection back and end the thread. What is still running is waited for."""
        await sync_to_async(connections.close_all, thread_sensitive=False, executor=self._pool)()
        self._pool.shutdown(wait=False)
