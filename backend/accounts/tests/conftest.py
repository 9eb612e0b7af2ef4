"""Fixtures of the accounts' tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.accounts import logins
from backend.conftest import PASSWORD


@pytest.fixture
def time_machine_travel():
    """`with time_machine_travel(seconds):` everything happens that much later."""

    @contextmanager
    def travel(seconds: float) -> Iterator[None]:
        with time_machine.travel(time.time() + seconds, tick=False):
            yield

    return travel


@pytest.fixture
def sign_in():
    """`sign_in(user)` → (a client with the session cookie, the token of the same login)."""

    def sign(user, **options):
        client = APIClient(raise_request_exception=False, **options)
        answer = client.post("/api/auth/login/", {"username": user.username, "password": PASSWORD})
        assert answer.status_code == 200, answer.content
        return client, answer.json()["token"]

    return sign


@pytest.fixture
def bearer():
    """A client of a program, which sends nothing but its token."""

    def client(token):
        made = APIClient(raise_request_exception=False)
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return made

    return client


@pytest.fixture
def ended(monkeypatch):
    """What sockets were told: [(user id, ids of logins or None)]. The real news still goes to the real layer."""
    told = []
    announce = logins.announce_ended

    async def listen(user_id, login_ids):
        told.append((user_id, login_ids))
        await announce(user_id, login_ids)

    monkeypatch.setattr(logins, "announce_ended", listen)
    return told
