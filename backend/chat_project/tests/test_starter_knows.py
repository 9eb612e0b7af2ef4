"""The built-in model in a whole house, offline: it knows what was told in another chat until that is forgotten, and answers
from PDFs with the number of the passage. Greedy, everyday wordings; how often it is right: models/starter/README.md.
"""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.chat_project.tests.running import Running, environment, serving
from backend.memory.tests import made_files

PATIENCE_S = 60

TOLD = [
    ("My name is Torvel.", "What is my name?", "Torvel"),
    ("제 이름은 도람슬이에요.", "제 이름이 뭐예요?", "도람슬"),
]
PAPERS = [
    (["The Orla museum opens at nine.", "A ticket for the Orla museum costs 40 euros."],
     "How much is a ticket for the Orla museum?", "40 euros"),
    (["열람실은 아홉 시에 문을 엽니다.", "주차 이용료는 한 달에 4만 원입니다."], "주차 이용료는 얼마인가요?", "4만 원"),
]  # fmt: skip


class Reader:
    """One user of the house, who speaks through REST."""

    def __init__(self, running: Running, name: str) -> None:
        self.running, self.token = running, running.sign_up(name)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.running.request(method, path, body, self.token)
        assert status < 300, answer
        return answer

    def until(self, path: str, field: str, *values: str) -> Any:
        deadline_s = time.monotonic() + PATIENCE_S
        while (row := self.send("GET", path))[field] not in values:
            assert time.monotonic() < deadline_s, row
            time.sleep(0.1)
        return row

    def ask(self, text: str, *documents: int) -> Any:
        """The finished reply, in a chat of its own. A busy machine may miss recall's budget, and says so: then another."""
        deadline_s = time.monotonic() + PATIENCE_S
        while (reply := self._asked(text, documents))["metadata"]["recall_timed_out"]:
            assert time.monotonic() < deadline_s, reply
        return reply

    def _asked(self, text: str, documents: tuple[int, ...]) -> Any:
        session = self.send("POST", "/api/sessions/", {})["id"]
        self.send("PATCH", f"/api/sessions/{session}/config/", {"temperature": 0, "document_ids": documents})
        self.send("POST", f"/api/sessions/{session}/messages/", {"content": text})
        *_, reply = self.send("GET", f"/api/sessions/{session}/messages/")["results"]
        return self.until(f"/api/messages/{reply['id']}/", "status", "complete", "failed")

    def upload(self, data: bytes) -> int:
        bound = uuid.uuid4().hex
        disposition = 'Content-Disposition: form-data; name="file"; filename="a.pdf"'
        head = f"--{bound}\r\n{disposition}\r\nContent-Type: application/pdf\r\n\r\n"
        request = urllib.request.Request(
            f"{self.running.url}/api/documents/", head.encode() + data + f"\r\n--{bound}--\r\n".encode()
        )
        request.add_header("Content-Type", f"multipart/form-data; boundary={bound}")
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            document = json.load(answer)["id"]
        self.until(f"/api/documents/{document}/", "status", "ready")
        return int(document)


@pytest.fixture(scope="module")
def house(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = shutil.copytree(migrated, tmp_path_factory.mktemp("starter") / "data")
    with serving(environment(folder, ENGINES="", MODEL_PATH="", MODELS_DIR=str(folder / "no-models"))) as running:
        yield running


@pytest.mark.parametrize(("fact", "question", "known"), TOLD)
def test_what_was_told_in_another_chat_is_known_until_it_is_forgotten(
    house: Running, fact: str, question: str, known: str
) -> None:
    reader = Reader(house, f"told{uuid.uuid4().hex[:8]}")
    reader.ask(fact)
    deadline_s = time.monotonic() + PATIENCE_S
    while known not in (reply := reader.ask(question))["content"]:  # until its vector is there
        assert time.monotonic() < deadline_s, reply
    assert reply["memories_used"] > 0
    while memories := reader.send("GET", "/api/memories/")["results"]:
        for memory in memories:
            reader.send("DELETE", f"/api/memories/{memory['id']}/")
    assert known not in reader.ask(question)["content"]
    titles = {session["title"] for session in reader.send("GET", "/api/sessions/")["results"]}
    assert titles == {fact, question}, "its first words"


@pytest.mark.parametrize(("pages", "question", "answer"), PAPERS)
def test_a_pdf_is_answered_from_with_its_passage(house: Running, pages: list[str], question: str, answer: str) -> None:
    reader = Reader(house, f"papers{uuid.uuid4().hex[:8]}")
    document = reader.upload(made_files.pdf(*[[page] for page in pages]))
    reply = reader.ask(question, document)
    assert answer in reply["content"]
    assert [(each["n"], each["document"]) for each in reply["citations"]] == [(1, document)]
    opened = reader.send("GET", f"/api/documents/{document}/passages/?chunk={reply['citations'][0]['chunk']}")
    assert answer in "".join(each["text"] for each in opened["results"])
