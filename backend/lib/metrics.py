"""What this process counts of itself, for GET /metrics. Names and meanings follow vLLM's where it has the same thing.

Labels are models, engines, methods, statuses and stable codes: never an id, a name or a word of a user. Any thread.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from backend.lib.buckets import LONG_S, SHORT_S, STEP_S

REGISTRY = CollectorRegistry()
ENGINE_LABELS = ("model", "engine")

TOKENS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)


def value_of(gauge: Gauge) -> float:
    """Of one without labels."""
    return next(iter(gauge.collect())).samples[0].value


def _histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
    return Histogram(name, text, ENGINE_LABELS, buckets=buckets, registry=REGISTRY)


time_to_first_token = _histogram(
    "maru_time_to_first_token_seconds", "From a request's arrival in the engine to its first token", SHORT_S
)
inter_token_latency = _histogram(
    "maru_inter_token_latency_seconds", "Between two tokens of a reply, as they reach this process", STEP_S
)
queue_time = _histogram("maru_request_queue_time_seconds", "From a request's arrival to its slot", LONG_S)
prefill_time = _histogram("maru_request_prefill_time_seconds", "From its slot to its first token", LONG_S)
decode_time = _histogram("maru_request_decode_time_seconds", "From its first token to its last", LONG_S)
inference_time = _histogram("maru_request_inference_time_seconds", "From its slot to its last token", LONG_S)
time_per_output_token = _histogram(
    "maru_request_time_per_output_token_seconds", "Decode time of a request over its tokens after the first", STEP_S
)
e2e_latency = _histogram("maru_e2e_request_latency_seconds", "From a request's arrival to its last token", LONG_S)

request_prompt_tokens = _histogram("maru_request_prompt_tokens", "Tokens of a request's prompt", TOKENS)
request_generation_tokens = _histogram("maru_request_generation_tokens", "Tokens of a request's answer", TOKENS)

prompt_tokens = Counter("maru_prompt_tokens", "Tokens of prompts", ENGINE_LABELS, registry=REGISTRY)
queried_tokens = Counter(
    "maru_prefix_cache_queries",
    "Tokens of prompts that were looked for in the KV cache",
    ENGINE_LABELS,
    registry=REGISTRY,
)
cached_tokens = Counter(
    "maru_prefix_cache_hits", "Tokens of prompts whose KV was there already", ENGINE_LABELS, registry=REGISTRY
)
generation_tokens = Counter("maru_generation_tokens", "Tokens written", ENGINE_LABELS, registry=REGISTRY)
requests_ended = Counter(
    "maru_request_success", "Requests that came to their end", (*ENGINE_LABELS, "finished_reason"), registry=REGISTRY
)
requests_failed = Counter("maru_request_failed", "Requests that ended in an error", ("code",), registry=REGISTRY)

http_requests = Counter("maru_http_requests", "HTTP requests answered", ("method", "status"), registry=REGISTRY)
sockets = Gauge("maru_sockets", "WebSockets that are open", registry=REGISTRY)
live_turns = Gauge("maru_live_turns", "Replies that are being made by this process", registry=REGISTRY)
journal_lag = Gauge(
    "maru_journal_lag_seconds", "How long the last text took to become durable, or has waited for it", registry=REGISTRY
)
