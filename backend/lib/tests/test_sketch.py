"""Percentiles within 2 %, in bounded memory, that add up and can be told apart by time."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.lib.sketch import ACCURACY, MAX_MS, MIN_MS, Sketch

durations = st.lists(st.floats(MIN_MS, MAX_MS), min_size=1, max_size=200)


def sketch_of(values: list[float]) -> Sketch:
    sketch = Sketch()
    for value in values:
        sketch.add(value)
    return sketch


def test_it_works():
    sketch = sketch_of([float(n) for n in range(1, 1001)])
    assert sketch.percentile(50) == pytest.approx(500, rel=ACCURACY)
    assert sketch.percentile(99) == pytest.approx(990, rel=ACCURACY)
    assert (sketch.n, sketch.mean()) == (1000, 500.5)


def test_before_anything_was_measured_there_is_no_figure():
    assert Sketch().percentile(50) is None
    assert Sketch().mean() is None


@given(durations, st.sampled_from([0, 1, 50, 95, 99, 100]))
@example([27_296_887.0], 50)
def test_every_percentile_is_that_of_the_nearest_rank_within_the_accuracy(values, percent):
    exact = sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]
    assert sketch_of(values).percentile(percent) == pytest.approx(exact, rel=ACCURACY + 1e-6, abs=0.001)


@given(durations, durations)
def test_what_came_later_is_told_apart_and_adds_up(first, second):
    sketch = sketch_of(first)
    earlier = sketch.copy()
    for value in second:
        sketch.add(value)
    later = sketch.since(earlier)
    assert later.n == len(second)
    assert later.percentile(95) == sketch_of(second).percentile(95)
    assert earlier.plus(later).percentile(50) == sketch.percentile(50)


def test_memory_is_bounded_whatever_comes():
    sketch = sketch_of([10.0**n for n in range(-300, 300)] + [0.0, -5.0])
    assert len(sketch._counts) < 600
    assert sketch.percentile(100) == pytest.approx(MAX_MS, rel=ACCURACY)
