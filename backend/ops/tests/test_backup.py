"""Backup and restore: the same rows and files, whoever writes meanwhile; and every archive that must be refused."""

from __future__ import annotations

import itertools
import json
import os
import threading
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone
from knox.models import AuthToken

from backend import house
from backend.accounts.credentials import new_key, resolve_bearer
from backend.accounts.models import ApiKey, BrowserSession, KnownLogin, User
from backend.chat import search
from backend.chat.models import ChatSession, Message, Share, Upload
from backend.lib import house_lock
from backend.memory import files, indexes
from backend.memory.models import Document, Entry
from backend.ops.backup import building, restoring, shelf, tables
from backend.ops.backup.archive import Archive, ArchiveWriter, Manifest
from backend.ops.backup.databases import snapshot, stand_in
from backend.ops.backup.errors import BackupRuns, BadArchive, NotPossible
from backend.ops.backup.making import Progress, make_backup, write_archive
from backend.ops.models import AuditEntry
from backend.ops.tests.houses import any_database, empty_database, is_sound, other_house, raw_rows
from backend.personas.models import Persona

__all__ = ["any_database"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("any_database")]

TEXT = "비밀 이야기 🐱 \x01 “quoted” \\ \n end"


@pytest.fixture
def full_house(user: User) -> User:
    """A row of every kind, and what is hard to carry: bytes, JSON, null, large numbers, odd characters, freed ids."""
    session = ChatSession.objects.create(user=user, title=TEXT)
    gone = ChatSession.objects.create(user=user, title="gone")
    question = Message.objects.create(session=session, role="user", content=TEXT * 50, client_id=uuid.uuid4())
    reply = Message.objects.create(session=session, role="assistant", content="x", parent=question, processing_time=0.1)
    ChatSession.objects.filter(pk=session.pk).update(active_leaf=reply)
    search.index_messages([question, reply])
    half = "\ud83d" if connection.vendor == "sqlite" else ""  # no Postgres keeps half a pair
    Share.objects.create(session=session, token="t" * 43, document={"z": [1, 2.5, None, TEXT], "a": {"half": half}})
    size = {"width": 1, "height": 1, "n_bytes": 256, "media_type": "image/png"}
    Upload.objects.create(user=user, session=session, name="x", content=bytes(range(256)), **size)
    document = Document.objects.create(user=user, title=TEXT, kind="txt", n_bytes=6, stored_as=files.keep([b"secret"]))
    index = indexes.active_index()
    chunk = Entry.objects.create(
        user=user, kind="chunk", text=TEXT, marks="", terms="비밀", document=document, ordinal=0, index=index
    )
    fact = Entry.objects.create(user=user, kind="fact", text="fact", marks="", terms="fact")
    fact.derived_from.add(chunk)
    AuditEntry.objects.create(action="user.create", address="::1", changes={"role": [None, "staff"]})
    ApiKey.objects.create(user=user, name="x", scopes=["chat"], digest="d", start="maru-")
    browser = BrowserSession.objects.create(pk="k" * 32, expire_date=timezone.now() + timedelta(days=1), user=user)
    KnownLogin.objects.create(user=user, session=browser, token_digest="d")
    gone.delete()
    return user


def backup() -> Path:
    return shelf.make()[0]


def test_it_works(full_house: User, tmp_path: Path) -> None:
    before, n_gone = raw_rows(), ChatSession.objects.latest("pk").pk + 1
    file = backup()
    with other_house(tmp_path / "new") as folder:
        done = restoring.restore(file)
        assert raw_rows() == before
        assert (done.n_documents, done.n_without_vectors, done.kept) == (1, 2, "")
        assert [path.read_bytes() for path in (folder / "documents").iterdir()] == [b"secret"]
        # It is a house like any other: search finds, the indexer has work, an id that was given once is not given again.
        assert [hit.session_title for hit in search.find(User.objects.get(), "이야기")] == [TEXT]
        assert Entry.objects.filter(index=None).count() == 2
        assert ChatSession.objects.create(user=User.objects.get()).pk == n_gone + 1
        with pytest.raises(Exception, match="append-only"):
            AuditEntry.objects.all().delete()
        if connection.vendor == "sqlite":
            assert is_sound(connection.settings_dict["NAME"])


def test_logins_of_browsers_are_not_in_it(full_house: User, tmp_path: Path) -> None:
    file = backup()
    with zipfile.ZipFile(file) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"k" * 32 not in everything
    assert settings.MARU.secret_key.encode() not in everything
    assert file.stat().st_mode & 0o077 == 0
    with other_house(tmp_path / "new"):
        restoring.restore(file)
        assert (User.objects.count(), BrowserSession.objects.count(), KnownLogin.objects.count()) == (1, 0, 0)


def test_a_login_that_was_ended_since_does_not_come_back_with_a_restore(full_house: User, tmp_path: Path) -> None:
    token, key = AuthToken.objects.create(user=full_house)[1], new_key()
    ApiKey.objects.create(user=full_house, name="y", scopes=["chat"], digest=key[1], start=key[0][:12])
    file = backup()
    with other_house(tmp_path / "new"):
        restoring.restore(file)
        assert resolve_bearer(token) is None
        assert resolve_bearer(key[0]) is not None


def test_what_16_users_write_meanwhile_is_in_it_whole_or_not_at_all(full_house: User, tmp_path: Path) -> None:
    """Byte for byte what the database showed when the backup began."""
    people = [User.objects.create(username=f"writer{n}") for n in range(16)]
    stop, written = threading.Event(), []
    errors: list[BaseException] = []

    def write(user: User) -> None:
        try:
            session = ChatSession.objects.create(user=user)
            while not stop.is_set():
                question = Message.objects.create(session=session, role="user", content=f"{len(written)} " + TEXT)
                Message.objects.create(session=session, role="assistant", parent=question, content=TEXT)
                ChatSession.objects.filter(pk=session.pk).update(title=question.content[:200])
                written.append(question.pk)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(user,)) for user in people]
    for writer in writers:
        writer.start()
    try:
        while len(written) < 100:
            stop.wait(0.05)
        file = tmp_path / "under-load.zip"
        with file.open("xb") as open_file, snapshot() as alias:
            n_before = len(written)
            write_archive(open_file, alias, Progress())
            while len(written) < n_before + 50:  # the writers were not held up
                stop.wait(0.05)
            as_of_the_snapshot = raw_rows(alias)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not errors
    assert len(raw_rows()["chat_message"]) > len(as_of_the_snapshot["chat_message"]) > 100
    with other_house(tmp_path / "new"):
        restoring.restore(file)
        assert raw_rows() == as_of_the_snapshot


def test_a_document_deleted_meanwhile_is_in_it_still(full_house: User, tmp_path: Path) -> None:
    def delete(phase: str, done: int, total: int) -> None:
        files.remove(list(Document.objects.values_list("stored_as", flat=True)))

    with snapshot() as alias, (tmp_path / "b.zip").open("xb") as file:
        progress = Progress()
        list(files.folder().iterdir())
        manifest = write_archive(_Deleting(file, delete), alias, progress)
    assert [name for name in manifest.members if name.startswith("documents/")]
    assert not list(files.folder().iterdir())
    with Archive(tmp_path / "b.zip") as archive:
        archive.check()


class _Deleting:
    """A file whose first byte is the moment when somebody deletes."""

    def __init__(self, file: Any, act: Any) -> None:
        self._file, self._act = file, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, part: bytes) -> int:
        if self._act is not None:
            act, self._act = self._act, None
            act("", 0, 0)
        return int(self._file.write(part))


def test_a_house_with_people_is_put_aside_only_when_asked(full_house: User, tmp_path: Path) -> None:
    file = backup()
    with other_house(tmp_path / "new") as folder:
        restoring.restore(file)
        User.objects.create(username="newcomer")
        with pytest.raises(NotPossible, match="--replace"):
            restoring.restore(file)
        assert User.objects.filter(username="newcomer").exists()
        done = restoring.restore(file, replace=True)
        assert not User.objects.filter(username="newcomer").exists()
        kept = Path(done.kept)
        assert kept.parent == folder
        assert len(list((kept / "documents").iterdir())) == 1
        if connection.vendor == "sqlite":
            with stand_in({**connection.settings_dict, "NAME": str(kept / "maru.sqlite3")}):
                assert User.objects.filter(username="newcomer").exists()


def test_a_damaged_database_is_put_aside_like_any_other(full_house: User, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's file")
    file, rubbish = backup(), b"no database at all " * 1000
    with other_house(tmp_path / "new"):
        Path(connection.settings_dict["NAME"]).write_bytes(rubbish)
        with pytest.raises(NotPossible, match="--replace"):
            restoring.restore(file)
        connection.close()
        done = restoring.restore(file, replace=True)
        assert User.objects.filter(pk=full_house.pk).exists()
        assert (Path(done.kept) / "maru.sqlite3").read_bytes() == rubbish


def test_a_house_in_use_is_refused(full_house: User, tmp_path: Path) -> None:
    file = backup()
    house_lock.enter(settings.MARU, is_sqlite=True)
    with pytest.raises(NotPossible, match="running"):
        restoring.restore(file, replace=True)
    house_lock.leave()
    with house_lock.alone(settings.MARU.data_dir), pytest.raises(house_lock.HouseBusy):
        house_lock.enter(settings.MARU, is_sqlite=True)


@pytest.mark.parametrize("cut_at", [1, 2, 3, 4, 5])
def test_a_cut_while_things_change_places_is_gone_on_with(tmp_path: Path, monkeypatch: Any, cut_at: int) -> None:
    """Five moves: the old documents, the new, models.json, which the backup had not, the old database, the new."""
    with other_house(tmp_path / "new") as folder, monkeypatch.context() as patch:
        database = folder / "maru.sqlite3" if connection.vendor == "sqlite" else folder / "none"
        stage = restoring._new_stage()
        for place, text in ((folder, "old"), (stage, "new")):
            (place / "documents").mkdir(exist_ok=True)
            (place / "documents" / text).touch()
        (folder / "models.json").write_text("old")
        if connection.vendor == "sqlite":
            database.write_text("old")
            (stage / "database").write_text("new")
        moved, move = itertools.count(1), restoring.shutil.move

        def cut(source: Path, target: Path) -> None:
            if next(moved) == cut_at:
                raise KeyboardInterrupt
            move(source, target)

        patch.setattr(restoring.shutil, "move", cut)
        if cut_at <= 3 or connection.vendor == "sqlite":
            with pytest.raises(KeyboardInterrupt):
                restoring._change_places(stage, "before-restore-x")
            with pytest.raises(house_lock.HouseUnfinished):
                house_lock.enter(settings.MARU, is_sqlite=True)
            patch.undo()
            assert restoring.finish()
            assert not restoring.finish()
        house_lock.enter(settings.MARU, is_sqlite=True)
        house_lock.leave()
        if cut_at <= 3 or connection.vendor == "sqlite":
            kept = folder / "before-restore-x"
            assert [path.name for path in (folder / "documents").iterdir()] == ["new"]
            assert [path.name for path in (kept / "documents").iterdir()] == ["old"]
            assert ((kept / "models.json").read_text(), (folder / "models.json").exists()) == ("old", False)
            assert not stage.exists()
        if connection.vendor == "sqlite":
            assert (database.read_text(), (kept / "maru.sqlite3").read_text()) == ("new", "old")
            database.unlink()


def test_a_flipped_bit_is_found(full_house: User, tmp_path: Path) -> None:
    good, bad = backup().read_bytes(), tmp_path / "bad.zip"
    with Archive(shelf.path_of(shelf.kept()[0].name)) as archive:
        rows = {name: list(archive.rows(name)) for name in archive.manifest.tables}
    n_found = 0
    for place in range(0, len(good), max(1, len(good) // 200)):
        content = bytearray(good)
        content[place] ^= 0x10
        bad.write_bytes(content)
        try:
            with Archive(bad) as archive:
                archive.check()
                # Not every byte of a zip means something: dates and the like. Then all is there.
                assert {name: list(archive.rows(name)) for name in archive.manifest.tables} == rows
        except BadArchive:
            n_found += 1
    assert n_found > 50


def test_what_is_no_backup_is_refused_with_a_reason(full_house: User, tmp_path: Path) -> None:
    whole = backup().read_bytes()
    bad = tmp_path / "bad.zip"
    reasons = {b"": "damaged", b"no zip at all": "damaged", whole[: len(whole) // 2]: "damaged"}
    for content, reason in reasons.items():
        bad.write_bytes(content)
        with pytest.raises(BadArchive, match=reason):
            Archive(bad)
    with zipfile.ZipFile(bad, "w") as foreign:
        foreign.writestr("photo.jpg", b"x")
    with pytest.raises(BadArchive, match="no backup of Maru"):
        Archive(bad)
    with pytest.raises(BadArchive, match="There is no file"):
        Archive(tmp_path / "missing.zip")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m.update(format_version=2), "newer Maru"),
        (lambda m: m.update(format="other"), "makes no sense"),
        (lambda m: m["members"].update({"documents/../../evil": {"n_bytes": 1, "sha256": ""}}), "makes no sense"),
        (lambda m: m["members"].update({"documents/" + "a" * 32: {"n_bytes": 1, "sha256": ""}}), "does not hold"),
        (lambda m: m["members"]["rows/chat_message.jsonl"].update(sha256="0"), "is not what it was"),
        (lambda m: m["members"]["rows/chat_message.jsonl"].update(n_bytes=1), "is not what it was"),
        (lambda m: m["migrations"].append(["chat", "9999_future"]), "another version"),
        (lambda m: m["tables"]["chat_message"].update(columns=["id"]), "columns"),
        (lambda m: m["tables"].pop("chat_message"), "tables"),
        (lambda m: m.pop("members"), "makes no sense"),
    ],
)
def test_a_manifest_is_not_believed(full_house: User, tmp_path: Path, change: Any, reason: str) -> None:
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(backup()) as good, zipfile.ZipFile(bad, "w") as made:
        manifest = json.loads(good.read("manifest.json"))
        change(manifest)
        for name in good.namelist():
            made.writestr(name, json.dumps(manifest) if name == "manifest.json" else good.read(name))
    with other_house(tmp_path / "new") as folder, pytest.raises((BadArchive, NotPossible), match=reason):
        restoring.restore(bad)
    assert not (folder / house_lock.UNFINISHED).exists()


def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its rows go into the tables of its time; the migrations since then run over them."""
    old = [["contenttypes", "0002_remove_content_type_name"], ["auth", "0012_alter_user_first_name_max_length"],
           ["accounts", "0001_initial"], ["personas", "0001_initial"]]  # fmt: skip
    with other_house(tmp_path / "old"), (tmp_path / "old.zip").open("xb") as file:
        models = building._tables_at(_with_all_before(old))
        models["accounts_user"]._base_manager.create(username="early", password="x")
        writer = ArchiveWriter(file, Manifest("2026-01-01T00:00:00", "sqlite", _with_all_before(old), {}))
        for name, model in models.items():
            last = tables.sequence_of(model, "default")
            writer.add_rows(name, tables.columns_of(model), last, tables.read(model, "default"))
        writer.close()
    with other_house(tmp_path / "new"):
        restoring.restore(tmp_path / "old.zip")
        assert User.objects.get().username == "early"
        assert Persona.objects.count() == 2  # from the migrations after its time
        assert Message.objects.count() == 0


def _with_all_before(ends: list[list[str]]) -> list[list[str]]:
    from django.db.migrations.loader import MigrationLoader

    graph = MigrationLoader(None).graph
    return sorted({tuple(node) for end in ends for node in graph.forwards_plan(tuple(end))})  # type: ignore[arg-type]


def test_a_backup_is_whole_or_not_there(full_house: User, tmp_path: Path, monkeypatch: Any) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        shelf.make()
    assert shelf.kept() == []
    assert not list(shelf.folder().glob("*part*"))
    assert "No space" in shelf.state().error
    assert not list(settings.MARU.data_dir.glob(".backup-*"))
    make_backup(tmp_path / "one.zip")
    with pytest.raises(NotPossible, match="already"):
        make_backup(tmp_path / "one.zip")


def test_one_at_a_time_and_a_bounded_number(full_house: User) -> None:
    house.change({"backups_kept": 2}, along=lambda changes: None)
    for n in range(3):
        (shelf.folder() / f"maru-2026010{n + 1}-000000.zip").write_bytes(b"old")
    seen: list[bool] = []

    def look(phase: str, done: int, total: int) -> None:
        seen.append(shelf.is_running())
        with pytest.raises(BackupRuns):
            shelf.make()

    shelf.make(None, Progress(look))
    assert seen
    assert all(seen)
    assert len(shelf.kept()) == 2
    assert shelf.kept()[1].name == "maru-20260103-000000.zip"
    assert not shelf.state().is_running


def test_a_rest_that_cannot_be_removed_prevents_no_backup(full_house: User) -> None:
    (shelf.folder() / ".maru-20260101-000000.zip.77.part").mkdir()
    rest = shelf.folder() / ".maru-20260102-000000.zip.77.part"
    rest.write_bytes(b"half")
    made, _ = shelf.make()
    assert (made.exists(), rest.exists()) == (True, False)


def test_an_old_one_that_cannot_be_removed_keeps_no_other(full_house: User, monkeypatch: pytest.MonkeyPatch) -> None:
    held, unlink = "maru-20260103-000000.zip", Path.unlink
    for name in (held, "maru-20260102-000000.zip"):
        (shelf.folder() / name).write_bytes(b"old")
    house.change({"backups_kept": 1}, along=lambda changes: None)

    def unlinked(path: Path, missing_ok: bool = False) -> None:
        if path.name == held:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlinked)
    made, _ = shelf.make()
    assert [one.name for one in shelf.kept()] == [made.name, held]


def test_one_that_was_just_made_stays_whatever_a_wrong_clock_named_the_others(full_house: User) -> None:
    house.change({"backups_kept": 1}, along=lambda changes: None)
    (shelf.folder() / "maru-20400101-000000.zip").write_bytes(b"of times to come")
    made, _ = shelf.make()
    assert made.exists()


def test_the_test_houses_are_empty(tmp_path: Path) -> None:
    with empty_database(tmp_path) as config, stand_in(config):
        assert connection.introspection.table_names() == []
