"""One's own figures by day, in one's own time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 25, 1, tzinfo=UTC))


def said(user: User, at: datetime, tokens: int = 0) -> None:
    session = ChatSession.objects.create(user=user)
    question = Message.objects.create(session=session, role="user", content="x", timestamp=at)
    reply = Message.objects.create(session=session, role="assistant", content="y", timestamp=at, parent=question)
    if tokens:
        MessageMetadata.objects.create(message=reply, prompt_tokens=tokens, completion_tokens=2 * tokens)


def test_it_works(api: Callable[..., APIClient], user: User, outsider: User) -> None:
    said(user, datetime(2026, 11, 24, 20, tzinfo=UTC), tokens=10)
    said(user, datetime(2026, 11, 25, 0, tzinfo=UTC))
    said(outsider, datetime(2026, 11, 25, 0, tzinfo=UTC), tokens=999)
    figures = api(user).get("/api/usage/?days=2").json()
    yesterday, today = figures["days"]
    assert (yesterday["day"], yesterday["n_messages"], yesterday["n_replies"]) == ("2026-11-24", 1, 1)
    assert (yesterday["prompt_tokens"], yesterday["completion_tokens"]) == (10, 20)
    assert (today["n_messages"], today["prompt_tokens"]) == (1, 0)


def test_a_greeting_is_no_reply(api: Callable[..., APIClient], user: User) -> None:
    session = ChatSession.objects.create(user=user)
    Message.objects.create(session=session, role="assistant", content="Hello!", timestamp=clock.now())
    assert api(user).get("/api/usage/?days=1").json()["days"][0]["n_replies"] == 0


def test_days_are_those_of_the_time_zone(api: Callable[..., APIClient], user: User) -> None:
    said(user, datetime(2026, 11, 24, 20, tzinfo=UTC))
    figures = api(user).get("/api/usage/?days=2&tz=Asia/Seoul").json()
    assert [(day["day"], day["n_messages"]) for day in figures["days"]] == [("2026-11-24", 0), ("2026-11-25", 1)]


@pytest.mark.parametrize("query", ["days=0", "days=367", "days=x", "tz=Nowhere", "tz=../../etc/passwd"])
def test_bad_questions_are_told(api: Callable[..., APIClient], user: User, query: str) -> None:
    answer = api(user).get(f"/api/usage/?{query}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [query.split("=", maxsplit=1)[0]])
