"""What Prometheus scrapes: figures, names of models and codes, and no word of anybody."""

from __future__ import annotations

import dataclasses

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from backend.accounts.credentials import new_key
from backend.accounts.models import ApiKey
from backend.llm.echo import EchoLLM
from backend.llm.errors import QueueFull
from backend.llm.observing import observed
from backend.llm.service import use_service
from backend.llm.tests.asking import ask

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "비밀 이야기"


@pytest.fixture(autouse=True)
def echo():
    service = EchoLLM(n_tokens=7, rate=0)
    use_service(service)
    return service


def samples(client, **headers):
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


async def drained(service, request):
    try:
        return [event async for event in observed(request, service.stream(request))]
    except QueueFull:
        return None


def value(found, name, **labels):
    return found.get((name, *sorted(labels.items())), 0.0)


async def test_it_works(async_client, echo):
    async def scraped():
        answer = await async_client.get("/metrics")
        families = text_string_to_metric_families(answer.content.decode())
        return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}

    before = await scraped()
    await drained(echo, ask(SECRET, user=SECRET, request_id=SECRET))
    echo.fail_next(QueueFull(retry_after_s=1))
    await drained(echo, ask(SECRET))
    after = await scraped()

    def grown(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    of = {"model": "echo", "engine": "echo"}
    assert grown("maru_generation_tokens_total", **of) == 7
    assert grown("maru_request_success_total", finished_reason="stop", **of) == 1
    assert grown("maru_request_failed_total", code="queue_full") == 1
    for name in ("time_to_first_token", "request_queue_time", "request_prefill_time", "e2e_request_latency"):
        assert grown(f"maru_{name}_seconds_count", **of) == 1
    assert grown("maru_inter_token_latency_seconds_count", **of) == 6
    assert grown("maru_request_time_per_output_token_seconds_count", **of) == 1
    assert grown("maru_request_generation_tokens_sum", **of) == 7
    assert grown("maru_prefix_cache_queries_total", **of) == grown("maru_prompt_tokens_total", **of)
    assert ("maru_spec_decode_num_draft_tokens_total", ("engine", "echo"), ("model", "")) in after
    assert value(after, "maru_engine_up", model="", engine="echo") == 1
    assert ("maru_sockets",) in after
    assert ("maru_live_turns",) in after
    assert ("maru_journal_lag_seconds",) in after
    assert not any(SECRET in str(key) for key in after)


def test_beyond_loopback_it_is_for_staff(settings, client, user, staff):
    settings.MARU = dataclasses.replace(settings.MARU, host="0.0.0.0")
    assert client.get("/metrics").status_code == 401
    for who, status in ((user, 403), (staff, 200)):
        text, digest = new_key()
        ApiKey.objects.create(user=who, name="x", scopes=["read"], digest=digest, start=text[:12])
        asked = APIClient().get("/metrics", HTTP_AUTHORIZATION=f"Bearer {text}")
        assert asked.status_code == status
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer maru-nonsense").status_code == 401
    assert client.post("/metrics").status_code == 405
