"""GET /metrics: what Prometheus scrapes. Open on a machine that only itself can reach; else for staff, by token or key.

What this process counted lies in lib/metrics.py; what the engines measured is asked of them here, at each scrape.
"""

from __future__ import annotations

from collections.abc import Iterable

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from rest_framework.request import Request

from backend.accounts.authentication import BearerAuthentication
from backend.chat.turns import get_turns
from backend.lib import metrics
from backend.lib.api_errors import headers_of
from backend.lib.errors import AppError, Forbidden, NotAuthenticated
from backend.lib.safe_only import safe_only
from backend.llm.types import EngineStats
from backend.ops.engines import engine_stats

# Name, text, and the field of EngineStats.
GAUGES = (
    ("maru_num_requests_running", "Requests that hold a slot", "n_running"),
    ("maru_num_requests_waiting", "Requests in the queue", "n_queued"),
    ("maru_slots", "Replies that may be made at the same time", "n_slots"),
    ("maru_slots_used", "Slots that a reply holds", "n_slots_used"),
    ("maru_kv_cells", "Tokens that the KV cache can hold", "kv_cells"),
    ("maru_kv_cells_used", "Tokens that the KV cache holds", "kv_cells_used"),
    ("maru_saved_conversations", "Conversations whose KV lies in RAM", "saved_conversations"),
    ("maru_saved_bytes", "What they take", "saved_bytes"),
    ("maru_saved_bytes_max", "What they may take", "saved_bytes_max"),
    ("maru_engine_restarts", "How often engines had to be started again", "restarts"),
    ("maru_engine_resident_memory_bytes", "Memory of the engine process", "rss_bytes"),
    ("maru_engine_resident_memory_max_bytes", "What it may become", "rss_bytes_max"),
    ("maru_engine_uptime_seconds", "Since the engine process began", "uptime_s"),
    ("maru_engine_tokens_per_second", "Tokens of all replies together, by the last steps", "tokens_per_second"),
)
# What engines count themselves.
COUNTERS = (
    ("maru_num_preemptions", "Replies that gave their slot up and went on later", "preemptions_total"),
    ("maru_spec_decode_num_draft_tokens", "Tokens guessed ahead", "draft_tokens_total"),
    ("maru_spec_decode_num_accepted_tokens", "Of those, the ones that were right", "accepted_tokens_total"),
    ("maru_kv_restores", "Conversations that came back from RAM", "restores_total"),
)


class _Engines(Collector):
    """The figures of one scrape: (model, engine) → stats."""

    def __init__(self, stats: dict[tuple[str, str], EngineStats]) -> None:
        self._stats = stats

    def collect(self) -> Iterable[Metric]:
        for name, text, field in COUNTERS:
            counted = CounterMetricFamily(name, text, labels=metrics.ENGINE_LABELS)
            for labels, stats in self._stats.items():
                counted.add_metric(labels, getattr(stats, field))
            yield counted
        for name, text, field in GAUGES:
            family = GaugeMetricFamily(name, text, labels=metrics.ENGINE_LABELS)
            for labels, stats in self._stats.items():
                if (value := getattr(stats, field)) is not None:
                    family.add_metric(labels, value)
            yield family
        usage = GaugeMetricFamily(
            "maru_kv_cache_usage_perc", "Part of the KV cache that is used, 0 to 1", labels=metrics.ENGINE_LABELS
        )
        ready = GaugeMetricFamily("maru_engine_up", "1 when the engine is ready", labels=metrics.ENGINE_LABELS)
        for labels, stats in self._stats.items():
            if stats.kv_cells:
                usage.add_metric(labels, stats.kv_cells_used / stats.kv_cells)
            ready.add_metric(labels, float(stats.state == "ready"))
        yield usage
        yield ready


@safe_only
async def scrape(request: HttpRequest) -> HttpResponse:
    try:
        if not settings.MARU.is_loopback:
            await sync_to_async(_check_staff)(request)
    except AppError as error:
        return JsonResponse(error.as_dict(), status=error.http_status, headers=headers_of(error))
    metrics.live_turns.set(get_turns().n_live)
    registry = CollectorRegistry()
    stats = await engine_stats()
    registry.register(_Engines({(model, engine): one for engine, model, one in stats}))
    body = generate_latest(metrics.REGISTRY) + generate_latest(registry)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _check_staff(request: HttpRequest) -> None:
    """Raises NotAuthenticated, Forbidden, ScopeMissing."""
    found = BearerAuthentication().authenticate(Request(request))
    if found is None:
        raise NotAuthenticated()
    if not found[0].is_staff:
        raise Forbidden()
