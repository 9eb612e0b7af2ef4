"""The scheduler decides; a fake runner obeys. No llama.cpp here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence as Seq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm.engine.prefix_cache import PrefixCache
from backend.llm.engine.queue import BATCH_PATIENCE, AdmissionQueue
from backend.llm.engine.rates import FIRST_CHUNK, SMALLEST_CHUNK, Left, Rates
from backend.llm.engine.scheduler import Limits, OutOfRoom, QueueIsFull, Scheduler
from backend.llm.engine.sequence import Sequence, State
from backend.llm.engine.slots import Slots, common_prefix
from backend.llm.engine.step import Chunk, Step

END = 0


def make(
    *,
    n_running: int = 2,
    n_slots: int = 4,
    n_batch: int = 128,
    max_queued: int = 8,
    n_cells: int = 0,
    max_wait_s: float = 0,
    n_draft: int = 0,
    max_saved_bytes: int = 500,
    can_share: bool = True,
) -> Scheduler:
    return Scheduler(
        Slots(n_slots, can_share=can_share, saved=PrefixCache(max_saved_bytes, 1.0)),
        Rates(150),
        Limits(n_running, n_batch, max_queued, n_cells=n_cells, max_wait_s=max_wait_s, n_draft=n_draft),
    )


def sequence(n: int, prompt: list[int] | int = 5, user: str = "", **options: object) -> Sequence:
    tokens = list(prompt) if isinstance(prompt, list) else [1000 * n + i for i in range(1, prompt + 1)]
    return Sequence(
        key=(1, n), request_id=str(n), tokens=tokens, max_tokens=50, user=user, arrived_s=float(n), **options
    )  # type: ignore[arg-type]


class FakeRunner:
    """Keeps what each slot's KV would hold, and is as strict about positions as llama.cpp."""

    def __init__(self, n_slots: int, token: Callable[[Sequence], int] = lambda _: 7, bytes_per_token: int = 1) -> None:
        self.bytes_per_token = bytes_per_token
        self.kv: list[list[int]] = [[] for _ in range(n_slots)]
        self.saved: dict[int, list[int]] = {}
        self._token = token

    def decode(self, scheduler: Scheduler, step: Step) -> bool:
        return True

    def step(self, scheduler: Scheduler) -> Step:
        for placement in scheduler.admit():
            for state in placement.forget:
                del self.saved[state]
            saved_bytes = 0
            if placement.save_as is not None:
                self.saved[placement.save_as] = list(self.kv[placement.slot])
                saved_bytes = self.bytes_per_token * len(self.kv[placement.slot])
            source = self.kv[placement.slot if placement.copy_from is None else placement.copy_from]
            if placement.restore is not None:
                source = self.saved[placement.restore]
            assert len(source) >= placement.n_kept
            self.kv[placement.slot] = list(source[: placement.n_kept])
            for state in scheduler.placed(placement, placement.n_kept, saved_bytes):
                del self.saved[state]
        step = scheduler.schedule()
        while not self.decode(scheduler, step):
            step = scheduler.schedule()
        sampled = {}
        for chunk in step.chunks:
            assert chunk.n > 0
            assert chunk.sequence.slot is not None
            kv = self.kv[chunk.sequence.slot]
            assert len(kv) == chunk.start, "a position was left out or written twice"
            kv += chunk.tokens
            if chunk.samples:
                assert kv == [*chunk.sequence.tokens, *chunk.draft], "the model would answer to another text"
                sampled[chunk.sequence.key] = self._sample(chunk)
                del kv[chunk.start + chunk.n + len(sampled[chunk.sequence.key]) - 1 :]
        scheduler.update(step, sampled)
        return step

    def _sample(self, chunk: Chunk) -> list[int]:
        tokens, new = chunk.sequence.tokens, []
        for guess in (*chunk.draft, None):
            new.append(self._token(chunk.sequence))
            tokens.append(new[-1])
            if new[-1] != guess:
                break
        del tokens[len(tokens) - len(new) :]
        return new


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
    assert rates.chunk(256, n_decode=1) == int((100 - 20) / (160 / 64)) - 1  # with the row of the reply a multiple of 4
    assert rates.chunk(256) == 256
    for _ in range(20):
        rates.step_took(10_000, n_decode=1, n_prefill=64)
    assert rates.chunk(256, n_decode=1) == SMALLEST_CHUNK - 1


def test_rows_beyond_those_measured_cost_what_a_token_of_prompt_does() -> None:
    rates = Rates(target_itl_ms=450)
    rates.step_took(20, n_decode=1, n_prefill=0)
    rates.step_took(260, n_decode=0, n_prefill=65)
    assert rates.decode_ms(16) == pytest.approx(20 + 15 * 4)


@pytest.mark.parametrize(("target_itl_ms", "n_rows"), [(450, 64), (250, 64), (200, 24), (1000, 128)])
def test_far_into_a_context_tiles_are_filled_unless_that_takes_twice_the_target(
    target_itl_ms: int, n_rows: int
) -> None:
    rates = Rates(target_itl_ms=target_itl_ms)
    rates.step_took(50, n_decode=4, n_prefill=0)
    rates.step_took(50 + 60 * 6.4, n_decode=4, n_prefill=60, context=900)
    assert rates.chunk(256, n_decode=4, context=900) + 4 == n_rows


def test_the_longer_the_context_the_smaller_the_chunk() -> None:
    rates = Rates(target_itl_ms=200)
    rates.step_took(50, n_decode=4, n_prefill=0)
    for context in (0, 512, 1024, 2048):
        rates.step_took(50 + 60 * (3 + 2 * context / 1024), n_decode=4, n_prefill=60, context=context)
    assert rates.reading.token_ms(0) == pytest.approx(3)
    assert rates.reading.token_ms(1024) == pytest.approx(5)
    assert rates.chunk(256, n_decode=4, context=0) > rates.chunk(256, n_decode=4, context=2048)


def test_reading_costs_of_one_context_are_a_mean_and_never_fall_with_the_context() -> None:
    rates = Rates(200)
    rates.step_took(300, 0, 100, context=50)
    assert rates.reading.token_ms(5000) == 3
    rates.step_took(100, 0, 100, context=2000)
    assert rates.reading.token_ms(5000) == rates.reading.token_ms(0)


def test_what_a_step_costs_lies_between_what_was_measured_beside_it() -> None:
    rates = Rates(200)
    assert rates.decode_ms(3) is None
    rates.step_took(20, 2, 0)
    rates.step_took(60, 6, 0)
    assert [rates.decode_ms(n) for n in (0, 1, 2, 4, 6, 12)] == [0, 20, 20, 40, 60, 120]


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
    scheduler, runner = make(n_running=1, n_slots=1, max_saved_bytes=150), FakeRunner(1)
    for n in range(1, 6):
        one = sequence(n, 64)
        scheduler.add(one)
        runner.step(scheduler)
        scheduler.remove(one.key)
    assert [tokens[0] for tokens in runner.saved.values()] == [3001, 4001]
    assert scheduler.slots.saved.n_bytes == 128


def test_ram_is_bounded_by_what_states_take_in_truth() -> None:
    """They were expected to take a byte for each token, and take three."""
    scheduler, runner = make(n_running=1, n_slots=1, max_saved_bytes=400), FakeRunner(1, bytes_per_token=3)
    saved = scheduler.slots.saved
    for n in range(1, 6):
        one = sequence(n, 64)
        scheduler.add(one)
        runner.step(scheduler)
        scheduler.remove(one.key)
        assert saved.n_bytes == sum(3 * len(tokens) for tokens in runner.saved.values()) <= 400
    assert [tokens[0] for tokens in runner.saved.values()] == [3001, 4001]
    assert set(saved.clear()) == set(runner.saved)
    assert (len(saved), saved.n_bytes) == (0, 0)


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
    assert refused.value.retry_after_s == 25  # the 50 tokens that the running one may say, and the waiting one's 200


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
    assert rates.eta_ms(1, [Left(0, 500)]) is None
    rates.step_took(50, 1, 0)
    rates.reply_ended(100)
    assert rates.eta_ms(1, [Left(40, 500)]) == 60 * 50
    assert rates.eta_ms(2, [Left(40, 500)]) == 60 * 50 + 100 * 50
    rates.step_took(400, 0, 100)
    assert rates.eta_ms(1, [Left(40, 500, n_unread=200)]) == 60 * 50 + 200 * 4


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
    waiting = scheduler.queue.order([])
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


def test_who_would_wait_too_long_is_refused_and_told_when_to_come_back() -> None:
    scheduler = make(n_running=1, max_wait_s=10)
    scheduler.rates.step_took(100, 1, 0)
    scheduler.rates.reply_ended(80)
    scheduler.add(sequence(1))
    scheduler.admit()
    scheduler.add(sequence(2))
    with pytest.raises(QueueIsFull) as refused:
        scheduler.add(sequence(3))
    assert refused.value.retry_after_s == 3  # 5 s and 8 s are more than 10 s


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


@settings(max_examples=120, deadline=None)
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
