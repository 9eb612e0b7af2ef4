"""The scheduler decides; a fake runner obeys. No llama.cpp here."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm.engine.rates import FIRST_CHUNK
from backend.llm.engine.scheduler import OutOfRoom, QueueIsFull, Scheduler
from backend.llm.engine.sequence import Sequence, State
from backend.llm.engine.step import Step
from backend.llm.tests.fake_runner import END, FakeRunner, make, sequence


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
        assert step.n_tokens == FIRST_CHUNK
    assert one.n_output == 4
    assert long.n_output == 0


def test_while_several_wait_for_their_first_word_more_is_read_in_a_step() -> None:
    scheduler, runner = make(n_running=4, n_batch=256), FakeRunner(4)
    scheduler.add(sequence(1))
    runner.step(scheduler)
    ms = scheduler.rates.target_itl_ms
    scheduler.rates.step_took(0.1 * ms, n_decode=1, n_prefill=0)
    scheduler.rates.step_took(0.9 * ms, n_decode=1, n_prefill=79)
    scheduler.add(sequence(2, 200))
    assert runner.step(scheduler).n_prefill == 87
    scheduler.add(sequence(3, 200))
    assert runner.step(scheduler).n_prefill == 167


@pytest.mark.parametrize(
    ("shown", "n_read"),
    [
        ("text text text", [63, 63, 63]),
        ("half text text", [0, 63, 63]),
        ("half half text", [0, 0, 63]),
        ("half half half half half text", [0, 0, 0, 63, 63, 63]),  # no character has so many tokens
    ],
)
def test_after_half_of_a_character_the_next_step_reads_nothing(shown: str, n_read: list[int]) -> None:
    scheduler, runner = make(), FakeRunner(4)
    one = sequence(1)
    scheduler.add(one)
    runner.step(scheduler)
    scheduler.add(sequence(2, 1000))
    read = []
    for text in shown.split():
        one.n_silent = one.n_silent + 1 if text == "half" else 0
        step = runner.step(scheduler)
        assert (step.chunks[0].sequence, step.n_decode) == (one, 1)
        read.append(step.n_prefill)
    assert read == n_read


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_however_little_text_a_reply_shows_a_prompt_beside_it_is_read(shows: list[bool]) -> None:
    """Of four steps in a row one reads, and each that follows text does."""
    scheduler, runner = make(), FakeRunner(4)
    one = sequence(1)
    scheduler.add(one)
    runner.step(scheduler)
    scheduler.add(sequence(2, 10_000))
    n_idle = 0
    for is_shown in shows:
        one.n_silent = 0 if is_shown else one.n_silent + 1
        n_idle = 0 if runner.step(scheduler).n_prefill else n_idle + 1
        assert n_idle <= 3
        assert is_shown <= (n_idle == 0)


def test_nothing_is_guessed_in_a_step_that_reads_nothing_for_a_reader_who_waits() -> None:
    scheduler, runner = make(n_draft=4), FakeRunner(4, token=lambda one: len(one.tokens) % 4)
    for n_rows in (1, 4):
        scheduler.rates.step_took(10, n_rows, 0)
    one = sequence(1, [0, 1, 2, 3, 0, 1, 2, 3])
    scheduler.add(one)
    runner.step(scheduler)
    assert scheduler.schedule().n_drafted == 3
    scheduler.add(sequence(2, 1000))
    one.n_silent = 1
    step = runner.step(scheduler)
    assert (step.n_prefill, step.n_drafted) == (0, 0)


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
    assert scheduler.queue.order([]) == [new]


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


@settings(max_examples=150)
@given(actions, st.booleans(), st.booleans())
def test_whatever_happens_nobody_is_lost_and_kv_and_books_agree(
    script: list[tuple[str, object]], can_share: bool, parks_in_ram: bool
) -> None:
    scheduler, runner = make(n_slots=3, n_batch=16, can_share=can_share, parks_in_ram=parks_in_ram), FakeRunner(3)
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
    waiting = scheduler.queue.order([])
    assert {one.key[1] for one in [*held, *waiting]} == set(alive)


def test_prompts_are_read_one_after_the_other_and_a_second_one_of_a_user_last() -> None:
    scheduler, runner = make(n_running=4, n_batch=64), FakeRunner(4)
    for n, user in enumerate(["greedy", "greedy", "modest", "other"]):
        scheduler.add(sequence(n, 120 + n, user=user))
    ended: list[str] = []
    while len(ended) < 4:
        ended += [
            chunk.sequence.request_id for chunk in runner.step(scheduler).chunks if chunk.is_prefill and chunk.samples
        ]
    assert ended == ["0", "2", "3", "1"]


def test_a_long_prompt_is_overtaken_by_no_more_than_its_own_length() -> None:
    scheduler, runner = make(n_running=3, n_batch=64), FakeRunner(4)
    long = sequence(0, 640, user="patient")
    scheduler.add(long)
    n_overtaking = 0
    for n in range(1, 100):
        scheduler.add(sequence(n, 64, user=f"hasty {n}"))
        scheduler.running[:] = [one for one in scheduler.running if one is long or one.state is not State.DECODE]
        for slot in scheduler.slots.all:
            slot.sequence = slot.sequence if slot.sequence in scheduler.running else None
        n_overtaking += sum(chunk.sequence is not long for chunk in runner.step(scheduler).chunks)
        if long.state is State.DECODE:
            break
    assert long.state is State.DECODE
    assert n_overtaking <= 30


class SmallRunner(FakeRunner):
    """Has `n_cells`, and says so as llama.cpp does."""

    def __init__(self, n_slots: int, n_cells: int) -> None:
        super().__init__(n_slots, token=lambda one: END if one.n_output + 1 >= one.max_tokens else 7)
        self.n_cells = n_cells
        self.n_full = 0

    def decode(self, scheduler: Scheduler, step: Step) -> bool:
        if sum(map(len, self.kv)) + step.n_tokens <= self.n_cells:
            return True
        self.n_full += 1
        slot = scheduler.no_room(step)
        if slot is not None:
            self.kv[slot] = []
        return False


asked = st.tuples(st.integers(1, 60), st.integers(1, 30), st.integers(0, 2), st.booleans())


@settings(max_examples=120)
@given(st.lists(asked, min_size=1, max_size=14), st.integers(95, 200), st.booleans())
def test_within_any_budget_everybody_is_served_once_and_to_the_end(
    requests: list[tuple[int, int, int, bool]], n_cells: int, knows_the_mean: bool
) -> None:
    scheduler = make(n_running=3, n_slots=5, n_batch=32, n_cells=n_cells, max_queued=20)
    runner = SmallRunner(5, n_cells)
    if knows_the_mean:
        scheduler.rates.reply_ended(2)  # far too little for some: they meet a full cache and must not be lost
    ends: Counter[int] = Counter()
    for n, (n_prompt, n_out, user, is_batch) in enumerate(requests):
        one = sequence(n, n_prompt, user=str(user), priority="batch" if is_batch else "interactive")
        one.max_tokens = n_out
        scheduler.add(one)
    for turn in range(3000):
        if not scheduler.running and not len(scheduler.queue):
            break
        step = runner.step(scheduler)
        assert sum(map(len, runner.kv)) <= n_cells
        running = scheduler.running
        if not knows_the_mean:
            assert len(running) == 1 or sum(map(scheduler.cells_expected, running)) <= n_cells
        for one in [chunk.sequence for chunk in step.chunks]:
            one.has_started, one.started_s = True, one.started_s or float(turn + 1)
            if one.state is State.DECODE and one.n_output >= one.max_tokens:
                scheduler.remove(one.key)
                ends[one.key[1]] += 1
    assert ends == dict.fromkeys(range(len(requests)), 1)
    assert scheduler.slots.n_used == 0


def test_a_full_context_forgets_its_older_half_and_the_reply_goes_on() -> None:
    scheduler, runner = make(n_running=1, n_batch=16), FakeRunner(4)
    one = sequence(1, 40, shifts_at=64)
    one.max_tokens = 200
    beginning = one.tokens[:8]
    scheduler.add(one)
    while one.n_output < 200 or one.state is not State.DECODE:
        runner.step(scheduler)
        assert len(one.tokens) <= 64
    assert (one.n_output, one.tokens[:8]) == (200, beginning)
    assert one.n_shifted == 40 + 200 - len(one.tokens)
