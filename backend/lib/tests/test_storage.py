"""Which thread keeps its database open, and which gives it back."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from backend.lib.storage import StorageThread, in_db

pytestmark = pytest.mark.django_db(transaction=True)
only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="Postgres lends connections from a pool")


def handle() -> object:
    connection.ensure_connection()
    return connection.connection


def is_open() -> bool:
    return connection.connection is not None


@only_sqlite
async def test_a_lasting_thread_keeps_it_open() -> None:
    thread = StorageThread("test")
    first = await thread.run(handle)
    assert await thread.run(handle) is first
    await thread.close()
    assert await in_db(handle) is await in_db(handle)


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite stays open")
async def test_a_pool_s_connection_is_given_back() -> None:
    await in_db(handle)
    assert not await sync_to_async(is_open)()
