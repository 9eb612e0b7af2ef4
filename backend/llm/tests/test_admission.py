"""Who waits, where, how long, and whose turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Seq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm.engine.queue import BATCH_PATIENCE, AdmissionQueue, _Books
from backend.llm.engine.rates import Left, Rates
from backend.llm.engine.scheduler import QueueIsFull
from backend.llm.engine.sequence import Sequence, State
from backend.llm.tests.fake_runner import END, FakeRunner, make, sequence


def test_a_full_queue_refuses_and_the_time_to_come_back_is_measured() -> None:
    scheduler = make(n_running=1, max_queued=1)
    scheduler.add(sequence(1))
    list(scheduler.admit())
    scheduler.add(sequence(2))
    with pytest.raises(QueueIsFull) as refused:
        scheduler.add(sequence(3))
    assert refused.value.retry_after_s == 5
    scheduler.rates.step_took(100, 1, 0)
    scheduler.rates.reply_ended(200)
    with pytest.raises(QueueIsFull) as refused:
        scheduler.add(sequence(3))
    assert refused.value.retry_after_s == 25  # the 50 tokens that the running one may say, and the waiting one's 200


def test_places_are_told_once_and_again_when_they_change() -> None:
    scheduler = make(n_running=1)
    for n in (1, 2, 3):
        scheduler.add(sequence(n))
    list(scheduler.admit())
    assert [(one.sequence.request_id, one.place) for one in scheduler.places()] == [("2", 1), ("3", 2)]
    assert scheduler.places() == []
    scheduler.remove((1, 2))
    assert [(one.sequence.request_id, one.place) for one in scheduler.places()] == [("3", 1)]


def test_the_eta_is_none_until_something_was_measured() -> None:
    rates = Rates(150)
    assert rates.eta_ms(1, [Left(0, 500)]) is None
    rates.step_took(50, 1, 0)
    rates.reply_ended(100)
    assert rates.eta_ms(1, [Left(40, 500)]) == 60 * 50
    assert rates.eta_ms(2, [Left(40, 500)]) == 60 * 50 + 100 * 50
    rates.step_took(400, 0, 100)
    assert rates.eta_ms(1, [Left(40, 500, n_unread=200)]) == 60 * 50 + 200 * 4


def test_the_queue_is_fair_between_users_and_people_come_before_batches() -> None:
    queue = AdmissionQueue()
    for n, user in enumerate(["greedy", "greedy", "greedy", "modest"]):
        queue.add(sequence(n, user=user))
    queue.add(sequence(9, user="night", priority="batch"))
    assert [one.user for one in queue.order([])] == ["greedy", "modest", "greedy", "greedy", "night"]
    assert queue.order([sequence(20, user="greedy"), sequence(21, user="greedy")])[0].user == "modest"
    assert served(queue, 5) == ["greedy", "modest", "greedy", "greedy", "night"]


def served(queue: AdmissionQueue, n: int, running: Seq[Sequence] = ()) -> list[str]:
    users = []
    for _ in range(n):
        one = queue.next(list(running))
        assert one is not None
        queue.take(one)
        users.append(one.user)
    return users


def test_a_weight_is_a_share() -> None:
    queue = AdmissionQueue()
    for n in range(6):
        queue.add(sequence(n, user="pupil"))
        queue.add(sequence(10 + n, user="teacher", weight=2.0))
    assert Counter(served(queue, 6)) == {"teacher": 4, "pupil": 2}


def test_nobody_saves_up_a_share_for_later() -> None:
    queue = AdmissionQueue()
    for n in range(8):
        queue.add(sequence(n, user="early"))
    served(queue, 5)
    for n in range(20, 28):
        queue.add(sequence(n, user="late"))
    assert Counter(served(queue, 6)) == {"early": 3, "late": 3}


def test_the_batch_lane_has_its_own_bound_and_is_served_in_the_end() -> None:
    queue = AdmissionQueue(n_batch_max=1)
    for n in range(3):
        queue.add(sequence(n, user="night", priority="batch"))
    busy = [sequence(50, user="night", priority="batch")]
    assert queue.next(busy) is None
    assert len(queue.order(busy)) == 3
    for n in range(100, 200):
        queue.add(sequence(n, user=f"person {n}"))
    order = [one.user for one in queue.order([])]
    assert order.index("night") == BATCH_PATIENCE


@settings(max_examples=60)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_everybody_is_served_in_the_end(lengths: list[int]) -> None:
    scheduler = make(n_running=2, n_slots=3, n_batch=32)
    runner = FakeRunner(3, token=lambda one: END if one.n_output >= 3 else 7)
    waiting = [sequence(n, length, user=str(n % 2)) for n, length in enumerate(lengths)]
    for one in waiting:
        scheduler.add(one)
    for _ in range(sum(lengths) + 10 * len(lengths)):
        runner.step(scheduler)
        for one in list(scheduler.running):
            if one.n_output and one.tokens[-1] == END:
                scheduler.remove(one.key)
    assert all(one.state is State.ENDED for one in waiting)


def test_who_would_wait_too_long_is_refused_and_told_when_to_come_back() -> None:
    scheduler = make(n_running=1, max_wait_s=10)
    scheduler.rates.step_took(100, 1, 0)
    scheduler.rates.reply_ended(80)
    scheduler.add(sequence(1))
    list(scheduler.admit())
    scheduler.add(sequence(2))
    with pytest.raises(QueueIsFull) as refused:
        scheduler.add(sequence(3))
    assert refused.value.retry_after_s == 3  # 5 s and 8 s are more than 10 s


def test_replies_start_only_while_the_cells_are_enough_for_what_is_expected_of_them() -> None:
    scheduler, runner = make(n_running=4, n_cells=150), FakeRunner(4)
    for n in range(3):
        scheduler.add(sequence(n, 20))  # 20 tokens, and 50 more at most
    runner.step(scheduler)
    assert len(scheduler.running) == 2
    scheduler.rates.reply_ended(5)
    for n in (5, 6):
        scheduler.add(sequence(n, 20, user="other"))
    scheduler.remove((1, 0))
    runner.step(scheduler)
    assert len(scheduler.running) == 2


waiting = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0.5, 1.0, 2.0]), st.booleans(), st.integers(0, 5)), max_size=30
)


@settings(max_examples=200)
@given(waiting, st.lists(st.integers(0, 3), max_size=4), st.integers(0, 20), st.integers(0, 2))
def test_the_order_is_that_in_which_they_would_be_taken(
    asked: list[tuple[int, float, bool, int]], users: list[int], n_before: int, n_batch_max: int
) -> None:
    queue, running = AdmissionQueue(n_batch_max), [sequence(100 + n, user=str(user)) for n, user in enumerate(users)]
    for n in range(n_before):
        queue.add(sequence(200 + n, user=str(n % 3)))
    served(queue, n_before)
    for n, (user, weight, is_batch, arrived_s) in enumerate(asked):
        one = sequence(n, user=str(user), weight=weight, priority="batch" if is_batch else "interactive")
        one.arrived_s = float(arrived_s)
        queue.add(one)
    rest, books, naive = list(queue._waiting), queue._now(running), []
    while rest:
        chosen = books.choose(rest, n_batch_max) or min(rest, key=books.rank)
        rest.remove(chosen)
        naive.append(chosen)
        books.count(chosen, batch_waits=queue._batch_waits(rest))
    assert queue.order(running) == naive


def test_a_long_queue_is_put_in_order_without_comparing_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rank, n_ranked = _Books.rank, 0

    def counted(books: _Books, one: Sequence) -> tuple[float, float, float]:
        nonlocal n_ranked
        n_ranked += 1
        return rank(books, one)

    monkeypatch.setattr(_Books, "rank", counted)
    for n_users in (1, 50, 1000):
        queue, n_ranked = AdmissionQueue(), 0
        for n in range(1000):
            queue.add(sequence(n, user=str(n % n_users)))
        assert len(queue.order([])) == 1000
        assert n_ranked < 10_000
