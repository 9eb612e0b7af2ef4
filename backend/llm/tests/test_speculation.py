"""Guessing ahead: where guesses come from, when they pay, and that they change nothing but the time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm.engine.config import EngineConfig
from backend.llm.engine.rates import Rates
from backend.llm.engine.sequence import State
from backend.llm.engine.speculation import Guesses, wanted_drafts
from backend.llm.engine.startup import _scheduler
from backend.llm.tests.fake_runner import FakeRunner, make, sequence


def test_it_guesses_what_followed_the_same_words_the_last_time() -> None:
    guesses = Guesses()
    assert guesses.next([1, 2, 3], 4) == ()
    assert guesses.next([1, 2, 3, 4, 5, 1, 2, 3], 4) == (4, 5, 1, 2)
    assert guesses.next([1, 2, 3, 4, 5, 1, 2, 3, 9, 1, 2, 3], 2) == (9, 1)
    assert guesses.next([1, 2, 3, 4, 5, 1, 2, 3, 9, 1, 2, 3, 8], 2) == ()


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(1, 6))
def test_a_guess_stood_behind_the_last_three_tokens(tokens: list[int], n_most: int) -> None:
    grown, guesses = list[int](), Guesses()
    for token in tokens:
        grown.append(token)
        guess = guesses.next(grown, n_most)
        ends = [end for end in range(3, len(grown)) if grown[end - 3 : end] == grown[-3:]]
        assert len(guess) == (n_most if ends else 0)
        said = [*grown, *guess]
        assert all(said[ends[-1] + n] == said[len(grown) + n] for n in range(len(guess)))


def rates_of(**ms: float) -> Rates:
    rates = Rates(150)
    for rows, step_ms in ms.items():
        rates.step_took(step_ms, int(rows[1:]), 0)
    return rates


def repeating(rates: Rates, n_right: int = 40, n_draft: int = 7) -> list[int]:
    """Rows of each step, for a reply that says 1 2 3 4 1 2 3 4 …"""
    scheduler = make(n_running=1, n_draft=n_draft)
    scheduler.rates = rates
    runner = FakeRunner(4, token=lambda one: len(one.tokens) % 4 if one.n_output < n_right else len(one.tokens))
    one = sequence(1, [0, 1, 2, 3, 0, 1, 2, 3])
    one.max_tokens = 100
    scheduler.add(one)
    rows = []
    while one.n_output < 90:
        step = runner.step(scheduler)
        rows.append(step.n_tokens)
        rates.step_took(rates.decode_ms(step.n_decode) or 1.0, step.n_decode, 0)
    return rows


def test_it_guesses_while_that_pays_and_stops_when_the_guesses_go_wrong() -> None:
    rows = repeating(rates_of(r1=10, r4=15, r8=20))
    assert rows.count(8) >= 4
    assert len(rows) < 70
    assert max(rows[-20:]) == 1


def test_where_rows_cost_as_much_as_steps_nothing_is_guessed() -> None:
    assert max(repeating(rates_of(r1=10, r4=40, r8=80))[1:]) == 1


def test_what_was_never_measured_is_tried() -> None:
    assert 8 in repeating(rates_of(r1=10))


def test_beside_a_prompt_that_is_read_nothing_is_guessed() -> None:
    scheduler, runner = make(n_running=2, n_draft=7), FakeRunner(4, token=lambda one: len(one.tokens) % 4)
    scheduler.rates = rates_of(r1=10, r4=11, r8=12)
    scheduler.add(sequence(1, [0, 1, 2, 3, 0, 1, 2, 3]))
    runner.step(scheduler)
    scheduler.add(sequence(2, 900))
    for _ in range(4):
        step = runner.step(scheduler)
        assert step.n_prefill
        assert not step.n_drafted


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=30), st.integers(0, 7), st.integers(1, 40))
def test_the_answer_is_the_same_with_guesses_and_without(prompt: list[int], n_draft: int, n_out: int) -> None:
    answers = []
    for most in (0, n_draft):
        scheduler, runner = make(n_running=1, n_draft=most), FakeRunner(4, token=lambda one: sum(one.tokens[-5:]) % 4)
        scheduler.rates = rates_of(r1=10, r4=11, r8=12)
        one = sequence(1, list(prompt))
        one.max_tokens = n_out
        scheduler.add(one)
        while one.state is not State.DECODE or one.n_output < n_out:
            runner.step(scheduler)
        assert one.n_output == n_out
        answers.append(one.tokens)
    assert answers[0] == answers[1]


def test_with_no_room_the_guesses_go_first() -> None:
    scheduler, runner = make(n_running=1, n_draft=7), FakeRunner(4, token=lambda one: len(one.tokens) % 4)
    scheduler.rates = rates_of(r1=10, r4=11, r8=12)
    one = sequence(1, [0, 1, 2, 3, 0, 1, 2, 3])
    scheduler.add(one)
    runner.step(scheduler)
    step = scheduler.schedule()
    assert step.n_drafted
    assert scheduler.no_room(step) is None
    assert not scheduler.schedule().n_drafted
    assert one in scheduler.running


def test_all_that_is_guessed_fits_into_one_step() -> None:
    """HAZARD: llama.cpp ends the process over a row too many."""
    n = 10
    scheduler = make(n_running=n, n_slots=n, n_batch=32, n_draft=7, max_queued=n)
    runner = FakeRunner(n, token=lambda one: len(one.tokens) % 4)
    scheduler.rates = rates_of(r1=10, r32=11)  # many rows cost hardly more than one, as on a GPU
    for number in range(n):
        scheduler.add(sequence(number, [0, 1, 2, 3, 0, 1, 2, 3]))
    rows = [runner.step(scheduler).n_tokens for _ in range(12)]
    assert max(rows) <= 32
    assert max(rows[-4:]) > n
    assert sum(wanted for _, wanted in wanted_drafts([*scheduler.running], scheduler.rates, 7, 16)) <= 6


def test_no_more_replies_run_than_a_step_has_rows() -> None:
    runner: Any = SimpleNamespace(n_slots=44, can_share=True, kv_bytes_per_token=1, n_cells=4096)
    scheduler = _scheduler(EngineConfig("", "", n_slots=32, n_batch=16), runner, Rates(150))
    for n in range(20):
        scheduler.add(sequence(n))
    assert len(list(scheduler.admit())) == 16
