"""Measured figures: durations, their percentiles and their histograms.

Owned by whoever holds the object (one thread). Never invents a value: without a sample the answer is None. Names and
definitions are vLLM's (docs/design/metrics.md there).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from backend.lib.buckets import LONG_S, SHORT_S, STEP_S
from backend.llm.types import Histogram, Timings

N_SAMPLES_KEPT = 1024
PERCENTS = (50, 95, 99)


class Durations:
    """Of all durations a histogram, and the last `N_SAMPLES_KEPT` of them in milliseconds."""

    def __init__(self, n_kept: int = N_SAMPLES_KEPT, bounds_s: tuple[float, ...] = LONG_S) -> None:
        self._samples: deque[float] = deque(maxlen=n_kept)
        self._bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self._sum_ms = 0.0

    def add(self, duration_ms: float) -> None:
        self._samples.append(duration_ms)
        self._counts[bisect_left(self._bounds_s, duration_ms / 1000)] += 1
        self._sum_ms += duration_ms

    def percentile(self, percent: float) -> float | None:
        """Nearest-rank percentile, None while empty."""
        if not self._samples:
            return None
        ordered = sorted(self._samples)
        rank = max(1, -(-len(ordered) * percent // 100))
        return round(ordered[int(rank) - 1], 3)

    def mean(self) -> float | None:
        return sum(self._samples) / len(self._samples) if self._samples else None

    def histogram(self) -> Histogram:
        return Histogram(self._bounds_s, tuple(self._counts), round(self._sum_ms / 1000, 6))


_short = partial(Durations, bounds_s=SHORT_S)
_step = partial(Durations, bounds_s=STEP_S)


@dataclass(slots=True)
class Latencies:
    """Milliseconds. Queue: arrival to slot; prefill: slot to first token; ttft: arrival to first token; itl: from one
    arrival of tokens to the next; decode: first token to last; e2e: arrival to last."""

    queue: Durations = field(default_factory=Durations)
    prefill: Durations = field(default_factory=Durations)
    ttft: Durations = field(default_factory=_short)
    itl: Durations = field(default_factory=_step)
    decode: Durations = field(default_factory=Durations)
    e2e: Durations = field(default_factory=Durations)

    def ended(self, timings: Timings) -> None:
        """Of an answer that came to its end: what is known only then."""
        self.decode.add(timings.decode_ms)
        self.e2e.add(timings.e2e_ms)

    def whole(self, timings: Timings) -> None:
        """Of an answer of which nothing was added while it came."""
        self.queue.add(timings.queue_ms)
        self.prefill.add(timings.prefill_ms)
        self.ttft.add(timings.ttft_ms)
        if timings.tokens_per_second:
            self.itl.add(1000 / timings.tokens_per_second)
        self.ended(timings)

    def stats(self) -> dict[str, Any]:
        """Fields of EngineStats."""
        told = {"queue": self.queue, "prefill": self.prefill, "ttft": self.ttft, "itl": self.itl, "e2e": self.e2e}
        percentiles = {
            f"{name}_ms_p{percent}": durations.percentile(percent)
            for name, durations in told.items()
            for percent in PERCENTS
        }
        return {**percentiles, "histograms": self.histograms()}

    def histograms(self) -> dict[str, Histogram]:
        return {
            "request_queue_time_seconds": self.queue.histogram(),
            "request_prefill_time_seconds": self.prefill.histogram(),
            "time_to_first_token_seconds": self.ttft.histogram(),
            "inter_token_latency_seconds": self.itl.histogram(),
            "request_decode_time_seconds": self.decode.histogram(),
            "e2e_request_latency_seconds": self.e2e.histogram(),
        }


def histogram_of(raw: dict[str, Any]) -> Histogram:
    """From the wire."""
    return Histogram(tuple(raw["bounds_s"]), tuple(raw["counts"]), raw["sum_s"])


def on_the_wire(stats: dict[str, Any]) -> dict[str, Any]:
    """The same, of plain values."""
    return {**stats, "histograms": {name: asdict(one) for name, one in stats["histograms"].items()}}
