from __future__ import annotations

import os
import unicodedata
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile

from backend.memory import documents, files, folders, indexer_rows, writing
from backend.memory.embeddings import hash_vectors
from backend.memory.facts import Fact
from backend.memory.indexes import active_index
from backend.memory.models import Document, EmbeddingIndex, Entry
from backend.memory.recall import Question, get_recaller
from backend.memory.store import get_store
from backend.memory.words import HOUSE, Scope

HANDBOOK = """# 마루 사용 안내

## 휴가

연차 휴가는 1년에 열다섯 날입니다. 휴가를 쓰려면 사흘 전에 팀장에게 알려야 합니다.

## Parking

The garage opens at seven. A parking permit costs forty crowns a month.
"""


async def read(user, indexer, text: str = HANDBOOK, name: str = "안내.md") -> Document:
    written = text.encode()
    document = await documents.add(user, file_name=name, content=[written], n_bytes=len(written))
    await indexer.drain()
    await sync_to_async(document.refresh_from_db)()
    return document


async def test_it_works(user, indexer):
    document = await read(user, indexer)
    assert (document.status, document.n_chunks) == ("ready", 1)
    for question, words in (("연차는 며칠인가요?", "열다섯"), ("What does a parking permit cost?", "forty")):
        found = await get_recaller().recall(Question(user.pk, question, documents=(document.pk,)), budget_s=5)
        assert words in found.passages[0].text
        assert not found.is_late


async def test_a_document_with_another_name_is_found_by_it_and_its_passages_stay_what_answers_cite(user, indexer):
    document = await read(user, indexer)
    cited = [id async for id in Entry.objects.values_list("id", "index_id")]
    renamed = await documents.change(user, document.pk, title="Zquorblefant")
    assert (renamed.title, renamed.status) == ("Zquorblefant", "ready")
    assert [id async for id in Entry.objects.values_list("id", "index_id")] == cited
    question = Question(user.pk, "What does the Zquorblefant say?", documents=(document.pk,))
    assert (await get_recaller().recall(question, budget_s=5)).passages[0].title == "Zquorblefant"
    await documents.change(user, document.pk, title="Garage")
    assert not await Entry.objects.filter(terms__contains="zquorblefant").aexists()


async def test_a_document_that_is_given_to_the_house_keeps_its_passages_and_is_everybodys(staff, outsider, indexer):
    document = await read(staff, indexer)
    cited = [id async for id in Entry.objects.values_list("id", flat=True)]
    shared = await folders.add(staff, "House", is_shared=True)
    moved = await documents.change(staff, document.pk, collection_id=shared.pk)
    assert (moved.user_id, moved.status) == (None, "indexing")
    await indexer.drain()
    await sync_to_async(document.refresh_from_db)()
    assert (document.status, [id async for id in Entry.objects.values_list("id", flat=True)]) == ("ready", cited)
    question = Question(outsider.pk, "What does a parking permit cost?", documents=(document.pk,))
    scope, asked = Scope((HOUSE,), ("chunk",), (document.pk,)), hash_vectors([question.text])[0]
    assert [id for id, _ in await get_store().query((await indexing()).pk, asked, scope, 1, 9)] == cited
    assert [each.id for each in (await get_recaller().recall(question, budget_s=5)).passages] == cited
    await documents.change(staff, document.pk, collection_id=None)
    assert (await get_recaller().recall(question, budget_s=5)).passages == ()


@sync_to_async
def indexing() -> EmbeddingIndex:
    return active_index()


async def test_what_the_indexer_stores_while_a_title_changes_stays(user, indexer, monkeypatch):
    document = await read(user, indexer)
    await Document.objects.filter(pk=document.pk).aupdate(status="indexing")
    facts = documents._facts

    def meanwhile(seen: Document) -> Any:
        monkeypatch.setattr(documents, "_facts", facts)
        Document.objects.filter(pk=seen.pk).update(status="ready", n_chunks=7)
        return facts(seen)

    monkeypatch.setattr(documents, "_facts", meanwhile)
    await documents.change(user, document.pk, title="Garage")
    await sync_to_async(document.refresh_from_db)()
    assert (document.title, document.status, document.n_chunks) == ("Garage", "ready", 7)


def test_a_document_that_is_to_be_read_anew_is_not_told_as_read(user) -> None:
    document = Document.objects.create(user=user, kind="md", n_bytes=1, stored_as="x", status="extracting")

    class Meanwhile:
        error_code, chunks = "", ()

        @property
        def n_pages(self) -> None:
            """Asked for after the document was looked at."""
            Document.objects.filter(pk=document.pk).update(status="queued")

    outcome: Any = Meanwhile()
    assert indexer_rows.store_outcome(document.pk, outcome) is None
    document.refresh_from_db()
    assert document.status == "queued"


def test_a_file_whose_upload_has_not_come_to_its_row_yet_is_no_stray_one(user) -> None:
    on_its_way, stray = files.keep([b"just written"]), files.keep([b"of a crash"])
    os.utime(files.folder() / stray, (0, 0))
    assert documents.sweep() == 1
    assert [path.name for path in files.folder().iterdir()] == [on_its_way]


def test_a_folder_among_the_files_does_not_end_the_sweep_of_stray_ones(user) -> None:
    """`lost+found`, where the folder is a disk of its own."""
    (files.folder() / "lost+found").mkdir()
    stray = files.keep([b"of a crash"])
    for path in files.folder().iterdir():
        os.utime(path, (0, 0))
    assert documents.sweep() == 1
    assert [path.name for path in files.folder().iterdir()] == ["lost+found"]
    assert not (files.folder() / stray).exists()


def test_a_text_without_a_word_is_kept(user) -> None:
    entry = writing.add_fact(user.pk, Fact("---"))
    assert Entry.objects.get(pk=entry.pk).text == "---"


def test_a_temporary_document_is_in_no_list_and_in_no_folder(api, user, outsider) -> None:
    client = api(user)
    made = client.post("/api/documents/", {"text": "for a moment", "is_temporary": True}, format="json").json()
    kept = client.post("/api/documents/", {"text": "for good"}, format="json").json()
    assert [row["id"] for row in client.get("/api/documents/").json()["results"]] == [kept["id"]]
    assert client.get(f"/api/documents/{made['id']}/").status_code == 200
    assert api(outsider).get(f"/api/documents/{made['id']}/").status_code == 404
    folder = client.post("/api/collections/", {"name": "mine"}, format="json").json()["id"]
    body = {"text": "for a moment", "is_temporary": True, "collection": folder}
    refused = client.post("/api/documents/", body, format="json")
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["collection"])


async def test_of_a_document_whose_owner_goes_while_it_is_read_no_passage_comes_after(user, indexer) -> None:
    written = HANDBOOK.encode()
    document = await documents.add(user, file_name="a.md", content=[written], n_bytes=len(written))
    assert await sync_to_async(indexer_rows.next_document)()
    assert await sync_to_async(indexer_rows.store_chunks)(document.pk, 0, [("one", None, "")])
    await sync_to_async(documents.erase)(user.pk)  # and a moment later his row goes
    assert not await sync_to_async(indexer_rows.store_chunks)(document.pk, 1, [("two", None, "")])
    assert not await Entry.objects.aexists()


def test_a_name_that_a_mac_took_apart_is_found_as_it_is_typed(api: Any, user) -> None:
    client, apart = api(user), unicodedata.normalize("NFD", "휴가 안내.md")
    file = SimpleUploadedFile(apart, HANDBOOK.encode())
    made = client.post("/api/documents/", {"file": file}, format="multipart").json()
    assert (made["title"], made["file_name"]) == ("휴가 안내", "휴가 안내.md")
    Document.objects.filter(pk=made["id"]).update(title=unicodedata.normalize("NFD", "휴가 안내"))  # of before
    for words in ("휴가", unicodedata.normalize("NFD", "휴가")):
        assert [row["id"] for row in client.get("/api/documents/", {"q": words}).json()["results"]] == [made["id"]]


@pytest.mark.parametrize(("language", "words"), [("en", "The file of this document"), ("ko", "이 문서의 파일")])
def test_a_document_whose_file_is_gone_says_so_and_keeps_its_row(api: Any, user, language: str, words: str) -> None:
    client = api(user)
    made = client.post("/api/documents/", {"text": "for good"}, format="json").json()
    address = f"/api/documents/{made['id']}/"
    files.path_of(Document.objects.get()).unlink()
    answer = client.get(f"{address}file/", headers={"Accept-Language": language})
    assert (answer.status_code, answer.json()["code"]) == (404, "document_file_gone")
    assert answer.json()["detail"].startswith(words)
    assert client.get(address).status_code == 200
