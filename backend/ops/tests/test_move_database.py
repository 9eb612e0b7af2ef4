"""From SQLite (or another Postgres) into an empty Postgres: the same house afterwards, or nothing has happened."""

from __future__ import annotations

import io
import secrets
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend.accounts.models import BrowserSession, User
from backend.chat import search
from backend.chat.models import ChatSession, Message, Share
from backend.lib import house_lock
from backend.memory.models import Entry
from backend.ops.backup import building, moving, postgres, tables
from backend.ops.backup.databases import stand_in
from backend.ops.backup.errors import NotPossible
from backend.ops.models import AuditEntry
from backend.ops.tests.houses import any_database, raw_rows
from backend.ops.tests.test_backup import TEXT
from backend.ops.tests.test_backup import full_house as full_house_of_backup
from tools.with_postgres import find_binaries
from tools.with_postgres import postgres as own_postgres

__all__ = ["any_database", "full_house_of_backup"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("any_database"),
    pytest.mark.skipif(find_binaries() is None, reason="no Postgres here"),
]


@pytest.fixture
def full_house(full_house_of_backup: User) -> User:
    """Without half a surrogate pair, which no Postgres keeps."""
    Share.objects.update(document={"z": [1, 2.5, None, TEXT], "a": {"b": 1}})
    return full_house_of_backup


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with own_postgres() as url:
        yield url


@pytest.fixture
def target(server: str) -> str:
    """The address of an empty database."""
    name = f"house_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as plain:
        plain.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"


@pytest.fixture(autouse=True)
def nobody_else_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the tests' own database is a Postgres, others of the run may be connected to it."""
    monkeypatch.setattr(postgres, "n_others", lambda connection: 0)


def in_target(url: str) -> Any:
    return stand_in(moving._target(url))


def rows_of_meaning() -> dict[str, list[Any]]:
    """Through the same reader on both sides; what the databases themselves say is compared by `raw_rows` in test_backup."""
    from django.apps import apps

    found = tables.tables_of(apps, left_out=())
    return {
        model._meta.db_table: [tables.from_line(tables.to_line(row)) for row in tables.read(model, "default")]
        for model in found
    }


def test_it_works(full_house: User, target: str) -> None:
    before, n_gone = rows_of_meaning(), ChatSession.objects.latest("pk").pk + 1
    said = io.StringIO()
    call_command("move_database", target, stdout=said)
    assert "the same" in said.getvalue()
    assert rows_of_meaning() == before
    with in_target(target):
        assert connection.vendor == "postgresql"
        assert rows_of_meaning() == before
        user = User.objects.get()
        # A house like any other: the words are found, ids go on, the log is closed, nobody has to sign in again.
        assert [hit.session_title for hit in search.find(user, "이야기")] == [TEXT]
        assert ChatSession.objects.create(user=user).pk == n_gone + 1
        assert BrowserSession.objects.count() == 1
        assert Entry.objects.filter(index=None).count() == 1  # vectors stay where they are
        with pytest.raises(Exception, match="append-only"):
            AuditEntry.objects.all().delete()


def test_the_table_of_figures_is_told(full_house: User, target: str) -> None:
    moved = {each.name: each for each in moving.move(target)}
    assert moved["chat_message"].n_rows == Message.objects.count() == 2
    assert len(moved["chat_message"].sha256) == 64
    with in_target(target):
        assert tables.digest(Message, "default") == (2, moved["chat_message"].sha256)


def test_a_second_move_into_the_same_database_is_refused_and_changes_nothing(full_house: User, target: str) -> None:
    moving.move(target)
    with in_target(target):
        User.objects.filter(pk=full_house.pk).update(display_name="lives here now")
    with pytest.raises(NotPossible, match="not empty"):
        moving.move(target)
    with in_target(target):
        assert User.objects.get().display_name == "lives here now"


def test_somebody_elses_table_is_in_the_way(full_house: User, target: str) -> None:
    with psycopg.connect(target, autocommit=True) as plain:
        plain.execute("CREATE TABLE theirs (n int)")
    with pytest.raises(NotPossible, match="not empty"):
        moving.move(target)
    with psycopg.connect(target) as plain:
        assert plain.execute("SELECT count(*) FROM theirs").fetchone() == (0,)


def test_a_move_that_was_cut_is_begun_anew(full_house: User, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*args: Any) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_same", cut)
        with pytest.raises(RuntimeError):
            moving.move(target)
    with in_target(target):
        assert postgres.n_objects(connection) == 0
    moving.move(target)
    with in_target(target):
        assert User.objects.count() == 1


def test_a_row_that_came_over_differently_is_found(
    full_house: User, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = building.build

    def careless(*args: Any, **named: Any) -> int:
        n = honest(*args, **named)
        Message.objects.filter(role="user").update(content="another")
        return n

    monkeypatch.setattr(building, "build", careless)
    with pytest.raises(tables.Different, match="chat_message"):
        moving.move(target)
    with in_target(target):
        assert postgres.n_objects(connection) == 0


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a Postgres has none")
def test_what_postgres_cannot_keep_is_told_without_its_text(full_house: User, target: str) -> None:
    Share.objects.update(document={"half": "secret \ud83d"})
    with pytest.raises(tables.Different, match="chat_share, rows 1 to 1") as caught:
        moving.move(target)
    assert "secret" not in str(caught.value)
    with in_target(target):
        assert postgres.n_objects(connection) == 0


def test_a_house_that_serves_does_not_move(full_house: User, target: str, settings: Any) -> None:
    with house_lock.alone(settings.MARU.data_dir), pytest.raises(NotPossible, match="running"):
        moving.move(target)


@pytest.mark.parametrize("url", ["", "sqlite:///x", "nonsense", "postgres://maru:x@127.0.0.1:1/nobody"])
def test_an_address_that_leads_nowhere(user: User, url: str) -> None:
    with pytest.raises(CommandError):
        call_command("move_database", url)


def test_the_address_may_lie_in_a_file(full_house: User, target: str, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(target + "\n")
    call_command("move_database", url_file=tmp_path / "url", forget_vectors=True, stdout=io.StringIO())
    with in_target(target):
        assert Entry.objects.filter(index=None).count() == 2


def test_ten_thousand_rows(user: User, target: str) -> None:
    session = ChatSession.objects.create(user=user)
    messages = [
        Message(session=session, role="user", content=f"{n} {TEXT}", client_id=uuid.uuid4()) for n in range(10_000)
    ]
    search.index_messages(Message.objects.bulk_create(messages))
    [moved] = [each for each in moving.move(target) if each.name == "chat_message"]
    assert moved.n_rows == 10_000
    with in_target(target):
        assert search.find(User.objects.get(), "9876")
        assert raw_rows()["chat_message"][-1][0] == messages[-1].pk
