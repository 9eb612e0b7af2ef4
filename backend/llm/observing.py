"""Counts what a stream of an engine tells, on its way to whoever asked. Knows no engine and changes nothing.

What is counted lies in lib/metrics.py (for Prometheus) and in running.py (for staff, live).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from prometheus_client import Histogram

from backend.lib import metrics
from backend.lib.clock import monotonic_s
from backend.lib.errors import AppError
from backend.llm.running import get_running
from backend.llm.types import Delta, Finished, GenerateRequest, Started, StreamEvent


async def observed(request: GenerateRequest, events: AsyncGenerator[StreamEvent]) -> AsyncGenerator[StreamEvent]:
    """The same events. Owns `events`: closing this closes them."""
    gaps: Histogram | None = None  # of this model and engine
    last_s: float | None = None
    with get_running().entered(request) as generation:
        try:
            async for event in events:
                generation.take(event)
                if isinstance(event, Started):
                    gaps, last_s = metrics.inter_token_latency.labels(event.model, event.engine), None
                elif isinstance(event, Delta) and gaps is not None:
                    last_s = _observe_delta(gaps, event, last_s)
                elif isinstance(event, Finished):
                    _observe_end(event)
                yield event
        except AppError as error:
            metrics.requests_failed.labels(error.code).inc()
            get_running().figures.n_failed += 1
            raise
        finally:
            await events.aclose()


def _observe_delta(gaps: Histogram, delta: Delta, last_s: float | None) -> float | None:
    """Deltas of a reader that lags are merged: their tokens share the time between them."""
    if not delta.n_tokens:
        return last_s
    now_s = monotonic_s()
    figures = get_running().figures
    figures.n_tokens += delta.n_tokens
    if last_s is not None:
        figures.itl.add((now_s - last_s) * 1000 / delta.n_tokens, delta.n_tokens)
        for _ in range(min(delta.n_tokens, 64)):
            gaps.observe((now_s - last_s) / delta.n_tokens)
    return now_s


def _observe_end(end: Finished) -> None:
    get_running().figures.ended(end)
    labels, timings = (end.model, end.engine), end.timings
    metrics.time_to_first_token.labels(*labels).observe(timings.ttft_ms / 1000)
    metrics.queue_time.labels(*labels).observe(timings.queue_ms / 1000)
    metrics.prefill_time.labels(*labels).observe(timings.prefill_ms / 1000)
    metrics.decode_time.labels(*labels).observe(timings.decode_ms / 1000)
    metrics.e2e_latency.labels(*labels).observe(timings.e2e_ms / 1000)
    metrics.inference_time.labels(*labels).observe((timings.prefill_ms + timings.decode_ms) / 1000)
    if end.completion_tokens > 1:
        each_ms = timings.decode_ms / (end.completion_tokens - 1)
        metrics.time_per_output_token.labels(*labels).observe(each_ms / 1000)
    metrics.request_prompt_tokens.labels(*labels).observe(end.prompt_tokens)
    metrics.request_generation_tokens.labels(*labels).observe(end.completion_tokens)
    metrics.queried_tokens.labels(*labels).inc(end.prompt_tokens)
    metrics.prompt_tokens.labels(*labels).inc(end.prompt_tokens)
    metrics.cached_tokens.labels(*labels).inc(end.cached_tokens)
    metrics.generation_tokens.labels(*labels).inc(end.completion_tokens)
    metrics.requests_ended.labels(*labels, end.finish_reason).inc()
