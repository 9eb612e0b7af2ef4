"""An administrator brings files into the models folder: by pieces, from a folder below, under a second name."""

from __future__ import annotations

import dataclasses

import pytest

from backend.llm.echo import EchoLLM
from backend.llm.fixtures import tiny_gguf  # noqa: F401
from backend.llm.service import use_service
from backend.ops import model_pulls
from backend.ops.models import AuditEntry

FILES = "/api/admin/model-files/"
PIECE = "application/octet-stream"
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings):
    folder = tmp_path / "models"
    folder.mkdir()
    settings.MARU = dataclasses.replace(settings.MARU, models_dir=folder)
    use_service(EchoLLM())
    model_pulls.get_pulls.cache_clear()  # one per process; another test may have begun it over another folder
    yield folder
    model_pulls.get_pulls.cache_clear()


def test_it_works(api, admin, folder, tiny_gguf):  # noqa: F811
    content, client = tiny_gguf.read_bytes(), api(admin)
    begun = client.post(f"{FILES}uploads/", {"name": "talks.gguf", "size_bytes": len(content)})
    assert begun.status_code == 201
    place = f"{FILES}{begun.json()['id']}/"
    half = len(content) // 2
    row = client.generic("PUT", f"{place}?offset=0", content[:half], content_type=PIECE).json()
    assert (row["received_bytes"], row["size_bytes"], row["name"]) == (half, len(content), "talks")
    wrong = client.generic("PUT", f"{place}?offset=1", content[:10], content_type=PIECE)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "piece_misplaced")
    assert client.get(place).json()["received_bytes"] == half
    done = client.generic("PUT", f"{place}?offset={half}", content[half:], content_type=PIECE)
    assert (done.status_code, done.json()) == (201, {"name": "talks"})
    assert (folder / "talks.gguf").read_bytes() == content
    assert client.get(FILES).json()["arriving"] == []
    again = client.generic("PUT", f"{place}?offset={half}", content[half:], content_type=PIECE)  # its answer was lost
    assert (again.status_code, again.json()) == (201, {"name": "talks"})
    assert AuditEntry.objects.get(action="model.import").changes["from"] == ["", "upload"]


def test_no_model_is_refused_in_the_readers_language(api, admin, folder):
    client = api(admin)
    id = client.post(f"{FILES}uploads/", {"name": "page", "size_bytes": 1000}).json()["id"]
    answer = client.generic(
        "PUT", f"{FILES}{id}/?offset=0", b"<html>" * 50, content_type=PIECE, headers={"Accept-Language": "ko"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "model_unsound")
    assert "사용할 수 없습니다" in answer.json()["detail"]
    assert client.get(f"{FILES}{id}/").status_code == 404


@pytest.mark.parametrize("offset", ["", "-1", "x", "1.5", "9" * 40])
def test_an_offset_that_is_none(api, admin, folder, offset):
    id = api(admin).post(f"{FILES}uploads/", {"name": "talks", "size_bytes": 1000}).json()["id"]
    answer = api(admin).generic("PUT", f"{FILES}{id}/?offset={offset}", b"GGUF", content_type=PIECE)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["offset"])


def test_an_upload_is_given_up(api, admin, folder):
    id = api(admin).post(f"{FILES}uploads/", {"name": "talks", "size_bytes": 1000}).json()["id"]
    assert api(admin).delete(f"{FILES}{id}/").status_code == 204
    assert api(admin).delete(f"{FILES}{id}/").status_code == 404
    assert not list((folder / ".incoming").iterdir())


def test_a_file_below_is_listed_taken_in_and_named_again(api, admin, folder, tiny_gguf):  # noqa: F811
    (folder / "below").mkdir()
    (folder / "below" / "talks.gguf").write_bytes(tiny_gguf.read_bytes())
    assert api(admin).get(FILES).json()["loose"] == [
        {"path": "below/talks.gguf", "size_bytes": tiny_gguf.stat().st_size}
    ]
    assert api(admin).post(f"{FILES}folder/", {"path": "below/talks.gguf"}).status_code == 201
    assert api(admin).post(f"{FILES}folder/", {"path": "../../etc/passwd"}).status_code == 404
    again = api(admin).post("/api/admin/models/talks/names/", {"name": "poet"})
    assert (again.status_code, (folder / "poet.gguf").exists()) == (201, True)


def test_recommended_models_say_what_they_need(api, admin, folder):
    rows = api(admin).get(FILES).json()["recommended"]
    assert any(row["is_korean"] for row in rows)
    assert all(
        row["file"].endswith(".gguf") and "/" in row["repo"] and row["memory_gib"] > row["size_gib"] for row in rows
    )
