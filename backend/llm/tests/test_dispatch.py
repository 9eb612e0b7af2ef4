"""Who gets a request: a table of cases, and what holds for every table."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.llm.breaker import Breaker
from backend.llm.dispatch import KV_PATIENCE_MS, Candidate, expected_wait_ms, keeper_of, order

engines = st.lists(
    st.builds(
        Candidate,
        name=st.text("abcdefgh", min_size=1, max_size=3),
        weight=st.floats(0.01, 100),
        is_ready=st.booleans(),
        is_draining=st.booleans(),
        n_busy=st.integers(0, 500),
        n_slots=st.integers(1, 64),
        prefill_ms=st.none() | st.floats(0, 1e5),
        duration_ms=st.none() | st.floats(0, 1e6),
    ),
    max_size=8,
    unique_by=lambda engine: engine.name,
)
policies = st.sampled_from(["shortest", "lottery"])


@pytest.mark.parametrize(
    ("given_", "keeper", "wanted"),
    [
        ([Candidate("a", n_busy=1, duration_ms=900.0), Candidate("b")], None, "b"),
        ([Candidate("a", n_busy=3, n_slots=4), Candidate("b", n_busy=1, n_slots=4)], None, "b"),
        ([Candidate("a", prefill_ms=300.0), Candidate("b", prefill_ms=100.0)], None, "b"),
        ([Candidate("a", prefill_ms=300.0, weight=9.0), Candidate("b", prefill_ms=100.0)], None, "a"),
        ([Candidate("a", prefill_ms=300.0), Candidate("b", prefill_ms=100.0)], "a", "a"),
        ([Candidate("a", n_busy=9, duration_ms=5000.0), Candidate("b", prefill_ms=100.0)], "a", "b"),
        ([Candidate("a", is_draining=True), Candidate("b")], "a", "b"),
        ([Candidate("a", is_ready=False), Candidate("b", n_busy=9, duration_ms=1e6)], "a", "b"),
    ],
)
def test_the_table(given_, keeper, wanted):
    assert order(given_, keeper=keeper)[0] == wanted


@given(engines, policies, st.integers(), st.none() | st.text("abc", max_size=2))
def test_each_engine_that_takes_new_requests_is_named_once_and_no_other(given_, policy, seed, keeper):
    names = order(given_, policy=policy, keeper=keeper, draw=Random(seed).random)
    assert sorted(names) == sorted(engine.name for engine in given_ if not engine.is_draining)


@given(engines, policies, st.integers())
def test_an_engine_that_is_away_never_comes_before_one_that_is_ready(given_, policy, seed):
    by_name = {engine.name: engine for engine in given_}
    ready = [by_name[name].is_ready for name in order(given_, policy=policy, draw=Random(seed).random)]
    assert ready == sorted(ready, reverse=True)


@given(engines)
def test_the_first_has_the_shortest_wait(given_):
    ready = [engine for engine in given_ if engine.is_ready and not engine.is_draining]
    if ready:
        first = order(given_)[0]
        waits = {engine.name: expected_wait_ms(engine) for engine in ready}
        assert waits[first] == min(waits.values())


@given(engines, st.sampled_from("abcdefgh"))
def test_the_keeper_is_first_unless_that_costs_more_than_reading_anew(given_, keeper):
    ready = {engine.name: engine for engine in given_ if engine.is_ready and not engine.is_draining}
    if keeper in ready:
        best = min(map(expected_wait_ms, ready.values()))
        patience_ms = KV_PATIENCE_MS + max(engine.prefill_ms or 0.0 for engine in ready.values())
        is_first = order(given_, keeper=keeper)[0] == keeper
        assert is_first or expected_wait_ms(ready[keeper]) > best + patience_ms


@given(engines, st.integers())
def test_the_order_of_the_list_does_not_matter(given_, seed):
    mixed = list(given_)
    Random(seed).shuffle(mixed)
    assert order(given_) == order(mixed)


@given(engines, st.text(min_size=1, max_size=20), st.integers())
def test_a_keeper_is_one_that_can_work_and_the_same_whoever_asks(given_, session, seed):
    keeper, mixed = keeper_of(session, given_), list(given_)
    Random(seed).shuffle(mixed)
    figures_of_another = [replace(engine, n_busy=3, prefill_ms=None, duration_ms=9.0) for engine in mixed]
    assert keeper_of(session, figures_of_another) == keeper
    at_work = [engine.name for engine in given_ if engine.is_ready and not engine.is_draining]
    assert keeper in at_work if at_work else keeper is None


@given(engines, st.text(min_size=1, max_size=20))
def test_an_engine_that_goes_moves_only_what_was_its_own(given_, session):
    keeper = keeper_of(session, given_)
    for gone in given_:
        if gone.name != keeper:
            assert keeper_of(session, [engine for engine in given_ if engine is not gone]) == keeper


def test_conversations_are_at_home_where_the_weights_say():
    engines_ = [Candidate("a", 3.0), Candidate("b", 1.0), Candidate("c", 4.0, is_ready=False)]
    kept = Counter(keeper_of(str(n), engines_) for n in range(4000))
    assert 0.72 < kept["a"] / 4000 < 0.78
    assert kept["a"] + kept["b"] == 4000


def test_the_lottery_keeps_to_the_weights():
    draw = Random(7).random
    won = Counter(
        order([Candidate("a", 3.0), Candidate("b", 1.0)], policy="lottery", draw=draw)[0] for _ in range(4000)
    )
    assert 0.72 < won["a"] / 4000 < 0.78


def test_a_breaker_opens_waits_longer_each_time_and_closes():
    now = [0.0]
    breaker = Breaker(n_failures=2, delay_s=2, max_delay_s=8, clock=lambda: now[0])
    for _ in range(2):
        assert breaker.enter()
        breaker.failed(now[0])
    for delay_s in (2, 4, 8, 8):
        assert breaker.wait_s() == delay_s
        assert not breaker.enter()
        now[0] += delay_s
        assert breaker.enter()
        assert not breaker.enter()  # one trial at a time
        breaker.failed(now[0])
    now[0] += 8
    assert breaker.enter()
    breaker.succeeded()
    assert breaker.enter()
    assert breaker.enter()


def test_all_that_an_engine_takes_along_when_it_dies_counts_as_one_death():
    now = [0.0]
    breaker = Breaker(n_failures=2, delay_s=2, max_delay_s=60, clock=lambda: now[0])
    now[0] = 1.0
    for _ in range(25):
        breaker.failed(0.0)
    assert breaker.wait_s() == 2
    now[0] += 2
    assert breaker.enter()
    breaker.left(0.0)  # one from before: the trial goes on
    breaker.failed(0.0)
    assert not breaker.enter()
    breaker.failed(now[0])
    assert breaker.wait_s() == 4
