"""Liveness and readiness."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test import Client

from backend.llm import service
from backend.llm.types import EngineStats
from backend.ops import readiness


class Engine:
    """An engine of which only the state is of interest here."""

    def __init__(self, state):
        self.state = state

    async def stats(self):
        return EngineStats(engine="test", state=self.state)


@pytest.fixture(autouse=True)
def not_draining():
    yield
    readiness.set_draining(False)


def test_it_works(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics", "/api/schema/", "/api/docs/"])
def test_what_only_reads_refuses_the_rest_in_the_house_s_words(address):
    for method in ("post", "options", "delete"):
        answer = getattr(Client(enforce_csrf_checks=True), method)(address, HTTP_ACCEPT_LANGUAGE="ko")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
        assert answer.json()["code"] == "method_not_allowed"
        assert method.upper() in answer.json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "status"), [("ready", 200), ("no_model", 200), ("starting", 503), ("down", 503)])
def test_readiness_follows_the_engine_but_a_house_without_a_model_still_serves(client, state, status):
    service.use_service(Engine(state))
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert answer.json()["checks"] == {"server": "ok", "database": "ok", "engine": state}


@pytest.mark.django_db
def test_before_the_engine_is_chosen_it_is_starting(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["engine"]) == (503, "starting")


@pytest.mark.django_db
def test_a_draining_server_is_not_ready_but_alive(client):
    service.use_service(Engine("ready"))
    readiness.set_draining(True)
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json()["checks"]["server"] == "draining"
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_database_that_is_away_is_told(client, monkeypatch):
    from django.db import OperationalError

    def away(*args, **kwargs):
        raise OperationalError("away")

    service.use_service(Engine("ready"))
    monkeypatch.setattr(connections["default"], "cursor", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "down")
