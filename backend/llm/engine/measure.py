"""Measured figures: bounded reservoirs of durations and the percentiles of them.

Owned by whoever holds the object (one thread). Never invents a value: without a sample the answer is None.
"""

from __future__ import annotations

from collections import deque

N_SAMPLES_KEPT = 1024


class Durations:
    """The last `N_SAMPLES_KEPT` durations in milliseconds."""

    def __init__(self, n_kept: int = N_SAMPLES_KEPT) -> None:
        self._samples: deque[float] = deque(maxlen=n_kept)

    def add(self, duration_ms: float) -> None:
        self._samples.append(duration_ms)

    def percentile(self, percent: float) -> float | None:
        """Nearest-rank percentile, None while empty."""
        if not self._samples:
            return None
        ordered = sorted(self._samples)
        rank = max(1, -(-len(ordered) * percent // 100))
        return round(ordered[int(rank) - 1], 3)

    def mean(self) -> float | None:
        return sum(self._samples) / len(self._samples) if self._samples else None
