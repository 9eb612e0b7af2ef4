"""Means and win rates with the percentile bootstrap's 95 % intervals. Pure; the same seed gives the same figures.

Questions are drawn, not answers: what is uncertain is which questions were asked. For every pair a model wins 1, ties ½.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

N_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Figure:
    """`low` and `high`: 95 % interval; both the value itself where one question is all there is."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Pair:
    """How `model` did against `other`. `p_better` is the share of draws in which it was ahead."""

    model: str
    other: str
    n_won: int
    n_tied: int
    n_lost: int
    rate: Figure
    p_better: float


def mean(values: Sequence[float], seed: int = 0) -> Figure:
    """Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    drawn = _draws(np.asarray(values, dtype=float), seed)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(float(np.mean(values)), float(low), float(high), len(values))


def pair(model: str, other: str, points: Sequence[float], seed: int = 0) -> Pair:
    """`points`: 1, ½ or 0 of each question for `model`. Raises ValueError for none."""
    rate = mean(points, seed)
    drawn = _draws(np.asarray(points, dtype=float), seed)
    ahead = float(np.mean(drawn > 0.5) + np.mean(drawn == 0.5) / 2)
    n_won, n_tied, n_lost = (sum(point == each for point in points) for each in (1.0, 0.5, 0.0))
    return Pair(model, other, n_won, n_tied, n_lost, rate, ahead)


def win_rates(points: Mapping[tuple[str, str], Sequence[float]], seed: int = 0) -> dict[str, Figure]:
    """Of each model over all its pairs. `points[(a, b)]` are those of `a` against `b`."""
    of: dict[str, list[float]] = {}
    for (model, other), each in points.items():
        of.setdefault(model, []).extend(each)
        of.setdefault(other, []).extend(1 - point for point in each)
    return {model: mean(each, seed) for model, each in of.items() if each}


def _draws(values: np.ndarray, seed: int) -> np.ndarray:
    """The means of N_DRAWS samples with putting back."""
    places = np.random.default_rng(seed).integers(0, len(values), size=(N_DRAWS, len(values)))
    return np.asarray(values[places].mean(axis=1))
