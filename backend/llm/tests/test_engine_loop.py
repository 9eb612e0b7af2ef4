"""The step loop with a runner that does what llama.cpp does on its bad days. No llama.cpp here."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import pytest

from backend.llm.engine.engine import Engine, Event
from backend.llm.engine.rates import Rates
from backend.llm.engine.replies import Replies
from backend.llm.engine.runner_protocol import NO_ROOM, OK, Placed
from backend.llm.engine.sampling import SamplerPlan
from backend.llm.engine.scheduler import Limits, Scheduler
from backend.llm.engine.sequence import Key, Sequence
from backend.llm.engine.slots import Placement, Slots
from backend.llm.engine.step import Step
from backend.llm.types import SamplingParams

END = 2


class MoodyRunner:
    """Says "word " for every token; `moods` are the results of its next decodes, OK after that."""

    def __init__(self) -> None:
        self.moods: list[int] = []
        self.dropped: list[int] = []
        self.samplers: set[Key] = set()
        self.next_token = 7
        self.pieces: dict[int, bytes] = {}

    def place(self, placement: Placement) -> Placed:
        return Placed(placement.n_kept)

    def forget(self, states: Seq[int]) -> None:
        assert not states

    def drop(self, slot: int) -> None:
        self.dropped.append(slot)

    def decode(self, step: Step) -> int:
        return self.moods.pop(0) if self.moods else OK

    def sample(self, step: Step) -> dict[Key, list[int]]:
        return {chunk.sequence.key: [self.next_token] for chunk in step.chunks if chunk.samples}

    def open_sampler(self, key: Key, plan: SamplerPlan, prompt_tail: Seq[int]) -> None:
        self.samplers.add(key)

    def close_sampler(self, key: Key) -> None:
        self.samplers.remove(key)

    def piece(self, token: int) -> bytes:
        return self.pieces.get(token, b"word ")

    def is_end(self, token: int) -> bool:
        return token == END


class House:
    def __init__(self, *, n_running: int = 2) -> None:
        self.runner = MoodyRunner()
        self.events: list[list[Any]] = []
        self.phases: list[str] = []
        self.replies = Replies({END})
        scheduler = Scheduler(Slots(4), Rates(150), Limits(n_running, n_batch=64, max_queued=2))
        self.engine = Engine(
            self.runner, scheduler, replies=self.replies, publish=self.publish, beat=self.phases.append
        )

    def publish(self, events: list[Event]) -> None:
        self.events += [event for _, event in events]

    def ask(self, sid: int, n_prompt: int = 3, **options: Any) -> None:
        tokens = list(range(100 * sid, 100 * sid + n_prompt))
        options = {"max_tokens": 5, **options}
        self.engine.submit(Sequence((1, sid), str(sid), tokens, params=SamplingParams(), **options))

    def run(self, n: int) -> None:
        for _ in range(n):
            self.engine.run_once()

    def run_to_end(self) -> None:
        while (stats := self.engine.stats())["n_running"] or stats["n_queued"]:
            self.run(1)

    def kinds(self, sid: int) -> list[str]:
        return [event[0] for event in self.events if event[1] == sid]


def test_it_works() -> None:
    house = House()
    house.ask(1)
    house.run(5)
    assert house.kinds(1) == ["started", *["delta"] * 5, "finished"]
    assert house.events[-1][2]["finish_reason"] == "length"
    assert house.runner.samplers == set()
    assert house.replies.tokens_of("word " * 5) == (7,) * 5


def test_an_end_token_is_no_text_and_not_remembered_as_part_of_the_reply() -> None:
    house = House()
    house.ask(1)
    house.run(2)
    house.runner.next_token = END
    house.run(1)
    assert house.kinds(1) == ["started", "delta", "delta", "finished"]
    assert house.events[-1][2]["finish_reason"] == "stop"
    assert house.replies.tokens_of("word word ") == (7, 7)


@pytest.mark.parametrize("end", ["length", "abort"])
@pytest.mark.parametrize(
    ("piece", "stops"),
    [("한".encode()[:2], ()), (b"!" + "한".encode()[:2], ()), (b"</", ("</s>",))],
    ids=["half", "text and half", "stop"],
)
def test_a_reply_that_ends_within_a_character_or_a_stop_string_is_not_remembered_with_what_nobody_saw(
    piece: bytes, stops: tuple[str, ...], end: str
) -> None:
    house = House()
    house.runner.pieces[8] = piece
    house.ask(1, max_tokens=2 if end == "length" else 5, stops=stops)
    house.run(1)
    house.runner.next_token = 8
    house.run(1)
    house.engine.abort((1, 1))
    house.run(1)
    text = "".join(event[2] for event in house.events if event[0] == "delta")
    is_whole = end == "length" and bool(stops)  # it turned out to be none
    assert house.replies.tokens_of(text) == ((7, 8) if is_whole else None)


def test_without_room_the_newest_waits_and_then_finishes_as_if_nothing_had_been() -> None:
    house = House()
    house.ask(1)
    house.run(1)
    house.ask(2)
    house.run(1)
    house.runner.moods = [NO_ROOM]
    house.run_to_end()
    for sid in (1, 2):
        assert house.kinds(sid) == ["started", *["delta"] * 5, "finished"]
    assert len(house.runner.dropped) == 1


def test_a_failed_decode_ends_those_in_the_batch_and_clears_their_slots() -> None:
    house = House()
    house.ask(1)
    house.run(1)
    house.runner.moods = [-3]
    house.run(1)
    assert house.kinds(1) == ["started", "delta", "error"]
    assert house.events[-1][2] == "llm_error"
    assert house.runner.dropped == [0]
    house.ask(2)
    house.run(5)
    assert house.kinds(2)[-1] == "finished"
    assert house.engine.stats()["requests_failed_total"] == 1


def test_the_beat_tells_the_phase_before_the_step_is_computed() -> None:
    house = House()
    house.ask(1, n_prompt=150)
    house.run(4)
    assert house.phases == ["prefill", "prefill", "prefill", "decode"]


def test_an_abort_and_a_lost_connection_end_all_that_is_theirs() -> None:
    house = House()
    for sid in (1, 2, 3):
        house.ask(sid)
    house.run(1)
    house.engine.abort((1, 1))
    house.run(1)
    assert house.engine.stats()["n_running"] == 2
    house.engine.abort_connection(1)
    house.run(1)
    stats = house.engine.stats()
    assert (stats["n_running"], stats["n_queued"], stats["n_slots_used"]) == (0, 0, 0)
    assert house.runner.samplers == set()


def test_a_full_queue_is_told_with_a_time() -> None:
    house = House(n_running=1)
    house.ask(1, max_tokens=50)
    house.run(1)
    for sid in (2, 3, 4):
        house.ask(sid)
    house.run(1)
    assert [event[:3] for event in house.events if event[0] == "queued"] == [["queued", 2, 1], ["queued", 3, 2]]
    refused = next(event for event in house.events if event[0] == "error")
    assert refused[1:3] == [4, "queue_full"]
    assert refused[4] >= 1


def test_stop_ends_the_loop() -> None:
    house = House()
    house.ask(1)
    house.engine.stop()
    house.engine.run()
    assert house.kinds(1)[0] == "started"


def test_a_reply_that_finds_no_room_even_alone_ends_in_an_error() -> None:
    house = House()
    house.ask(1)
    house.run(1)
    house.runner.moods = [NO_ROOM]
    house.run_to_end()
    assert house.kinds(1) == ["started", "delta", "error"]
