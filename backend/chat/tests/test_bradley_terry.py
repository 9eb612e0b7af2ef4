"""The estimator against known answers."""

from __future__ import annotations

import numpy as np
import pytest

from backend.chat.bradley_terry import MAX_MODELS, MEAN, Count, Strength, strengths, table_of

TRUE = {f"model-{n}": 850.0 + 60 * n for n in range(6)}


def chance(better: float, worse: float) -> float:
    return float(1 / (1 + 10 ** ((worse - better) / 400)))


def votes(n: int, seed: int, p_tie: float = 0.0) -> list[Count]:
    """Drawn as the model says."""
    drawn, names = np.random.default_rng(seed), list(TRUE)
    found = []
    for _ in range(n):
        a, b = drawn.choice(names, 2, replace=False)
        if drawn.random() < p_tie:
            found.append(Count(a, b, 0, 1, 0))
        else:
            has_won = drawn.random() < chance(TRUE[a], TRUE[b])
            found.append(Count(a, b, int(has_won), 0, int(not has_won)))
    return found


def ranked(counts: list[Count]) -> dict[str, Strength]:
    return {each.model: each for each in strengths(table_of(counts)[0])}


def test_it_works() -> None:
    found = ranked([Count("a", "b", 75, 0, 25)])
    # 75.5 to 25.5, with the prior's half wins
    assert found["a"].rating - found["b"].rating == pytest.approx(400 * np.log10(75.5 / 25.5), abs=0.01)
    assert found["a"].rating + found["b"].rating == pytest.approx(2 * MEAN)
    assert (found["a"].rank, found["b"].rank) == (1, 2)
    assert (found["b"].n_votes, found["b"].n_won, found["b"].n_lost) == (100, 25, 75)


def test_strengths_that_votes_were_drawn_from_are_found_again() -> None:
    found = ranked(votes(20_000, seed=1))
    for model, rating in TRUE.items():
        each = found[model]
        assert each.rating == pytest.approx(rating, abs=15)
        assert each.low is not None
        assert each.high is not None
        assert each.low < each.rating < each.high < each.low + 40
    assert [found[model].rank for model in TRUE] == [6, 5, 4, 3, 2, 1]


def test_of_intervals_about_95_in_a_hundred_hold_the_truth() -> None:
    held = []
    for seed in range(60):
        found = ranked(votes(600, seed))
        for model, rating in TRUE.items():
            each = found[model]
            assert each.low is not None
            assert each.high is not None
            held.append(each.low <= rating <= each.high)
    assert 0.91 <= np.mean(held) <= 0.99


def test_few_votes_have_no_interval_and_no_loser() -> None:
    found = ranked([Count("a", "b", 3, 0, 0)])
    assert (found["a"].low, found["a"].high, found["a"].rank, found["b"].rank) == (None, None, 1, 1)


def test_only_ties_are_a_draw() -> None:
    found = ranked([Count("a", "b", 0, 40, 0)])
    assert found["a"].rating == pytest.approx(found["b"].rating) == pytest.approx(MEAN)
    assert (found["a"].rank, found["b"].rank, found["a"].n_tied) == (1, 1, 40)


def test_ties_bring_models_together() -> None:
    without, with_ties = (ranked(votes(4_000, 2, p_tie)) for p_tie in (0.0, 0.5))
    spread = [each["model-5"].rating - each["model-0"].rating for each in (without, with_ties)]
    assert spread[1] < spread[0] * 0.75


def test_who_always_won_is_finite_and_not_certain() -> None:
    found = ranked([Count("a", "b", 50, 0, 0), Count("b", "c", 50, 0, 0)])
    assert found["a"].rating > found["b"].rating > found["c"].rating
    for each in found.values():
        assert each.low is not None
        assert each.high is not None
        assert abs(each.rating) < 5_000
        assert each.high - each.low > 50


def test_models_that_never_met_stand_apart() -> None:
    found = ranked([Count("a", "b", 30, 0, 10), Count("b", "c", 30, 0, 10), Count("x", "y", 30, 0, 1)])
    assert {model: each.group for model, each in found.items()} == {"a": 0, "b": 0, "c": 0, "x": 1, "y": 1}
    assert [found[model].rank for model in "xy"] == [1, 2]
    assert np.mean([found[model].rating for model in "abc"]) == pytest.approx(MEAN)


def test_the_same_votes_give_the_same_figures() -> None:
    counted = votes(300, 3)
    assert ranked(counted) == ranked(counted[::-1])


def test_nothing_is_ranked_without_votes_nor_against_itself() -> None:
    assert ranked([]) == {}
    assert ranked([Count("a", "a", 5, 0, 0), Count("a", "b", 0, 0, 0)]) == {}


def test_it_is_bounded() -> None:
    counted = [Count("hub", f"model-{n:03}", n, 0, 1) for n in range(1, MAX_MODELS + 20)]
    table, n_left_out = table_of(counted)
    assert (len(table.models), n_left_out) == (MAX_MODELS, 20)
    assert "model-001" not in table.models
    assert len(strengths(table)) == MAX_MODELS
