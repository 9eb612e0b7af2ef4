"""The storage report, and sweeping what is nobody's: only that, only when old, never through a link, always told."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from backend.chat.models import ChatSession, Upload
from backend.lib import clock
from backend.memory import files, indexes
from backend.memory.models import Document, Entry
from backend.memory.store import Row, StoreDown, VectorStore, use_store
from backend.ops.backup import shelf
from backend.ops.models import AuditEntry
from backend.ops.storage import orphans

URL, ORPHANS = "/api/admin/storage/", "/api/admin/storage/orphans/"
OLD = timedelta(hours=1, minutes=1)


@pytest.fixture
def keeper(api: Any, admin: Any) -> Any:
    return api(admin)


@pytest.fixture(autouse=True)
def store() -> Iterator[VectorStore]:
    made = VectorStore(url="", folder=settings.MARU.data_dir / "vectors")
    use_store(made)
    yield made
    use_store(None)


def aged(path: Path, age: timedelta = OLD) -> Path:
    then = (clock.now() - age).timestamp()
    os.utime(path, (then, then), follow_symlinks=False)
    return path


def stray(content: bytes = b"stray", age: timedelta = OLD) -> Path:
    return aged(files.folder() / files.keep([content]), age)


def document(user: Any, content: bytes = b"kept") -> Document:
    kept = files.keep([content])
    aged(files.folder() / kept)
    made = Document.objects.create(user=user, title="x", kind="txt", n_bytes=len(content), stored_as=kept)
    Document.objects.filter(pk=made.pk).update(created_at=clock.now() - OLD)
    return made


def vectors(store: VectorStore, index: int, *ids: int) -> None:
    rows = [Row(id, 1, "fact") for id in ids]
    async_to_sync(store.add)(index, rows, np.ones((len(ids), 4), dtype=np.float32))


def found(answer: Any) -> dict[str, Any]:
    return {one["kind"]: one for one in answer.json()["results"]}


def test_it_works(keeper: Any, user: Any) -> None:
    document(user, b"x" * 1000)
    size = {"width": 1, "height": 1, "n_bytes": 300, "media_type": "image/png"}
    Upload.objects.create(user=user, name="x", content=b"x" * 300, **size)
    (shelf.folder() / "maru-20260101-000000.zip").write_bytes(b"y" * 50)
    report = keeper.get(URL).json()
    parts = {part["name"]: part for part in report["parts"]}
    assert (parts["documents"]["size_bytes"], parts["documents"]["n_files"]) == (1000, 1)
    assert parts["backups"]["size_bytes"] == 50
    assert report["documents"] == {"n": 1, "size_bytes": 1000}
    assert report["uploads"] == {"n": 1, "size_bytes": 300}
    (most,) = report["users"]
    assert (most["username"], most["documents_bytes"], most["uploads_bytes"]) == (user.username, 1000, 300)
    tables = {table["name"]: table for table in report["tables"]}
    assert tables["chat_upload"]["n_rows"] == 1
    assert tables["chat_upload"]["size_bytes"] > 0
    assert report["disk_total_bytes"] > report["disk_free_bytes"] > 0


def test_who_has_the_most_is_told_by_documents_and_images_together(keeper: Any, user: Any, outsider: Any) -> None:
    for _ in range(2):
        document(user, b"x" * 100)
        document(outsider, b"x" * 90)
    size = {"width": 1, "height": 1, "media_type": "image/png"}
    for _ in range(3):
        Upload.objects.create(user=outsider, name="a.png", content=b"", n_bytes=10, **size)
    first, second = keeper.get(URL).json()["users"]
    assert (first["username"], first["n_documents"], first["n_uploads"]) == (outsider.username, 2, 3)
    assert (first["documents_bytes"], first["uploads_bytes"]) == (180, 30)
    assert (second["documents_bytes"], second["uploads_bytes"]) == (200, 0)


def test_what_is_nobodys_is_shown_and_swept_and_told(keeper: Any, user: Any, store: VectorStore) -> None:
    kept, lost, file = document(user), document(user), stray(b"12345")
    files.path_of(lost).unlink()
    rest = settings.MARU.data_dir / ".backup-77"
    rest.mkdir()
    (rest / "held").write_bytes(b"123")
    aged(rest)
    part = aged_part()
    index = indexes.active_index().pk
    entry = Entry.objects.create(user=user, kind="fact", text="x", marks="", terms="", index_id=index)
    Entry.objects.filter(pk=entry.pk).update(created_at=clock.now() - OLD)
    vectors(store, index, entry.pk, entry.pk - 1)
    vectors(store, index + 50, entry.pk)

    seen = found(keeper.get(ORPHANS))
    assert (seen["files"]["n"], seen["files"]["n_bytes"], seen["files"]["names"]) == (1, 5, [file.name])
    assert seen["documents"]["names"] == [f"#{lost.pk}"]
    assert seen["vectors"]["names"] == [f"{index}/{entry.pk - 1}", f"{index + 50}/{entry.pk}"]
    assert (seen["rests"]["n"], seen["rests"]["n_bytes"]) == (2, 7)
    assert file.exists()

    swept = found(keeper.post(ORPHANS, {"kinds": ["files", "vectors", "rests"]}, format="json"))
    assert {kind: one["n"] for kind, one in swept.items()} == {"files": 1, "vectors": 2, "rests": 2}
    assert not file.exists()
    assert not rest.exists()
    assert not part.exists()
    assert files.path_of(kept).exists()
    assert Document.objects.count() == 2, "only the kinds that were asked for"
    assert async_to_sync(store.ids)(index, 0, 10) == [entry.pk]
    assert AuditEntry.objects.get().changes == {"files": [1, 0], "vectors": [2, 0], "rests": [2, 0]}

    keeper.post(ORPHANS, {"kinds": ["documents"]}, format="json")
    assert [one.pk for one in Document.objects.all()] == [kept.pk]
    assert all(one["n"] == 0 for one in found(keeper.get(ORPHANS)).values())


def aged_part() -> Path:
    part = shelf.folder() / ".maru-20260101-000000.zip.77.part"
    part.write_bytes(b"half")
    return aged(part)


def test_documents_of_a_disk_that_is_not_mounted_are_swept_only_when_it_is_said_again(keeper: Any, user: Any) -> None:
    lost = [document(user) for _ in range(3)]
    for one in lost:
        files.path_of(one).unlink()
    file = stray()
    refused = keeper.post(ORPHANS, {"kinds": ["files", "documents"]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "documents_away")
    assert Document.objects.count() == 3
    assert file.exists(), "refused as a whole: nothing went that nobody was told of"
    assert not AuditEntry.objects.exists()
    asked = {"kinds": ["files", "documents"], "even_most": True}
    assert found(keeper.post(ORPHANS, asked, format="json"))["documents"]["n"] == 3
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("n_kept", "n_lost", "is_refused"), [(1, 1, False), (1, 2, True), (25, 20, False), (25, 21, True)]
)
def test_single_lost_files_are_told_from_a_lost_disk(
    keeper: Any, user: Any, n_kept: int, n_lost: int, is_refused: bool
) -> None:
    for _ in range(n_kept):
        document(user)
    for _ in range(n_lost):
        files.path_of(document(user)).unlink()
    answer = keeper.post(ORPHANS, {"kinds": ["documents"]}, format="json")
    assert answer.status_code == (409 if is_refused else 200)
    assert Document.objects.count() == n_kept + (n_lost if is_refused else 0)


def test_what_is_younger_than_an_hour_stays(keeper: Any, user: Any, store: VectorStore) -> None:
    young = stray(age=timedelta(minutes=59))
    lost = Document.objects.create(user=user, title="x", kind="txt", n_bytes=1, stored_as=uuid.uuid4().hex)
    entry = Entry.objects.create(user=user, kind="fact", text="x", marks="", terms="")
    vectors(store, indexes.active_index().pk, entry.pk, entry.pk + 1)
    assert all(one["n"] == 0 for one in found(keeper.get(ORPHANS)).values())
    keeper.post(ORPHANS, {"kinds": list(orphans.KINDS)}, format="json")
    assert young.exists()
    assert Document.objects.filter(pk=lost.pk).exists()


def test_links_are_not_followed(keeper: Any, tmp_path: Path) -> None:
    secret = aged_file(tmp_path / "secret")
    (files.folder() / uuid.uuid4().hex).symlink_to(secret)
    for path in files.folder().iterdir():
        aged(path)
    outside = tmp_path / "outside"
    outside.mkdir()
    aged_file(outside / uuid.uuid4().hex)
    rest = settings.MARU.data_dir / ".backup-78"
    rest.symlink_to(outside)
    aged(rest)
    keeper.post(ORPHANS, {"kinds": ["files", "rests"]}, format="json")
    assert secret.exists()
    assert len(list(outside.iterdir())) == 1
    # A folder that is a link itself is not looked into.
    held = files.folder()
    held.rename(tmp_path / "held")
    held.symlink_to(outside)
    assert found(keeper.post(ORPHANS, {"kinds": ["files"]}, format="json"))["files"]["n"] == 0
    assert len(list(outside.iterdir())) == 1


def aged_file(path: Path) -> Path:
    path.write_bytes(b"secret")
    return aged(path)


def test_one_that_cannot_be_removed_stays_and_the_others_go(keeper: Any, monkeypatch: Any) -> None:
    held, file, part, unlink = stray(), stray(), aged_part(), os.unlink

    def unlinked(name: str, **where: Any) -> None:
        if name == held.name:
            raise PermissionError(13, "Permission denied")
        unlink(name, **where)

    monkeypatch.setattr(os, "unlink", unlinked)
    swept = found(keeper.post(ORPHANS, {"kinds": ["files", "rests"]}, format="json"))
    assert {kind: one["n"] for kind, one in swept.items()} == {"files": 1, "rests": 1}
    assert (held.exists(), file.exists(), part.exists()) == (True, False, False)


def test_only_what_looks_like_ours_is_touched(keeper: Any) -> None:
    notes = aged_file(files.folder() / "notes.txt")
    key = aged_file(settings.MARU.data_dir / "secret_key")
    keeper.post(ORPHANS, {"kinds": list(orphans.KINDS)}, format="json")
    assert notes.exists()
    assert key.exists()


def test_rests_stay_while_a_backup_is_made(keeper: Any) -> None:
    part = aged_part()
    with shelf.alone():
        keeper.post(ORPHANS, {"kinds": ["rests"]}, format="json")
    assert part.exists()


def test_a_store_that_is_away_is_told_and_stops_nothing(keeper: Any, store: VectorStore, monkeypatch: Any) -> None:
    def away() -> Any:
        raise StoreDown("away")

    monkeypatch.setattr(store._calls, "_connected", away)
    file = stray()
    assert found(keeper.get(ORPHANS))["vectors"]["is_known"] is False
    keeper.post(ORPHANS, {"kinds": ["files", "vectors"]}, format="json")
    assert not file.exists()


@pytest.mark.parametrize("kinds", [[], ["everything"], "files", None])
def test_one_says_what_to_sweep(keeper: Any, kinds: Any) -> None:
    file = stray()
    assert keeper.post(ORPHANS, {"kinds": kinds}, format="json").status_code == 400
    assert file.exists()


def test_the_dry_run_of_retention(keeper: Any, user: Any) -> None:
    session = ChatSession.objects.create(user=user)
    ChatSession.objects.filter(pk=session.pk).update(updated_at=clock.now() - timedelta(days=40))
    rows = keeper.post("/api/admin/retention/", {"user": 30}, format="json").json()["results"]
    assert rows[0] == {"role": "user", "days": 30, "n_sessions": 1, "n_users": 1}
    assert [row["n_sessions"] for row in rows[1:]] == [0, 0]
    assert keeper.post("/api/admin/retention/", {}, format="json").json()["results"][0]["n_sessions"] == 0
    assert keeper.post("/api/admin/retention/", {"user": -1}, format="json").status_code == 400
    assert ChatSession.objects.exists()
