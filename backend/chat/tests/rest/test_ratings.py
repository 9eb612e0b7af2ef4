"""One's ratings come back with what was said before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.chat.schemas import RatingRow

pytestmark = pytest.mark.django_db


def rated(user: User, value: int, n_turns: int = 2) -> Message:
    session = ChatSession.objects.create(user=user)
    message = None
    for n in range(n_turns):
        role = "assistant" if n % 2 else "user"
        message = Message.objects.create(session=session, parent=message, role=role, content=f"말 {n}")
    assert message is not None
    message.feedback, message.feedback_note = value, "좋아요"
    message.save()
    return message


def test_it_works(api: Any, user: User, outsider: User) -> None:
    answer = rated(user, 1, 4)
    rated(outsider, 1)
    rated(user, 0)
    [row] = [RatingRow.model_validate_json(json.dumps(r)) for r in api(user).get("/api/feedback/").json()["results"]]
    assert (row.message, row.value, row.note) == (answer.pk, 1, "좋아요")
    assert [(said.role, said.content) for said in row.messages] == [
        ("user", "말 0"), ("assistant", "말 1"), ("user", "말 2"), ("assistant", "말 3"),
    ]  # fmt: skip


def test_good_and_bad_can_be_asked_for_apart(api: Any, user: User) -> None:
    good, bad = rated(user, 1), rated(user, -1)
    for value, message in ((1, good), (-1, bad)):
        found = api(user).get(f"/api/feedback/?value={value}").json()["results"]
        assert [row["message"] for row in found] == [message.pk]
    assert api(user).get("/api/feedback/?value=0").status_code == 400


def test_pages(api: Any, user: User) -> None:
    ids = [rated(user, 1).pk for _ in range(5)]
    address, seen = "/api/feedback/?limit=2", []
    while address:
        body = api(user).get(address).json()
        seen += [row["message"] for row in body["results"]]
        address = body["next"]
    assert seen == ids[::-1]


def test_the_export_is_a_line_per_answer(api: Any, user: User) -> None:
    rated(user, 1)
    rated(user, -1)
    answer = api(user).get("/api/feedback/export/", headers={"Accept": "application/jsonl"})
    assert answer.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    lines = [json.loads(line) for line in answer.content.decode().splitlines()]
    assert [line["value"] for line in lines] == [-1, 1]
    assert [said["role"] for said in lines[0]["messages"]] == ["user", "assistant"]


def test_the_database_is_asked_twice_however_many(api: Any, user: User) -> None:
    counts = []
    for n in (1, 29):
        for _ in range(n):
            rated(user, 1)
        with CaptureQueriesContext(connection) as queries:
            api(user).get("/api/feedback/")
        counts.append(len(queries))
    assert counts == [2, 2]
