"""What a restore needs of Postgres: who else is connected, a schema beside the house's, and both change places at once."""

from __future__ import annotations

from typing import Any

from django.db import ProgrammingError, transaction

from backend.ops.backup.databases import Config
from backend.ops.backup.errors import NotPossible

STAGE = "maru_restoring"


def n_others(connection: Any) -> int:
    """Connections to this database that are not this one. Postgres knows them for sure, on whichever machine they begin."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def n_objects(connection: Any) -> int:
    """Tables, indexes, sequences and the like in the house's schema."""
    with connection.cursor() as cursor:
        home = connection.ops.quote_name(_home(cursor))
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(%s)", [home])
        return int(cursor.fetchone()[0])


def try_to_replace(connection: Any) -> None:
    """Raises what Postgres says where `change_places` would fail on an empty schema; changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {connection.ops.quote_name(_home(cursor))}")
        transaction.set_rollback(True)


def aside(connection: Any, config: Config) -> Config:
    """An empty schema, and how to work in it. Raises NotPossible when this user could not change the places later."""
    quoted = connection.ops.quote_name
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {STAGE} CASCADE")
            cursor.execute(f"CREATE SCHEMA {STAGE}")
            with transaction.atomic():
                cursor.execute(f"ALTER SCHEMA {quoted(_home(cursor))} RENAME TO {STAGE}_trial")
                transaction.set_rollback(True)
    except ProgrammingError as error:
        raise NotPossible("This database user may not make and rename schemas; the database's owner may.") from error
    options = dict(config["OPTIONS"])
    options["options"] = f"{options.get('options', '')} -c search_path={STAGE}".strip()
    return {**config, "OPTIONS": options}


def change_places(connection: Any, kept: str) -> None:
    """The house's schema becomes `kept`, the one aside becomes the house's; nothing if that has been done."""
    quoted = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [STAGE])
        if cursor.fetchone() is None:
            return
        home = _home(cursor)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = %s::regnamespace", [quoted(home)])
        if cursor.fetchone()[0]:
            cursor.execute(f"ALTER SCHEMA {quoted(home)} RENAME TO {quoted(kept)}")
        else:
            cursor.execute(f"DROP SCHEMA {quoted(home)}")
        cursor.execute(f"ALTER SCHEMA {STAGE} RENAME TO {quoted(home)}")


def _home(cursor: Any) -> str:
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0] or "public")
