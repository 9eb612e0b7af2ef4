"""Files come into the models folder piece by piece: checked, bounded, resumable, and whole from the first moment."""

from __future__ import annotations

import hashlib
from collections import namedtuple
from pathlib import Path

import pytest

from backend.lib.errors import BadInput, Conflict, NotFound
from backend.llm import incoming
from backend.llm.config import LLMConfig
from backend.llm.incoming import Arrivals, Incoming
from backend.llm.incoming_errors import ChecksumWrong, ModelUnsound, NameTaken, NoRoomOnDisk, PieceMisplaced
from backend.llm.model_folder import delete_model, loose_files, name_again, take_in

PIECE = 200_000


@pytest.fixture
def arrivals(tmp_path: Path) -> Arrivals:
    return Arrivals(tmp_path / "models")


@pytest.fixture
def config(tmp_path: Path) -> LLMConfig:
    return LLMConfig(models_dir=tmp_path / "models", data_dir=tmp_path, starter_path=tmp_path / "none.gguf")


def send(arrivals: Arrivals, one: Incoming, content: bytes, start: int = 0) -> Incoming | None:
    kept: Incoming | None = one
    for offset in range(start, len(content), PIECE):
        kept = arrivals.add_piece(one.id, offset, content[offset : offset + PIECE])
    return kept


def test_it_works(arrivals, tiny_gguf):
    content = tiny_gguf.read_bytes()
    one = arrivals.begin("talks.gguf", "upload", len(content), sha256=hashlib.sha256(content).hexdigest())
    assert send(arrivals, one, content) is None
    assert (arrivals.models_dir / "talks.gguf").read_bytes() == content
    assert arrivals.all() == []
    assert sorted(path.name for path in arrivals.models_dir.iterdir()) == [".incoming", "talks.gguf"]


def test_what_an_upload_became_is_told_again(arrivals, tiny_gguf, monkeypatch):
    monkeypatch.setattr(incoming, "MAX_INCOMING", 2)
    content = tiny_gguf.read_bytes()
    for n in range(3):
        one = arrivals.begin(f"talks-{n}", "upload", len(content))
        assert arrivals.finished(one.id) is None
        send(arrivals, one, content)
        assert arrivals.finished(one.id) == f"talks-{n}"
    assert len(list(arrivals.models_dir.glob(".incoming/*"))) == 2
    assert (arrivals.all(), arrivals.finished("../../etc")) == ([], None)


def test_a_process_that_died_while_it_checked_has_the_next_one_go_on(arrivals, tiny_gguf, monkeypatch):
    content = tiny_gguf.read_bytes()
    one = arrivals.begin("talks", "upload", len(content))
    with monkeypatch.context() as died:
        died.setattr(Arrivals, "put_in_place", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send(arrivals, one, content)
    (left,) = arrivals.all()
    assert (left.state, arrivals.n_bytes(left)) == ("checking", len(content))
    assert arrivals.add_piece(one.id, len(content) - 1, content[-1:]) is None
    assert (arrivals.models_dir / "talks.gguf").read_bytes() == content


def test_what_came_so_far_is_known_to_the_next_process(arrivals, tiny_gguf):
    content = tiny_gguf.read_bytes()
    one = arrivals.begin("talks", "upload", len(content))
    arrivals.add_piece(one.id, 0, content[:PIECE])
    later = Arrivals(arrivals.models_dir)
    (found,) = later.all()
    assert (found.id, later.n_bytes(found)) == (one.id, PIECE)
    with pytest.raises(PieceMisplaced) as misplaced:
        later.add_piece(one.id, 0, content[:PIECE])
    assert misplaced.value.params == {"offset": PIECE}
    assert send(later, found, content, start=PIECE) is None


def test_a_file_that_is_no_model_is_refused_with_its_first_piece(arrivals):
    one = arrivals.begin("page", "upload", 40 * 1024**2)
    with pytest.raises(ModelUnsound) as unsound:
        arrivals.add_piece(one.id, 0, b"<html>" * 100)
    assert "not a GGUF" in str(unsound.value)
    assert arrivals.all() == []
    assert not any(arrivals.models_dir.glob("**/*.part"))


def test_the_header_counts_before_the_rest_has_come(arrivals, tiny_gguf):
    content = tiny_gguf.read_bytes()
    one = arrivals.begin("talks", "upload", len(content) - 1000)  # its tensors do not fit into what is promised
    with pytest.raises(ModelUnsound):
        send(arrivals, one, content[:-2000])


def test_a_wrong_checksum_leaves_nothing(arrivals, tiny_gguf):
    content = tiny_gguf.read_bytes()
    one = arrivals.begin("talks", "upload", len(content), sha256="0" * 64)
    with pytest.raises(ChecksumWrong):
        send(arrivals, one, content)
    assert arrivals.all() == []
    assert not list(arrivals.models_dir.glob("*.gguf"))


def test_more_than_was_promised_is_not_taken(arrivals):
    one = arrivals.begin("talks", "upload", 100)
    with pytest.raises(PieceMisplaced):
        arrivals.add_piece(one.id, 0, b"GGUF" * 26)


def test_a_full_disk_is_told_with_figures(arrivals, monkeypatch):
    disk = namedtuple("disk", "total used free")(10, 9, incoming.SPARE_BYTES + 1024**2)
    monkeypatch.setattr(incoming.shutil, "disk_usage", lambda path: disk)
    arrivals.begin("small", "upload", 600_000)
    with pytest.raises(NoRoomOnDisk) as full:
        arrivals.begin("other", "upload", 600_000)  # what the first one was promised is not free
    assert full.value.http_status == 507
    assert full.value.params["free_gib"] == 0.0


@pytest.mark.parametrize("name", ["", ".gguf", "../up", "a/b", "a\\b", ".hidden", "-rf", "a@b", "a\n", "x" * 121, " a"])
def test_a_name_that_is_none(arrivals, name):
    with pytest.raises(BadInput):
        arrivals.begin(name, "upload", 1000)


def test_names_and_numbers_are_bounded(arrivals):
    arrivals.begin("one", "upload", 1000)
    with pytest.raises(NameTaken):
        arrivals.begin("one.gguf", "upload", 1000)
    for bad in (1, incoming.MAX_FILE_BYTES + 1):
        with pytest.raises(BadInput):
            arrivals.begin("other", "upload", bad)
    for n in range(1, incoming.MAX_INCOMING):
        arrivals.begin(f"more-{n}", "upload", 1000)
    with pytest.raises(Conflict):
        arrivals.begin("too-many", "upload", 1000)


def test_one_writes_at_a_time(arrivals, tiny_gguf):
    one = arrivals.begin("talks", "upload", 10_000)
    with arrivals.writing(one), pytest.raises(Conflict):
        arrivals.add_piece(one.id, 0, tiny_gguf.read_bytes()[:100])


@pytest.mark.parametrize("id", ["", "..", "a" * 16, "../../etc/passwd"])
def test_an_id_that_is_none(arrivals, id):
    with pytest.raises(NotFound):
        arrivals.get(id)


def test_a_file_below_the_folder_is_taken_in(config, tiny_gguf, tmp_path):
    below = config.models_dir / "others" / "deep"
    below.mkdir(parents=True)
    (below / "talks.gguf").write_bytes(tiny_gguf.read_bytes())
    (below / "page.gguf").write_bytes(b"<html>")
    (below / "away.gguf").symlink_to("/etc/passwd")
    assert [one.path for one in loose_files(config)] == ["others/deep/page.gguf", "others/deep/talks.gguf"]
    assert take_in(config, "others/deep/talks.gguf", "mine") == "mine"
    assert (config.models_dir / "mine.gguf").stat().st_ino == (below / "talks.gguf").stat().st_ino
    with pytest.raises(ModelUnsound):
        take_in(config, "others/deep/page.gguf")
    (tmp_path / "outside.gguf").write_bytes(tiny_gguf.read_bytes())
    for away in ("../outside.gguf", "others/deep/away.gguf", str(tmp_path / "outside.gguf"), "nobody.gguf", "a\0b"):
        with pytest.raises(NotFound):
            take_in(config, away)


def test_a_second_name_costs_no_disk_and_a_deletion_takes_one_name(config, tiny_gguf):
    config.models_dir.mkdir()
    (config.models_dir / "talks.gguf").write_bytes(tiny_gguf.read_bytes())
    assert name_again(config, "talks", "poet") == "poet"
    with pytest.raises(NameTaken):
        name_again(config, "talks", "poet")
    delete_model(config, "talks")
    assert [path.name for path in config.models_dir.glob("*.gguf")] == ["poet.gguf"]
    with pytest.raises(NotFound):
        delete_model(config, "talks")


def test_what_lies_elsewhere_is_not_deleted(config, tiny_gguf, tmp_path):
    elsewhere = tmp_path / "elsewhere.gguf"
    elsewhere.write_bytes(tiny_gguf.read_bytes())
    with pytest.raises(Conflict):
        delete_model(LLMConfig(models_dir=config.models_dir, data_dir=tmp_path, model_path=elsewhere), "elsewhere")
    assert elsewhere.exists()
