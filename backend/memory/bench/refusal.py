"""Can a number tell that no passage answers the question? The curve, and what a threshold does where it was not chosen. Pure.

The documents are split into two halves. On one half the highest threshold is chosen that costs no right passage; it is judged on
the other half, and the other way round: a threshold that is judged by the questions it was chosen on looks better than it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
SIGNALS = ("relevance", "cosine", "coverage")


@dataclass(frozen=True)
class Judged:
    """One question: `is_hit` when the right passage is among the first five; the best of its passages by each signal."""

    title: str
    is_answerable: bool
    is_hit: bool
    signals: dict[str, float]

    @property
    def half(self) -> int:
        return zlib.crc32(self.title.encode()) % 2


def recall_kept(some: Sequence[Judged], signal: str, least: float) -> float:
    """R@5 when questions below `least` get no passages."""
    asked = [each for each in some if each.is_answerable]
    return sum(each.is_hit and each.signals[signal] >= least for each in asked) / len(asked)


def refused(some: Sequence[Judged], signal: str, least: float) -> float:
    """Share of the questions without an answer that get none."""
    asked = [each for each in some if not each.is_answerable]
    return sum(each.signals[signal] < least for each in asked) / len(asked)


def chosen(some: Sequence[Judged], signal: str) -> float:
    """The highest threshold that costs no right passage of these questions."""
    return min(each.signals[signal] for each in some if each.is_hit)


def lines(judged: Sequence[Judged]) -> Iterator[str]:
    yield "| best passage's | " + " | ".join(f"≥ {least}" for least in THRESHOLDS) + " |"
    yield "|---" * (len(THRESHOLDS) + 1) + "|"
    ways: tuple[tuple[str, Callable[[Sequence[Judged], str, float], float]], ...] = (
        ("R@5", recall_kept),
        ("refused", refused),
    )
    for signal in SIGNALS:
        for name, way in ways:
            yield f"| {signal}: {name} | " + " | ".join(f"{way(judged, signal, t):.3f}" for t in THRESHOLDS) + " |"
    yield "\n| | chosen on one half | R@5 of the other | with it | refused there, before | with it |\n|---|---|---|---|---|---|"
    halves = [[each for each in judged if each.half == half] for half in (0, 1)]
    for signal in SIGNALS:
        for mine, other in (halves, halves[::-1]):
            least = chosen(mine, signal)
            yield (
                f"| {signal} | ≥ {least:.3f} | {recall_kept(other, signal, 0):.3f} | {recall_kept(other, signal, least):.3f} "
                f"| {refused(other, 'relevance', 0.1):.3f} | {refused(other, signal, least):.3f} |"
            )
