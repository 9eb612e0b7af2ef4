"""The drift checks notice what they are there to notice."""

from pathlib import Path

from tools import check_drift


def test_it_works():
    assert check_drift.main(["environment"]) in (0, 1)


def test_a_read_of_the_environment_is_found():
    source = 'import os\nx = os.environ["PORT"]\ny = os.environ.get("HOST")\nz = os.getenv("A")\n'
    assert list(check_drift.environment_reads(source)) == [2, 3, 4]


def test_handing_the_environment_to_a_child_is_no_read():
    assert list(check_drift.environment_reads("import os\nrun(env={**os.environ, 'A': '1'})\n")) == []


def test_a_missing_key_is_told_with_its_document(tmp_path: Path, monkeypatch):
    document = tmp_path / "configuration.md"
    document.write_text("`REDIS_URL_FILE` is not the key itself\n", encoding="utf-8")
    monkeypatch.setattr(check_drift, "ROOT", tmp_path)
    monkeypatch.setattr(check_drift, "CONFIGURATION", (document,))
    assert "configuration.md does not name REDIS_URL" in check_drift.check_env()


def test_a_module_that_moved_is_told(tmp_path: Path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "backend/chat").mkdir(parents=True)
    (tmp_path / "backend/chat/turn.py").touch()
    document = tmp_path / "docs/architecture.md"
    document.write_text("`chat/turn.py`, `turn.py::run` and `chat/gone.py` (`urn.py` too)\n", encoding="utf-8")
    monkeypatch.setattr(check_drift, "ROOT", tmp_path)
    gone, no_ending = check_drift.check_modules()
    assert gone == "docs/architecture.md names chat/gone.py, which is not there"
    assert "urn.py" in no_ending


def test_a_stale_file_is_told_with_its_remedy(tmp_path: Path, monkeypatch):
    committed = tmp_path / "openapi.yml"
    committed.write_text("a: 1\n", encoding="utf-8")
    monkeypatch.setattr(check_drift, "ROOT", tmp_path)
    (problem,) = check_drift._difference(committed, "a: 2\n", "make generate")
    assert "make generate" in problem
    assert "-a: 1" in problem
