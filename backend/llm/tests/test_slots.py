"""Who gets which slot, what of its KV is kept, and what lies in RAM meanwhile."""

from __future__ import annotations

from collections.abc import Sequence as Seq

from hypothesis import given
from hypothesis import strategies as st

from backend.llm.engine.placing import place
from backend.llm.engine.runner_protocol import Placed
from backend.llm.engine.scheduler import Scheduler
from backend.llm.engine.sequence import Sequence, State
from backend.llm.engine.slots import MIN_MOVED, Placement, common_prefix
from backend.llm.tests.fake_runner import FakeRunner, make, sequence
from backend.llm.tests.test_engine_loop import MoodyRunner


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


def ended(scheduler: Scheduler, runner: FakeRunner, n: int, prompt: int | list[int]) -> Sequence:
    one = sequence(n, prompt)
    scheduler.add(one)
    while one.n_output < 1:
        runner.step(scheduler)
    scheduler.remove(one.key)
    return one


def test_who_ended_goes_to_ram_as_another_begins_and_comes_back() -> None:
    scheduler, runner = make(n_running=1, parks_in_ram=True), FakeRunner(4)
    first = ended(scheduler, runner, 1, 200)
    assert (scheduler.slots.n_cells, len(runner.saved)) == (200, 0)
    ended(scheduler, runner, 2, 5)
    assert (scheduler.slots.n_cells, sum(map(len, runner.kv))) == (5, 5)
    again = ended(scheduler, runner, 3, [*first.tokens, 9])
    assert (again.n_cached, scheduler.slots.saved.n_restored) == (200, 1)


def test_one_moves_for_each_that_begins_the_longest_unused_first() -> None:
    scheduler, runner = make(n_running=3, parks_in_ram=True, max_saved_bytes=5000), FakeRunner(4)
    together = [sequence(n, 200) for n in (1, 2, 3)]
    for one in together:
        scheduler.add(one)
    while any(one.n_output < 1 for one in together):
        runner.step(scheduler)
    for one in together:
        scheduler.remove(one.key)
    ended(scheduler, runner, 4, 5)
    assert [tokens[0] for tokens in runner.saved.values()] == [1001]
    ended(scheduler, runner, 5, 5)
    assert [tokens[0] for tokens in runner.saved.values()] == [1001, 2001]


def test_a_title_moves_nobody() -> None:
    scheduler, runner = make(n_running=1, parks_in_ram=True), FakeRunner(4)
    ended(scheduler, runner, 1, 200)
    title = sequence(2, 5, priority="batch")
    scheduler.add(title)
    runner.step(scheduler)
    assert (runner.saved, len(runner.kv[0])) == ({}, 200)


def test_a_beginning_is_copied_from_one_that_moves_for_it() -> None:
    scheduler, runner = make(n_running=1, parks_in_ram=True), FakeRunner(4)
    first = ended(scheduler, runner, 1, 200)
    assert ended(scheduler, runner, 2, [*first.tokens[:90], 9, 9]).n_cached == 90
    assert [len(tokens) for tokens in runner.saved.values()] == [200]


def test_what_is_short_or_has_no_room_in_ram_stays_where_it_is() -> None:
    scheduler, runner = make(n_running=1, parks_in_ram=True, max_saved_bytes=199), FakeRunner(4)
    ended(scheduler, runner, 1, 200)
    ended(scheduler, runner, 2, MIN_MOVED - 1)
    ended(scheduler, runner, 3, 5)
    assert (scheduler.slots.n_cells, runner.saved) == (200 + MIN_MOVED - 1 + 5, {})


@given(st.lists(st.integers(0, 3), max_size=40), st.lists(st.integers(0, 3), max_size=40))
def test_common_prefix_is_what_it_says(left: list[int], right: list[int]) -> None:
    n = common_prefix(left, right)
    assert left[:n] == right[:n]
    assert n == min(len(left), len(right)) or left[n] != right[n]


def with_one_in_ram(n_running: int, n_tokens: int = 80) -> tuple[Scheduler, list[int]]:
    """Of three conversations in two slots the first lies in RAM."""
    scheduler, runner = make(n_running=n_running, n_slots=2), FakeRunner(2)
    for n in (1, 2, 3):
        one = sequence(n, n_tokens if n == 1 else 80)
        scheduler.add(one)
        while one.state is not State.DECODE:
            runner.step(scheduler)
        scheduler.remove(one.key)
    assert len(scheduler.slots.saved) == 1
    return scheduler, sequence(1, n_tokens).tokens


def test_what_could_not_be_brought_back_is_not_copied_for_the_next() -> None:
    scheduler, tokens = with_one_in_ram(2)
    first, second = sequence(4, [*tokens, 8]), sequence(5, [*tokens, 9])
    scheduler.add(first)
    scheduler.add(second)
    restored = []
    for placement in scheduler.admit():
        assert placement.copy_from is None
        restored.append(placement.restore is not None)
        scheduler.placed(placement, 0)
    assert restored == [True, True]
    assert (first.n_in_kv, second.n_in_kv) == (0, 0)


class FullRunner(MoodyRunner):
    """Brings nothing back from RAM before another conversation was dropped."""

    def place(self, placement: Placement) -> Placed:
        return Placed(placement.n_kept if self.dropped or placement.restore is None else 0, 80)

    def forget(self, states: Seq[int]) -> None: ...


def test_a_conversation_from_ram_that_finds_the_cache_full_has_a_parked_one_give_way() -> None:
    scheduler, tokens = with_one_in_ram(1)
    again, runner = sequence(4, [*tokens, 8]), FullRunner()
    scheduler.add(again)
    for placement in scheduler.admit():
        place(runner, scheduler, placement)
    assert (again.n_in_kv, scheduler.slots.saved.n_restored) == (80, 1)
    (parked,) = scheduler.slots.free()
    assert (runner.dropped, parked.tokens) == ([parked.id], [])


def test_for_the_beginning_of_a_long_one_nobody_gives_way() -> None:
    """It would take the cells of all of it; the few tokens that both begin with are read sooner than what is parked."""
    scheduler, tokens = with_one_in_ram(1, 300)
    other, runner = sequence(4, [*tokens[:100], 8]), FullRunner()
    scheduler.add(other)
    for placement in scheduler.admit():
        assert placement.restore is not None
        place(runner, scheduler, placement)
    (parked,) = scheduler.slots.free()
    assert (runner.dropped, len(parked.tokens), other.n_in_kv) == ([], 80, 0)


def test_one_that_cannot_be_brought_back_at_all_is_read_anew() -> None:
    scheduler, tokens = with_one_in_ram(1)
    again, runner = sequence(4, [*tokens, 8]), FullRunner()
    scheduler.slots.evict_one()
    scheduler.slots.evict_one()
    scheduler.add(again)
    for placement in scheduler.admit():
        place(runner, scheduler, placement)
    assert (again.n_in_kv, again.n_cached, runner.dropped) == (0, 0, [])
    assert scheduler.slots.saved.n_restored == 0
