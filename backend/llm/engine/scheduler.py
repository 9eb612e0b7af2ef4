"""Decides what each step computes. Pure: no llama.cpp, no clock, no I/O; table-tested with a fake runner.

A step first carries one token of each decoding sequence, then chunks of prompts under a budget, so that a long prompt
never freezes the others. `admit` gives slots away, `schedule` decides, the runner computes, `update` takes in the tokens.
Owned by the engine's thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.llm.engine.queue import AdmissionQueue
from backend.llm.engine.rates import Rates
from backend.llm.engine.sequence import Key, Sequence, State
from backend.llm.engine.slots import Placement, Slots


class QueueIsFull(Exception):
    """`retry_after_s` from measured rates."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"queue is full, retry after {retry_after_s} s")


class OutOfRoom(Exception):
    """The sequence cannot be computed even alone: trying again would go on for ever."""

    def __init__(self, sequence: Sequence) -> None:
        self.sequence = sequence
        super().__init__(f"no room for {sequence.request_id}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """`n` tokens of a sequence, from position `start`; the last one's logits are sampled when it `samples`."""

    sequence: Sequence
    start: int
    n: int
    samples: bool
    is_prefill: bool = False

    @property
    def tokens(self) -> list[int]:
        return self.sequence.tokens[self.start : self.start + self.n]


@dataclass(slots=True)
class Step:
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def n_tokens(self) -> int:
        return sum(chunk.n for chunk in self.chunks)

    @property
    def n_decode(self) -> int:
        return sum(not chunk.is_prefill for chunk in self.chunks)

    @property
    def n_prefill(self) -> int:
        return sum(chunk.n for chunk in self.chunks if chunk.is_prefill)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place in the queue that changed."""

    sequence: Sequence
    place: int
    eta_ms: int | None


class Scheduler:
    def __init__(self, slots: Slots, rates: Rates, *, n_running_max: int, n_batch: int, max_queued: int) -> None:
        self.slots = slots
        self.rates = rates
        self.running: list[Sequence] = []
        self.queue = AdmissionQueue()
        self._n_running_max = n_running_max
        self._n_batch = n_batch
        self._max_queued = max_queued
        self._shrunk_to: int | None = None

    # --- coming and going ------------------------------------------------------------------------------------------

    def add(self, sequence: Sequence) -> None:
        """Queue it. Raises QueueIsFull."""
        # What came since the last step is in the queue too, although slots may be free for it.
        if len(self.running) + len(self.queue) >= self._n_running_max + self._max_queued:
            eta_ms = self.rates.eta_ms(len(self.queue) + 1, self._outputs())
            raise QueueIsFull(max(1, -(-eta_ms // 1000)) if eta_ms is not None else 5)
        self.queue.add(sequence)

    def remove(self, key: Key) -> Sequence | None:
        """Abort or end: its slot is free at once, its KV stays for the next turn."""
        sequence = self.queue.remove(key)
        if sequence is None:
            sequence = next((one for one in self.running if one.key == key), None)
            if sequence is None:
                return None
            self._leave(sequence, keep=True)
        sequence.state = State.ENDED
        return sequence

    def places(self) -> list[Waiting]:
        """Who has to wait at another place than told before. Marks them as told."""
        changed = []
        outputs = self._outputs()
        for place, sequence in enumerate(self.queue.order(self._per_user()), start=1):
            if sequence.place != place and not sequence.has_started:
                sequence.place = place
                changed.append(Waiting(sequence, place, self.rates.eta_ms(place, outputs)))
        return changed

    def admit(self) -> list[Placement]:
        """Give slots to those who are next. The runner moves the memory, in this order, before `schedule`."""
        placements = []
        while len(self.running) < self._n_running_max:
            sequence = self.queue.pop(self._per_user())
            if sequence is None:
                break
            placements.append(self.slots.place(sequence))
            sequence.state = State.PREFILL
            self.running.append(sequence)
        return placements

    def placed(self, placement: Placement, n_kept: int) -> None:
        """The runner could keep `n_kept` tokens, which may be fewer than planned."""
        sequence = placement.sequence
        del self.slots.all[placement.slot].tokens[n_kept:]
        sequence.n_in_kv = n_kept
        if not sequence.has_started:
            sequence.n_cached = n_kept

    # --- one step ----------------------------------------------------------------------------------------------------

    def schedule(self) -> Step:
        """What to compute now; empty chunks when there is nothing to do."""
        step = Step()
        for sequence in self.running:
            if sequence.state is State.DECODE:
                step.chunks.append(Chunk(sequence, sequence.n_in_kv, 1, samples=True))
        self._add_prefill(step)
        return step

    def update(self, step: Step, sampled: Mapping[Key, int]) -> None:
        """The step was computed: its tokens lie in the KV cache, each sampling chunk has its new token."""
        self._shrunk_to = None
        for chunk in step.chunks:
            sequence = chunk.sequence
            if sequence.slot is not None:
                self.slots.all[sequence.slot].tokens.extend(chunk.tokens)
            sequence.n_in_kv += chunk.n
            if chunk.samples:
                sequence.tokens.append(sampled[sequence.key])
                sequence.state = State.DECODE

    def no_room(self, step: Step) -> int | None:
        """llama_decode found no cells. Returns a slot whose memory must be dropped before the step is tried again.

        Parked conversations go first, then the chunk of prompt is halved, then the newest reply goes back into the
        queue. None: nothing to drop, schedule again. Raises OutOfRoom when even a reply that is alone does not fit.
        """
        evicted = self.slots.evict_one()
        if evicted is not None:
            return evicted
        if step.n_prefill > 1:
            self._shrunk_to = max(1, step.n_prefill // 2)
            return None
        newest = max(self.running, key=lambda one: one.started_s)
        if len(self.running) == 1:
            raise OutOfRoom(newest)
        slot = newest.slot
        self._leave(newest, keep=False)
        newest.state, newest.n_in_kv = State.WAITING, 0
        self.queue.put_back(newest)
        return slot

    def fail(self, sequence: Sequence) -> None:
        """It ended in an error; what its slot holds is not trusted."""
        self._leave(sequence, keep=False)
        sequence.state = State.ENDED

    # --- parts ---------------------------------------------------------------------------------------------------------

    def _add_prefill(self, step: Step) -> None:
        reading = [one for one in self.running if one.state is State.PREFILL]
        if not reading:
            return
        chunk = self.rates.chunk(self._n_batch, is_alone=not step.chunks)
        budget = min(self._n_batch - step.n_tokens, chunk)
        if self._shrunk_to is not None:
            budget = min(budget, self._shrunk_to)
        # Equal shares, shortest first: what a short prompt leaves over goes to the longer ones.
        reading.sort(key=lambda one: one.n_to_read)
        for n_done, sequence in enumerate(reading):
            n = min(sequence.n_to_read, budget // (len(reading) - n_done))
            if n <= 0:
                continue
            budget -= n
            step.chunks.append(Chunk(sequence, sequence.n_in_kv, n, samples=n == sequence.n_to_read, is_prefill=True))

    def _leave(self, sequence: Sequence, *, keep: bool) -> None:
        self.running.remove(sequence)
        self.slots.release(sequence, keep=keep)

    def _per_user(self) -> Counter[str]:
        return Counter(one.user for one in self.running)

    def _outputs(self) -> list[int]:
        return [one.n_output for one in self.running]
