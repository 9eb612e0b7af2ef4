"""One user's haste is bounded, each kind of request by itself, and nobody else pays for it."""

from __future__ import annotations

from typing import Any

import pytest

from backend.accounts.models import User
from backend.lib.throttles import PerUser

pytestmark = pytest.mark.django_db


def test_it_works(api: Any, user: User, outsider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PerUser.RATES, "search", "2/min")
    answers = [api(user).get("/api/search/?q=x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refusal = answers[-1].json()
    assert (refusal["code"], refusal["retryable"]) == ("too_many_requests", True)
    assert 0 < refusal["retry_after_s"] <= 60
    assert answers[-1].headers["Retry-After"] == str(refusal["retry_after_s"])
    assert api(user).get("/api/sessions/").status_code == 200
    assert api(outsider).get("/api/search/?q=x").status_code == 200


def test_reads_and_writes_are_counted_apart(api: Any, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PerUser.RATES, "write", "1/min")
    client = api(user)
    assert [client.put("/api/sessions/1/", {}, format="json").status_code for _ in range(2)] == [404, 429]
    assert client.get("/api/sessions/").status_code == 200
