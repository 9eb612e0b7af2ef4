"""Backups by REST and by the clock: made beside the server, one at a time, told truly, taken away whole."""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.db import connection

from backend import house
from backend.lib import clock
from backend.ops.backup import jobs, shelf
from backend.ops.backup.errors import NoRoomForBackup
from backend.ops.models import AuditEntry

URL = "/api/admin/backups/"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def keeper(api: Any, admin: Any) -> Any:
    return api(admin)


@pytest.fixture
def child_finds_us(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    """The process that makes the backup reads the environment as the server did."""
    if connection.vendor != "sqlite":
        pytest.skip("the database of the tests has no name in the environment")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{connection.settings_dict['NAME']}")


def put(name: str, made_at: datetime = NOON) -> None:
    path = shelf.folder() / name
    path.write_bytes(b"no archive")
    os.utime(path, (made_at.timestamp(),) * 2)


def until(is_done: Callable[[], bool]) -> None:
    end_s = clock.monotonic_s() + 60
    while not is_done():
        assert clock.monotonic_s() < end_s
        time.sleep(0.05)


async def _joined(parts: Any) -> bytes:
    return b"".join([part async for part in parts])


@pytest.mark.usefixtures("child_finds_us")
def test_it_works(keeper: Any, user: Any) -> None:
    begun = keeper.post(URL)
    assert begun.status_code == 202
    assert begun.json()["state"]["is_running"], "from the first moment on"
    assert begun.json()["needed_bytes"] > jobs.SPARE_BYTES
    second = keeper.post(URL)
    assert (second.status_code, second.json()["code"]) == (409, "backup_running")
    until(lambda: not keeper.get(URL).json()["state"]["is_running"])
    page = keeper.get(URL).json()
    assert page["state"]["error"] == ""
    (row,) = page["results"]
    assert row["contents"]["n_rows"] > 2
    assert str(shelf.folder() / row["name"]) in row["restore_command"]

    taken = keeper.get(f"{URL}{row['name']}/")
    content = async_to_sync(_joined)(taken.streaming_content)
    assert len(content) == row["size_bytes"] == int(taken["Content-Length"])
    assert zipfile.ZipFile(BytesIO(content)).testzip() is None

    assert keeper.delete(f"{URL}{row['name']}/").status_code == 204
    assert keeper.get(URL).json()["results"] == []
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "backup.make",
        "backup.take",
        "backup.delete",
    ]


def test_no_backup_is_begun_that_the_disk_cannot_take(keeper: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "free_bytes", lambda: jobs.SPARE_BYTES)
    answer = keeper.post(URL)
    assert (answer.status_code, answer.json()["code"]) == (507, "backup_no_room")
    assert "GiB" in answer.json()["detail"]
    assert not shelf.is_running()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ["nothing.zip", ".state", "maru-20260101-000000.zip", "..%2F..%2Fmaru.sqlite3"])
def test_only_archives_can_be_asked_for(keeper: Any, name: str) -> None:
    keeper.get(URL)
    (shelf.folder() / ".state").write_text("{}")
    assert keeper.get(f"{URL}{name}/").status_code == 404
    assert keeper.delete(f"{URL}{name}/").status_code == 404
    assert (shelf.folder() / ".state").exists()


def test_a_link_is_no_archive(keeper: Any) -> None:
    secret = django_settings.MARU.data_dir / "secret_key"
    secret.write_text("secret")
    (shelf.folder() / "maru-20260101-000000.zip").symlink_to(secret)
    assert keeper.get(f"{URL}maru-20260101-000000.zip/").status_code == 404
    assert keeper.get(URL).json()["results"] == []


def test_a_damaged_archive_is_told_as_such(keeper: Any) -> None:
    put("maru-20260101-000000.zip")
    assert keeper.get(URL).json()["results"][0]["contents"] is None


@pytest.mark.django_db
def test_a_process_that_was_killed_leaves_no_lie_and_no_rest() -> None:
    shelf.tell_state(shelf.State(True, "rows", 5, 10))
    assert not shelf.state().is_running
    assert "ended" in shelf.state().error
    rest = shelf.folder() / ".maru-20260101-000000.zip.77.part"
    rest.write_bytes(b"half")
    with pytest.raises(OSError):
        shelf.make(shelf.folder() / "missing" / "x.zip")
    assert not rest.exists()


@pytest.mark.django_db
def test_second_names_that_a_killed_backup_gave_to_documents_go_with_the_next_or_at_a_start() -> None:
    held = django_settings.MARU.data_dir / f".backup-{os.getpid()}"  # in a container numbers come again

    def make() -> None:
        with pytest.raises(OSError):
            shelf.make(shelf.folder() / "missing" / "x.zip")

    for tidy in (shelf.sweep, make):
        held.mkdir()
        (held / ("a" * 32)).write_bytes(b"deleted since")
        with shelf.alone():
            shelf.sweep()
        assert held.exists(), "it may be the one that is being made"
        tidy()
        assert not held.exists()


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[list[int]]:
    """Locks that would have been handed to a process."""
    locks: list[int] = []
    monkeypatch.setattr(jobs, "_spawn", locks.append)
    return locks


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_the_daily_one_is_due_when_none_was_made_since_its_hour(
    spawned: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.change({"backups_hour": 3, "time_zone": "Asia/Seoul"}, along=lambda changes: None)
    at(monkeypatch, NOON)  # 21:00 in Seoul; it struck three at 18:00 UTC the day before
    assert jobs.begin_if_due()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id) == ("backup.make", None)
    put("maru-20260309-190000.zip", NOON - timedelta(hours=17))
    assert not jobs.begin_if_due()
    at(monkeypatch, NOON + timedelta(hours=6, minutes=1))
    assert jobs.begin_if_due()
    assert len(spawned) == 2


def test_what_a_wrong_clock_made_in_times_to_come_keeps_none_from_being_made(
    spawned: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    put("maru-20400101-000000.zip", NOON + timedelta(days=5_000))
    assert jobs.begin_if_due()
    shelf.tell_state(shelf.State(error="No space left on device"))
    os.utime(shelf.folder() / ".state", ((NOON + timedelta(days=5_000)).timestamp(),) * 2)
    assert jobs.begin_if_due()
    assert len(spawned) == 2


def test_only_one_process_makes_it(spawned: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    with shelf.alone():
        assert not jobs.begin_if_due()
    assert spawned == []


def test_one_that_failed_is_tried_again_after_an_hour(spawned: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.tell_state(shelf.State(error="No space left on device"))
    assert not jobs.begin_if_due()
    at(monkeypatch, datetime.now(UTC) + timedelta(hours=1, minutes=1))
    assert jobs.begin_if_due()


@pytest.mark.django_db
def test_a_disk_without_room_is_told_on_the_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "free_bytes", lambda: 0)
    with pytest.raises(NoRoomForBackup):
        jobs.begin_if_due()
    assert "disk" in shelf.state().error
