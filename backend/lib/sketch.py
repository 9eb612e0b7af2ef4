"""Percentiles of any number of durations in bounded memory: a DDSketch.

Durations fall into buckets whose edges grow by a constant factor, so that a percentile is right within ACCURACY of its value
whatever the distribution (Masson, Rim and Lee, "DDSketch", VLDB 2019). Sketches of neighbouring times add up to that of both,
and a later state of one minus an earlier one is what came between. Owned by whoever holds the object.
"""

from __future__ import annotations

import math
from collections import Counter

ACCURACY = 0.02
_GROWTH = math.log((1 + ACCURACY) / (1 - ACCURACY))
# Below and above, durations count as these: 0.01 ms to 24 h are some 570 buckets at most.
MIN_MS, MAX_MS = 0.01, 86_400_000.0


class Sketch:
    __slots__ = ("_counts", "n", "sum_ms")

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.n = 0
        self.sum_ms = 0.0

    def add(self, duration_ms: float, n: int = 1) -> None:
        """`n` durations of this length. What is no number counts as the shortest."""
        bounded = min(max(duration_ms, MIN_MS), MAX_MS)
        self._counts[math.ceil(math.log(bounded) / _GROWTH)] += n
        self.n += n
        self.sum_ms += bounded * n

    def percentile(self, percent: float) -> float | None:
        """Nearest rank, in milliseconds; None while empty."""
        rank = max(1, math.ceil(self.n * percent / 100))
        for bucket in sorted(self._counts):
            rank -= self._counts[bucket]
            if rank <= 0:
                # As far off either edge, as a part of it: ACCURACY. The geometric middle would be 2.02 % off the lower.
                return round(math.exp(bucket * _GROWTH) * (1 - ACCURACY), 3)
        return None

    def mean(self) -> float | None:
        return self.sum_ms / self.n if self.n else None

    def copy(self) -> Sketch:
        return self.plus(Sketch())

    def plus(self, other: Sketch) -> Sketch:
        both = Sketch()
        both._counts = self._counts + other._counts
        both.n, both.sum_ms = self.n + other.n, self.sum_ms + other.sum_ms
        return both

    def since(self, earlier: Sketch) -> Sketch:
        """What was added to this sketch after it was as `earlier` is."""
        news = Sketch()
        news._counts = self._counts - earlier._counts
        news.n, news.sum_ms = self.n - earlier.n, self.sum_ms - earlier.sum_ms
        return news
