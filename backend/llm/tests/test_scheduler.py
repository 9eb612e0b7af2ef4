"""The scheduler decides; a fake runner obeys. No llama.cpp here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm.engine.queue import AdmissionQueue
from backend.llm.engine.rates import FIRST_CHUNK, SMALLEST_CHUNK, Rates
from backend.llm.engine.scheduler import OutOfRoom, QueueIsFull, Scheduler, Step
from backend.llm.engine.sequence import Sequence, State
from backend.llm.engine.slots import Slots, common_prefix

END = 0


def make(*, n_running: int = 2, n_slots: int = 4, n_batch: int = 128, max_queued: int = 8, **options: int) -> Scheduler:
    return Scheduler(
        Slots(n_slots, **{"max_saved_tokens": 500, **options}),
        Rates(150),
        n_running_max=n_running,
        n_batch=n_batch,
        max_queued=max_queued,
    )


def sequence(n: int, prompt: list[int] | int = 5, user: str = "", **options: object) -> Sequence:
    tokens = list(prompt) if isinstance(prompt, list) else [1000 * n + i for i in range(1, prompt + 1)]
    return Sequence(
        key=(1, n), request_id=str(n), tokens=tokens, max_tokens=50, user=user, arrived_s=float(n), **options
    )  # type: ignore[arg-type]


class FakeRunner:
    """Keeps what each slot's KV would hold, and is as strict about positions as llama.cpp."""

    def __init__(self, n_slots: int, token: Callable[[Sequence], int] = lambda _: 7) -> None:
        self.kv: list[list[int]] = [[] for _ in range(n_slots)]
        self.saved: dict[int, list[int]] = {}
        self._token = token

    def step(self, scheduler: Scheduler) -> Step:
        for placement in scheduler.admit():
            if placement.save_as is not None:
                self.saved[placement.save_as] = list(self.kv[placement.slot])
            for state in placement.forget:
                del self.saved[state]
            source = self.kv[placement.slot if placement.copy_from is None else placement.copy_from]
            if placement.restore is not None:
                source = self.saved[placement.restore]
            assert len(source) >= placement.n_kept
            self.kv[placement.slot] = list(source[: placement.n_kept])
            scheduler.placed(placement, placement.n_kept)
        step = scheduler.schedule()
        sampled = {}
        for chunk in step.chunks:
            assert chunk.n > 0
            assert chunk.sequence.slot is not None
            kv = self.kv[chunk.sequence.slot]
            assert len(kv) == chunk.start, "a position was left out or written twice"
            kv += chunk.tokens
            if chunk.samples:
                assert kv == chunk.sequence.tokens, "the model would answer to another text"
                sampled[chunk.sequence.key] = self._token(chunk.sequence)
        scheduler.update(step, sampled)
        return step


def test_it_works() -> None:
    scheduler, runner = make(), FakeRunner(4)
    one = sequence(1)
    scheduler.add(one)
    step = runner.step(scheduler)
    assert (step.n_prefill, one.state, one.tokens[-1]) == (5, State.DECODE, 7)
    step = runner.step(scheduler)
    assert (step.n_decode, one.n_output) == (1, 2)


def test_those_who_decode_come_before_chunks_of_a_long_prompt() -> None:
    scheduler, runner = make(), FakeRunner(4)
    one, long = sequence(1), sequence(2, 1000)
    scheduler.add(one)
    runner.step(scheduler)
    scheduler.add(long)
    for _ in range(3):
        step = runner.step(scheduler)
        assert step.chunks[0].sequence is one
        assert step.n_prefill == FIRST_CHUNK
    assert one.n_output == 4
    assert long.n_output == 0


def test_alone_a_prompt_may_fill_the_whole_batch() -> None:
    scheduler, runner = make(), FakeRunner(4)
    scheduler.rates.step_took(100, n_decode=0, n_prefill=64)
    scheduler.add(sequence(1, 1000))
    assert runner.step(scheduler).n_prefill == 128


def test_a_short_prompt_is_not_stuck_behind_a_long_one() -> None:
    scheduler, runner = make(), FakeRunner(4)
    scheduler.add(sequence(1, 1000))
    short = sequence(2, 20)
    scheduler.add(short)
    runner.step(scheduler)
    assert short.state is State.DECODE


def test_the_chunk_follows_what_was_measured() -> None:
    rates = Rates(target_itl_ms=100)
    rates.step_took(20, n_decode=1, n_prefill=0)
    rates.step_took(180, n_decode=1, n_prefill=64)
    assert rates.chunk(256) == int((100 - 20) / (160 / 64))
    assert rates.chunk(256, is_alone=True) == int(400 / (160 / 64))
    rates.step_took(10_000, n_decode=1, n_prefill=64)
    assert rates.chunk(256) == SMALLEST_CHUNK


def test_the_next_turn_keeps_the_slot_of_the_conversation() -> None:
    scheduler, runner = make(), FakeRunner(4)
    first = sequence(1, [1, 2, 3, 4])
    scheduler.add(first)
    runner.step(scheduler)
    slot = first.slot
    scheduler.remove(first.key)
    second = sequence(2, [1, 2, 3, 4, 7, 8, 9])
    scheduler.add(second)
    runner.step(scheduler)
    assert (second.slot, second.n_cached) == (slot, 4)


def test_a_shared_beginning_is_copied_from_a_conversation_that_still_runs() -> None:
    scheduler, runner = make(), FakeRunner(4)
    scheduler.add(sequence(1, [1, 2, 3, 4, 5]))
    runner.step(scheduler)
    other = sequence(2, [1, 2, 3, 9, 9])
    scheduler.add(other)
    runner.step(scheduler)
    assert other.n_cached == 3


def test_the_last_token_is_read_again_even_if_all_is_cached() -> None:
    scheduler, runner = make(), FakeRunner(4)
    for n in (1, 2):
        one = sequence(n, [1, 2, 3])
        scheduler.add(one)
        runner.step(scheduler)
        scheduler.remove(one.key)
    assert one.n_cached == 2


def test_a_model_with_recurrent_state_only_goes_on_with_a_whole_slot() -> None:
    scheduler, runner = make(can_share=False), FakeRunner(4)
    first = sequence(1, [1, 2, 3, 4])
    scheduler.add(first)
    runner.step(scheduler)
    scheduler.remove(first.key)
    branch, further = sequence(2, [1, 2, 9, 9]), sequence(3, [1, 2, 3, 4, 5])
    scheduler.add(branch)
    scheduler.add(further)
    runner.step(scheduler)
    assert (branch.n_cached, further.n_cached) == (0, 4)


def test_the_longest_unused_conversation_gives_its_slot_up() -> None:
    scheduler, runner = make(n_running=1, n_slots=2), FakeRunner(2)
    for n in (1, 2, 3):
        one = sequence(n)
        scheduler.add(one)
        runner.step(scheduler)
        scheduler.remove(one.key)
    assert [slot.tokens[0] for slot in scheduler.slots.all] == [3001, 2001]


def test_who_had_to_give_its_slot_up_comes_back_from_ram() -> None:
    scheduler, runner = make(n_running=1, n_slots=1), FakeRunner(1)
    first, second = sequence(1, 64), sequence(2, 64)
    for one in (first, second):
        scheduler.add(one)
        runner.step(scheduler)
        scheduler.remove(one.key)
    again = sequence(3, [*first.tokens, 9])
    scheduler.add(again)
    runner.step(scheduler)
    assert again.n_cached == 64
    assert sorted(map(len, runner.saved.values())) == [64, 64]


def test_ram_is_bounded_and_the_longest_unused_goes_first() -> None:
    scheduler, runner = make(n_running=1, n_slots=1, max_saved_tokens=150), FakeRunner(1)
    for n in range(1, 6):
        one = sequence(n, 64)
        scheduler.add(one)
        runner.step(scheduler)
        scheduler.remove(one.key)
    assert [tokens[0] for tokens in runner.saved.values()] == [3001, 4001]
    assert scheduler.slots.saved.n_tokens == 128


def test_an_abort_frees_the_slot_at_once_wherever_it_was() -> None:
    scheduler, runner = make(n_running=1), FakeRunner(4)
    running, waiting = sequence(1), sequence(2)
    scheduler.add(running)
    scheduler.add(waiting)
    runner.step(scheduler)
    assert scheduler.remove(waiting.key) is waiting
    assert scheduler.remove(running.key) is running
    assert scheduler.remove(running.key) is None
    assert (scheduler.slots.n_used, len(scheduler.queue), scheduler.running) == (0, 0, [])


def test_a_full_queue_refuses_and_the_time_to_come_back_is_measured() -> None:
    scheduler = make(n_running=1, max_queued=1)
    scheduler.add(sequence(1))
    scheduler.admit()
    scheduler.add(sequence(2))
    with pytest.raises(QueueIsFull) as refused:
        scheduler.add(sequence(3))
    assert refused.value.retry_after_s == 5
    scheduler.rates.step_took(100, 1, 0)
    scheduler.rates.reply_ended(200)
    with pytest.raises(QueueIsFull) as refused:
        scheduler.add(sequence(3))
    assert refused.value.retry_after_s == 40  # the running reply's 20 s and the waiting one's


def test_places_are_told_once_and_again_when_they_change() -> None:
    scheduler = make(n_running=1)
    for n in (1, 2, 3):
        scheduler.add(sequence(n))
    scheduler.admit()
    assert [(one.sequence.request_id, one.place) for one in scheduler.places()] == [("2", 1), ("3", 2)]
    assert scheduler.places() == []
    scheduler.remove((1, 2))
    assert [(one.sequence.request_id, one.place) for one in scheduler.places()] == [("3", 1)]


def test_the_eta_is_none_until_something_was_measured() -> None:
    rates = Rates(150)
    assert rates.eta_ms(1, [0]) is None
    rates.step_took(50, 1, 0)
    rates.reply_ended(100)
    assert rates.eta_ms(1, [40]) == 60 * 50
    assert rates.eta_ms(2, [40]) == 60 * 50 + 100 * 50


def test_no_room_drops_parked_conversations_then_halves_then_puts_the_newest_back() -> None:
    scheduler, runner = make(n_running=2), FakeRunner(4)
    parked = sequence(1)
    scheduler.add(parked)
    runner.step(scheduler)
    slot = parked.slot
    scheduler.remove(parked.key)
    old, new = sequence(2, started_s=1.0), sequence(3, 100, started_s=2.0)
    scheduler.add(old)
    runner.step(scheduler)
    scheduler.add(new)
    for placement in scheduler.admit():
        scheduler.placed(placement, placement.n_kept)
    step = scheduler.schedule()
    assert scheduler.no_room(step) == slot
    assert scheduler.no_room(step) is None
    smaller = scheduler.schedule()
    assert smaller.n_prefill == step.n_prefill // 2
    while smaller.n_prefill > 1:
        scheduler.no_room(smaller)
        smaller = scheduler.schedule()
    assert scheduler.no_room(smaller) is not None
    assert (new.state, new.slot, scheduler.running) == (State.WAITING, None, [old])
    assert scheduler.queue.order({}) == [new]


def test_one_who_is_alone_and_finds_no_room_fails_instead_of_trying_for_ever() -> None:
    scheduler, runner = make(), FakeRunner(4)
    one = sequence(1)
    scheduler.add(one)
    runner.step(scheduler)
    with pytest.raises(OutOfRoom) as out:
        scheduler.no_room(Step())
    assert out.value.sequence is one


def test_one_who_was_put_back_goes_on_with_what_it_has_said() -> None:
    scheduler, runner = make(n_running=2), FakeRunner(4)
    old, one = sequence(2, started_s=1.0), sequence(1, [1, 2, 3], started_s=2.0, has_started=True)
    for waiting in (old, one):
        scheduler.add(waiting)
    for _ in range(3):
        runner.step(scheduler)
    said = list(one.tokens)
    slot = scheduler.no_room(Step())
    assert slot is not None
    runner.kv[slot] = []
    while one.state is not State.DECODE:
        runner.step(scheduler)
    assert one.tokens == [*said, 7]


def test_the_queue_is_fair_between_users_and_people_come_before_batches() -> None:
    queue = AdmissionQueue()
    for n, user in enumerate(["greedy", "greedy", "greedy", "modest"]):
        queue.add(sequence(n, user=user))
    queue.add(sequence(9, user="night", priority="batch"))
    assert [one.user for one in queue.order({})] == ["greedy", "modest", "greedy", "greedy", "night"]
    assert next(one.user for one in queue.order({"greedy": 2})) == "modest"
    served = [queue.pop({}).user for _ in range(5)]  # type: ignore[union-attr]
    assert served == ["greedy", "modest", "greedy", "greedy", "night"]


@given(st.lists(st.integers(0, 3), max_size=40), st.lists(st.integers(0, 3), max_size=40))
def test_common_prefix_is_what_it_says(left: list[int], right: list[int]) -> None:
    n = common_prefix(left, right)
    assert left[:n] == right[:n]
    assert n == min(len(left), len(right)) or left[n] != right[n]


# Long runs of few tokens: prefixes are shared often, and some are long enough to be kept in RAM.
prompts = st.lists(st.integers(1, 2), min_size=1, max_size=4).map(lambda runs: [n for n in runs for _ in range(40)])
actions = st.lists(
    st.one_of(
        st.tuples(st.just("add"), prompts),
        st.tuples(st.just("abort"), st.integers(0, 30)),
        st.tuples(st.just("step"), st.none()),
        st.tuples(st.just("no room"), st.none()),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(actions, st.booleans())
def test_whatever_happens_nobody_is_lost_and_kv_and_books_agree(
    script: list[tuple[str, object]], can_share: bool
) -> None:
    scheduler, runner = make(n_slots=3, n_batch=16, can_share=can_share), FakeRunner(3)
    alive: dict[int, Sequence] = {}
    for n, (action, value) in enumerate(script):
        if action == "add":
            one = sequence(n, value, user=str(n % 3))  # type: ignore[arg-type]
            try:
                scheduler.add(one)
                alive[n] = one
            except QueueIsFull:
                assert len(scheduler.running) + len(scheduler.queue) == 2 + 8
        elif action == "abort":
            scheduler.remove((1, value))  # type: ignore[arg-type]
            alive.pop(value, None)  # type: ignore[call-overload]
        elif action == "step":
            runner.step(scheduler)
        elif scheduler.running:
            try:
                slot = scheduler.no_room(scheduler.schedule())
            except OutOfRoom as out:
                slot = out.sequence.slot
                scheduler.fail(out.sequence)
                del alive[out.sequence.key[1]]
            if slot is not None:
                runner.kv[slot] = []
        for slot in scheduler.slots.all:
            assert runner.kv[slot.id][: len(slot.tokens)] == slot.tokens
    held = [one for slot in scheduler.slots.all if (one := slot.sequence)]
    assert sorted(one.key for one in held) == sorted(one.key for one in scheduler.running)
    waiting = scheduler.queue.order({})
    assert {one.key[1] for one in [*held, *waiting]} == set(alive)


@settings(max_examples=60, deadline=None)
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
