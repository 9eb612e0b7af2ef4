"""How strong models are, from votes on pairs of their answers: Bradley and Terry's model, with bootstrap intervals. Pure.

P(i beats j) = 1 / (1 + 10^((r_j - r_i) / 400)), ties half a win each (R. A. Bradley, M. E. Terry, 1952; on the scale of Elo). To
each pair that met half a win each way is added: Jeffreys' prior of one pair. So who always won stays finite, and few votes say
little.

Strengths compare within a group only: models that met, directly or by way of others. Each group's mean is MEAN.
Intervals are the percentile bootstrap's, over votes; the same votes and seed give the same figures. At most MAX_MODELS.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

MEAN, SCALE = 1000.0, 400.0 / np.log(10.0)
N_DRAWS = 500
MAX_MODELS = 40
MIN_VOTES = 10  # of a model: with less its interval would say more than is known
MAX_STEP = 2.0  # of Newton's method, in natural units
N_STEPS = 40
TOLERANCE = 1e-6

Floats = np.ndarray


@dataclass(frozen=True, slots=True)
class Count:
    """How `a` did against `b`. Any order; the same pair may come more than once."""

    a: str
    b: str
    n_won: int
    n_tied: int
    n_lost: int


@dataclass(frozen=True, slots=True)
class Strength:
    """`low`, `high`: 95 %; None with fewer than MIN_VOTES. `rank` within its group: 1 and one for each model that is surely
    better. Groups count from 0, the one with most votes first."""

    model: str
    rating: float
    low: float | None
    high: float | None
    rank: int
    group: int
    n_votes: int
    n_won: int
    n_tied: int
    n_lost: int


@dataclass(frozen=True, slots=True)
class Table:
    """Of `models`, in the order of the matrices: `won[i, j]` votes for i against j, `tied` symmetric."""

    models: list[str]
    won: Floats
    tied: Floats


def table_of(counts: Iterable[Count]) -> tuple[Table, int]:
    """And how many models were left out: those with the fewest votes above MAX_MODELS."""
    rows = [row for row in counts if row.a != row.b]
    votes: dict[str, int] = {}
    for row in rows:
        for name in (row.a, row.b):
            votes[name] = votes.get(name, 0) + row.n_won + row.n_tied + row.n_lost
    by_votes = sorted((name for name, n in votes.items() if n), key=lambda name: (-votes[name], name))
    models = sorted(by_votes[:MAX_MODELS])
    at = {name: n for n, name in enumerate(models)}
    won, tied = np.zeros((len(models), len(models))), np.zeros((len(models), len(models)))
    for row in rows:
        if row.a in at and row.b in at:
            i, j = at[row.a], at[row.b]
            won[i, j] += row.n_won
            won[j, i] += row.n_lost
            tied[i, j] += row.n_tied
            tied[j, i] += row.n_tied
    return Table(models, won, tied), len(by_votes) - len(models)


def strengths(table: Table, seed: int = 0) -> list[Strength]:
    """Strongest first, group by group."""
    if not table.models:
        return []
    groups = groups_of(table)
    points = _points(table.won, table.tied)
    ratings = fit(points[None], groups)[0]
    drawn = fit(_draws(table, seed), groups)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    n_votes = (table.won + table.won.T + table.tied).sum(axis=1)
    is_known = n_votes >= MIN_VOTES
    found = []
    for i, model in enumerate(table.models):
        peers = (groups == groups[i]) & is_known
        better = int((low[peers] > high[i]).sum()) if is_known[i] else int((low[peers] > ratings[i]).sum())
        from_, to = (float(low[i]), float(high[i])) if is_known[i] else (None, None)
        n_won, n_tied, n_lost = (int(each[i].sum()) for each in (table.won, table.tied, table.won.T))
        group = int(groups[i])
        found.append(
            Strength(model, float(ratings[i]), from_, to, 1 + better, group, int(n_votes[i]), n_won, n_tied, n_lost)
        )
    return sorted(found, key=lambda each: (each.group, -each.rating, each.model))


def groups_of(table: Table) -> np.ndarray:
    """The number of each model's group."""
    met = (table.won + table.won.T + table.tied) > 0
    group = np.arange(len(table.models))
    for _ in table.models:  # the smallest number spreads as far as the models have met
        group = np.minimum(group, np.where(met, group[None, :], len(group)).min(axis=1, initial=len(group)))
    votes = {int(g): float((table.won + table.tied / 2)[group == g].sum()) for g in np.unique(group)}
    order = {g: n for n, g in enumerate(sorted(votes, key=lambda g: (-votes[g], g)))}
    return np.array([order[int(g)] for g in group])


def fit(points: Floats, groups: np.ndarray) -> Floats:
    """Ratings of each of many tables at once. `points[d, i, j]`: what i got against j. Newton's method on the likelihood, which
    is concave; a group's mean is pinned, as nothing else holds it."""
    played = points + points.transpose(0, 2, 1)
    same = (groups[:, None] == groups[None, :]).astype(float)
    pin = same / same.sum(axis=1, keepdims=True)
    diagonal = np.arange(points.shape[1])
    strength = np.zeros(points.shape[:2])
    for _ in range(N_STEPS):
        chance = 1.0 / (1.0 + np.exp(strength[:, None, :] - strength[:, :, None]))
        slope = (points - played * chance).sum(axis=2)
        curve = played * chance * (1.0 - chance)
        hessian = pin - curve
        hessian[:, diagonal, diagonal] += curve.sum(axis=2)
        step = np.clip(np.linalg.solve(hessian, slope[..., None])[..., 0], -MAX_STEP, MAX_STEP)
        strength = strength + step - (step @ pin)
        if float(np.abs(step).max()) < TOLERANCE:
            break
    return np.asarray(MEAN + SCALE * strength)


def _points(won: Floats, tied: Floats) -> Floats:
    met = (won + won.swapaxes(-1, -2) + tied) > 0
    return np.asarray(won + tied / 2 + met / 2)


def _draws(table: Table, seed: int) -> Floats:
    """N_DRAWS tables of as many votes, drawn with putting back. The half wins of the prior are drawn too: without them a pair
    that one model always won would be certain."""
    i, j = np.triu_indices(len(table.models), 1)
    met = (table.won + table.won.T + table.tied)[i, j] > 0
    i, j = i[met], j[met]
    cells = np.concatenate([table.won[i, j] + 0.5, table.won[j, i] + 0.5, table.tied[i, j]])
    n_votes = round(float(cells.sum()))
    drawn = np.random.default_rng(seed).multinomial(n_votes, cells / cells.sum(), size=N_DRAWS).astype(float)
    first, second, tie = np.split(drawn, 3, axis=1)
    points = np.zeros((N_DRAWS, len(table.models), len(table.models)))
    points[:, i, j] = first + tie / 2 + 0.5 / n_votes
    points[:, j, i] = second + tie / 2 + 0.5 / n_votes
    return points
