"""The system pages: measured values, for staff, without an address or a word of anybody."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from backend.llm import running
from backend.llm.echo import EchoLLM
from backend.llm.errors import QueueFull
from backend.llm.service import use_service
from backend.llm.tests.asking import answer, ask
from backend.llm.tests.test_fleet import fleet_of
from backend.ops.live.sampler import use_sampler

INFO, PERFORMANCE = "/api/system/info/", "/api/system/performance/"
SECRET = "비밀 이야기"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house(monkeypatch):
    monkeypatch.setattr(running, "_running", running.Running())
    echo = EchoLLM(n_tokens=7, rate=0)
    fleet = fleet_of(echo)
    use_service(fleet)
    use_sampler(None)
    yield echo, fleet
    use_service(None)


def test_it_works(api, staff, house):
    echo, fleet = house

    async def three():
        await answer(fleet, ask(SECRET))
        await answer(fleet, ask(SECRET))
        echo.fail_next(QueueFull(retry_after_s=1))
        with pytest.raises(QueueFull):
            await answer(fleet, ask(SECRET))

    async_to_sync(three)()
    body = api(staff).get(PERFORMANCE).json()
    assert (body["total_requests"], body["success_rate"], body["tokens_total"]) == (3, 66.7, 14)
    assert (body["max_concurrent"], body["running"]) == (1, 0)
    assert body["avg_response_time"] is not None
    for name in ("ttft_ms", "itl_ms", "queue_ms"):
        assert body[name]["p50"] <= body[name]["p95"] <= body[name]["p99"]
    assert SECRET not in json.dumps(body, ensure_ascii=False)


def test_before_the_first_request_nothing_is_made_up(api, staff):
    body = api(staff).get(PERFORMANCE).json()
    assert body["total_requests"] == 0
    assert body["avg_response_time"] is body["success_rate"] is body["ttft_ms"]["p99"] is None


def test_the_host_the_process_and_the_engines_are_told(api, staff):
    body = api(staff).get(INFO).json()
    assert body["host"]["n_cpus"] >= 1
    assert 0 < body["host"]["memory_used_bytes"] <= body["host"]["memory_total_bytes"]
    assert body["process"]["n_threads"] >= 1
    assert body["process"]["rss_bytes"] > 1_000_000
    assert [engine["name"] for engine in body["engines"]] == ["a"]
    assert body["stores"]["database"] in ("sqlite", "postgresql")
    assert str(settings.MARU.data_dir) not in json.dumps(body)


@pytest.mark.parametrize("path", [INFO, PERFORMANCE])
def test_they_are_for_staff(api, user, path):
    assert api().get(path).status_code == 401
    assert api(user).get(path).status_code == 403
    assert api(user).post(path).status_code in (403, 405)
