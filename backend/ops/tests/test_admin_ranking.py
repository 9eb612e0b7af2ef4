"""The ranking: what counts, by language, in figures only."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.chat.models import ChatSession, Comparison

pytestmark = pytest.mark.django_db


def cast(user: User, verdict: str, n: int = 1, **more: Any) -> ChatSession:
    session = ChatSession.objects.create(user=user, title="secret title")
    known = {
        "session": session,
        "is_blind": True,
        "model_a": "jay",
        "model_b": "owl",
        "language": "en",
        "verdict": verdict,
    }
    Comparison.objects.bulk_create([Comparison(**{**known, **more}) for _ in range(n)])
    return session


def test_it_works(api: Any, staff: User, user: User, outsider: User) -> None:
    cast(user, "a", 12)
    cast(outsider, "b", 3)
    cast(outsider, "b", 1, model_a="owl", model_b="jay")  # jay on the other side
    cast(user, "tie", 2)
    cast(user, "both_bad", 1)
    cast(user, "skipped", 5)
    cast(user, "", 7)
    cast(user, "b", 4, is_blind=False)
    found = api(staff).get("/api/admin/ranking/").json()
    counted = ("n_votes", "n_voters", "n_both_bad", "n_not_blind", "n_skipped", "n_left_out")
    assert [found[name] for name in counted] == [19, 2, 1, 4, 5, 0]
    jay, owl = found["models"]
    assert (jay["model"], jay["n_votes"], jay["n_won"], jay["n_tied"], jay["n_lost"]) == ("jay", 19, 13, 3, 3)
    assert jay["low"] < jay["rating"] < jay["high"]
    assert (jay["rank"], owl["rank"], jay["rating"] + owl["rating"]) == (1, 2, 2000)
    assert found["pairs"] == [{"model": "jay", "other": "owl", "n_won": 13, "n_tied": 3, "n_lost": 3}]


def test_only_of_a_language(api: Any, staff: User, user: User) -> None:
    cast(user, "a", 2)
    cast(user, "b", 3, language="ko")
    client = api(staff)
    assert client.get("/api/admin/ranking/?language=ko").json()["n_votes"] == 3
    assert client.get("/api/admin/ranking/?language=fr").json()["code"] == "bad_input"


def test_what_is_deleted_does_not_count(api: Any, staff: User, user: User, outsider: User) -> None:
    session = cast(user, "a", 2)
    cast(outsider, "a", 1)
    ChatSession.objects.filter(pk=session.pk).update(deleted_at=timezone.now())
    outsider.delete()
    found = api(staff).get("/api/admin/ranking/").json()
    assert (found["n_votes"], found["models"], found["pairs"]) == (0, [], [])


def test_as_csv(api: Any, staff: User, user: User) -> None:
    cast(user, "a", 2, model_a="=jay")
    answer = api(staff).get("/api/admin/ranking/export/")
    assert "maru-ranking.csv" in answer["Content-Disposition"]
    head, jay, owl = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert dict(zip(head, jay, strict=True)) | {"rating": ""} == {
        "rank": "1", "model": "'=jay", "rating": "", "low": "", "high": "", "group": "0",
        "n_votes": "2", "n_won": "2", "n_tied": "0", "n_lost": "0",
    }  # fmt: skip
    assert owl[1] == "owl"


def test_for_staff_only(api: Any, user: User) -> None:
    for address in ("ranking/", "ranking/export/"):
        assert api(user).get(f"/api/admin/{address}").status_code == 403
