"""Statistics equal what a plain count of the rows says, and a spreadsheet runs nothing of what users named."""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.lib import clock
from backend.ops.statistics import MAX_DAYS
from backend.personas.models import Persona

STATISTICS = "/api/admin/statistics/"
pytestmark = pytest.mark.django_db


def exchange(session: ChatSession, days_ago: float = 0, ttft_ms: float | None = 100.0, **reply: Any) -> Message:
    """A question and its reply, so long ago."""
    at = clock.now() - timedelta(days=days_ago)
    question = Message.objects.create(session=session, role="user", content="비밀", timestamp=at)
    reply = {"model": "tiny", "processing_time": 1.5, "status": "complete", **reply}
    made = Message.objects.create(session=session, role="assistant", parent=question, timestamp=at, **reply)
    MessageMetadata.objects.create(
        message=made, prompt_tokens=10, completion_tokens=5, ttft_ms=ttft_ms, queue_ms=ttft_ms and ttft_ms / 10
    )
    return made


@pytest.fixture
def session(user: User) -> ChatSession:
    return ChatSession.objects.create(user=user)


def asked(api, staff, **query: Any) -> dict[str, Any]:
    response = api(staff).get(STATISTICS, query)
    assert response.status_code == 200, response.content
    return response.json()


def test_it_works(api, staff, session, outsider):
    exchange(session, feedback=1)
    exchange(session, days_ago=1, feedback=-1)
    exchange(ChatSession.objects.create(user=outsider), days_ago=1, status="failed")
    body = asked(api, staff, days=3)
    assert [row["replies"] for row in body["rows"]] == [0, 2, 1]
    assert [row["users"] for row in body["rows"]] == [0, 2, 1]
    total = body["total"]
    assert (total["messages"], total["replies"], total["failed"], total["users"]) == (3, 3, 1, 2)
    assert (total["up"], total["down"]) == (1, 1)
    assert (total["prompt_tokens"], total["completion_tokens"]) == (30, 15)
    assert (total["ttft_ms_p50"], total["total_ms_p99"]) == (100.0, 1500.0)
    assert body["rows"][0]["ttft_ms_p50"] is None
    assert "비밀" not in str(body)


@pytest.mark.parametrize("n", [1, 2, 7, 20, 99, 101, 250])
def test_percentiles_are_those_of_the_nearest_rank(api, staff, session, n):
    values = [float((37 * k) % n + 1) for k in range(n)]
    for value in values:
        exchange(session, ttft_ms=value)
    total = asked(api, staff)["total"]
    for percent in (50, 95, 99):
        assert total[f"ttft_ms_p{percent}"] == sorted(values)[math.ceil(n * percent / 100) - 1]


def test_by_model_and_by_persona(api, staff, session, user):
    poet = Persona.objects.create(name="시인")
    exchange(session, model="big", ttft_ms=300.0)
    exchange(session, model="tiny", ttft_ms=None)
    exchange(ChatSession.objects.create(user=user, persona=poet), model="tiny")
    by_model = {row["group"]: row for row in asked(api, staff, by="model")["rows"]}
    assert (by_model["tiny"]["replies"], by_model["big"]["replies"]) == (2, 1)
    assert (by_model["tiny"]["ttft_ms_p95"], by_model["big"]["ttft_ms_p95"]) == (100.0, 300.0)
    by_persona = {row["group"]: row for row in asked(api, staff, by="persona")["rows"]}
    assert (by_persona["시인"]["messages"], by_persona[""]["messages"]) == (1, 2)


def test_what_a_user_calls_his_own_persona_is_told_to_nobody(api, staff, user):
    mine = Persona.objects.create(owner=user, name="비밀")
    exchange(ChatSession.objects.create(user=user, persona=mine))
    exchange(ChatSession.objects.create(user=user))
    found = asked(api, staff, by="persona")
    assert "비밀" not in str(found)
    assert [(row["group"], row["messages"], row["ttft_ms_p50"]) for row in found["rows"]] == [("", 2, 100.0)]
    assert "비밀" not in api(staff).get(f"{STATISTICS}export/", {"by": "persona"}).content.decode()


def test_days_are_those_of_the_time_zone(api, staff, session, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 2, 3, 0, tzinfo=UTC))
    exchange(session, days_ago=11.5 / 24)  # 15:30 UTC of March 1st, past midnight in Seoul
    seoul = asked(api, staff, days=2, tz="Asia/Seoul")["rows"]
    utc = asked(api, staff, days=2)["rows"]
    assert [(row["group"], row["replies"]) for row in seoul] == [("2026-03-01", 0), ("2026-03-02", 1)]
    assert [(row["group"], row["replies"]) for row in utc] == [("2026-03-01", 1), ("2026-03-02", 0)]


def test_what_was_deleted_is_not_counted(api, staff, session):
    exchange(session)
    ChatSession.with_deleted.filter(pk=session.pk).update(deleted_at=clock.now())
    assert asked(api, staff)["total"]["replies"] == 0


def test_the_number_of_queries_is_bounded(api, staff, session):
    exchange(session)
    for by in ("day", "model", "persona"):
        with CaptureQueriesContext(connection) as queries:
            asked(api, staff, by=by, days=MAX_DAYS)
        assert len(queries) == 8


def test_a_spreadsheet_runs_nothing(api, staff, user):
    persona = Persona.objects.create(name='=HYPERLINK("https://evil.example","x")')
    exchange(ChatSession.objects.create(user=user, persona=persona))
    exchange(ChatSession.objects.create(user=user), model="@SUM(A1)")
    for by, cell in (("persona", "'=HYPERLINK"), ("model", "'@SUM")):
        response = api(staff).get(f"{STATISTICS}export/", {"by": by})
        text = response.content.decode("utf-8-sig")
        heading, *rows = csv.reader(io.StringIO(text))
        assert heading[:2] == [by, "messages"]
        assert any(row[0].startswith(cell) for row in rows)
        assert not any(value[:1] in "=+-@\t" for row in rows for value in row if value)
    assert "attachment" in response["Content-Disposition"]


@pytest.mark.parametrize(
    ("query", "field"),
    [({"days": "0"}, "days"), ({"days": "367"}, "days"), ({"days": "x"}, "days"), ({"by": "user"}, "by"), ({"tz": "Mars"}, "tz")],
)  # fmt: skip
def test_a_range_that_cannot_be_is_named(api, staff, query, field):
    for path in (STATISTICS, f"{STATISTICS}export/"):
        response = api(staff).get(path, query)
        assert (response.status_code, list(response.json()["fields"])) == (400, [field])


def test_they_are_for_staff(api, user):
    assert api(user).get(STATISTICS).status_code == 403
    assert api().get(f"{STATISTICS}export/").status_code == 401
