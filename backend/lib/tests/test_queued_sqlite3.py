"""The queue of SQLite's writers: who has the turn, and that every way out of a transaction gives it back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.lib.queued_sqlite3 import base
from backend.lib.storage import empty_the_log

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own limit"),
]


def is_taken() -> bool:
    return base._lines[str(connection.settings_dict["NAME"])].is_taken()


@contextmanager
def somebody_writes() -> Iterator[threading.Event]:
    """In a thread and a connection of their own, until the event."""
    began, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            User.objects.create(username="writer")
            began.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert began.wait(30)
    try:
        yield may_end
    finally:
        may_end.set()
        thread.join()


def test_a_turn_lasts_to_the_commit_or_the_rollback() -> None:
    with transaction.atomic():
        assert is_taken()
        with transaction.atomic():
            User.objects.create(username="inner")
        assert is_taken()
    assert not is_taken()
    with pytest.raises(ValueError, match="no"), transaction.atomic():
        User.objects.create(username="outer")
        raise ValueError("no")
    assert not is_taken()
    assert User.objects.count() == 1


def test_a_lone_statement_gives_its_turn_back_also_when_it_fails() -> None:
    User.objects.create(username="one")
    assert not is_taken()
    with pytest.raises(IntegrityError):
        User.objects.create(username="one")
    assert not is_taken()


def test_a_commit_that_fails_gives_it_back() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():  # foreign keys are looked at when it is committed
        Message.objects.create(session_id=12345, role="user", content="of no session")
    assert not is_taken()


def test_closing_within_a_transaction_gives_it_back() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.close()
        User.objects.count()
    assert not is_taken()


def test_who_reads_waits_for_nobody() -> None:
    with somebody_writes():
        assert User.objects.count() == 0


@pytest.mark.parametrize("is_lone", [True, False])
def test_who_writes_waits_for_the_commit(is_lone: bool) -> None:
    user = User.objects.create(username="owner")
    order: list[str] = []

    def write() -> None:
        if is_lone:
            User.objects.filter(pk=user.pk).update(first_name="x")
        else:
            with transaction.atomic():
                ChatSession.objects.create(user=user)
        order.append("second")
        connection.close()

    with somebody_writes() as may_end:
        second = threading.Thread(target=write)
        second.start()
        second.join(0.2)
        order.append("first ends")
        may_end.set()
        second.join(30)
    assert order == ["first ends", "second"]


def test_who_waits_too_long_is_told_what_sqlite_would_say(monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "timeout", 0.05)
    with somebody_writes(), pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
        pass
    with transaction.atomic():
        User.objects.create(username="later")
    assert not is_taken()


def test_the_log_is_not_emptied_while_somebody_writes_on_and_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    with somebody_writes():
        assert not empty_the_log()
    assert empty_the_log()
    assert not is_taken()


def test_statements_are_translated_as_djangos_own_are() -> None:
    for _ in range(2):  # the second time from memory
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s, '100 %%', %s", ["a %s", 2])
            assert cursor.fetchone() == ("a %s", "100 %", 2)
            cursor.execute("SELECT %(b)s, %(a)s", {"a": 1, "b": 2})
            assert cursor.fetchone() == (2, 1)
            cursor.execute("SELECT '%s'")
            assert cursor.fetchone() == ("%s",)
            cursor.execute(f"SELECT '{'x' * base.MAX_KEPT}', %s", [3])
            assert cursor.fetchone()[1] == 3
