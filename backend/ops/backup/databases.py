"""Databases beside the default one, for as long as a `with` lasts. Synchronous; the thread that opens one closes it.

HAZARD: `stand_in` changes which database the whole process means by "default". For commands only, never where the house serves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction

Config = dict[str, Any]
SNAPSHOT = "snapshot"


def config_of(alias: str = "default") -> Config:
    """As it is now: tests and commands may have put another one in place of what settings say."""
    config: Config = dict(connections[alias].settings_dict)
    config["OPTIONS"] = dict(config["OPTIONS"])
    return config


def is_sqlite(config: Config) -> bool:
    return str(config["ENGINE"]).endswith("sqlite3")


def completed(config: Config) -> Config:
    """A bare `env.database` with what Django expects beside it."""
    blank = dict.fromkeys(("NAME", "USER", "PASSWORD", "HOST", "PORT"), "")
    return {**config_of(), **blank, **config}


@contextmanager
def attached(alias: str, config: Config) -> Iterator[str]:
    """`config` may be asked under `alias`."""
    connections.settings[alias] = {**config, "OPTIONS": _without_pool(config)}
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


@contextmanager
def snapshot(config: Config | None = None) -> Iterator[str]:
    """One unchanging view of the database (default: ours), whoever writes meanwhile. Nobody waits for it, and it reads only.

    SQLite: a read transaction over the write-ahead log, which cannot be emptied as long as this lasts. Postgres: REPEATABLE READ.
    """
    config = config or config_of()
    options = _without_pool(config)
    if is_sqlite(config):
        # HAZARD: IMMEDIATE, as the house writes, would keep every writer out.
        pragmas = options.get("init_command", "") + "PRAGMA query_only=ON;"
        options |= {"transaction_mode": "DEFERRED", "init_command": pragmas}
    else:
        from psycopg import IsolationLevel

        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    with attached(SNAPSHOT, {**config, "OPTIONS": options}) as alias, transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            if not is_sqlite(config):
                cursor.execute("SET TRANSACTION READ ONLY")
            # The view begins with the first read, not with BEGIN.
            cursor.execute("SELECT count(*) FROM django_migrations")
        yield alias


@contextmanager
def stand_in(config: Config) -> Iterator[None]:
    """`config` is the default database: migrations and models reach it without being told."""
    before = connections.settings["default"]
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = {**config, "OPTIONS": _without_pool(config)}
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connections["default"].close()
        del connections["default"]
        connections.settings["default"] = before
        ContentType.objects.clear_cache()


def _without_pool(config: Config) -> dict[str, Any]:
    return {name: value for name, value in config["OPTIONS"].items() if name != "pool"}
