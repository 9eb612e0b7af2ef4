"""Decides what each step computes. Pure: no llama.cpp, no clock, no I/O; table-tested with a fake runner.

A step first carries one token of each decoding sequence, then a chunk of prompt of the length that the target for gaps
leaves (about twice that while several prompts wait), so that a long prompt never freezes the others. Where a token showed no
text (half of a character) the next step reads nothing: its reader has waited for one already. Prompts are read one after the
other: in equal shares all would be read last. `admit` gives slots away while the KV cache has room for what is expected,
`schedule` decides, the runner computes, `update` takes in the tokens. Owned by the engine's thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

from backend.llm.engine.queue import AdmissionQueue
from backend.llm.engine.rates import Left, Rates
from backend.llm.engine.sequence import Key, Sequence, State
from backend.llm.engine.slots import Placement, Slots
from backend.llm.engine.speculation import Drafts, wanted_drafts, with_drafts
from backend.llm.engine.step import Chunk, Step

# In tokens of prompt read meanwhile: how much a prompt of another user, or of a person, may be longer and still come first.
SECOND_STANDS_BACK = 2048
BATCH_STANDS_BACK = 4096
N_FOR_A_CHARACTER = 3  # steps in a row that read nothing for a reply that shows no text: four bytes may be four tokens
NO_DRAFTS: Drafts = {}
# A waiting time is told again when it changed by more than this.
ETA_NEWS_MS = 2000
ETA_NEWS_PART = 0.25


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
class Waiting:
    """A place in the queue that changed."""

    sequence: Sequence
    place: int
    eta_ms: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """`n_cells` 0: the KV cache is not counted."""

    n_running: int
    n_batch: int
    max_queued: int
    n_cells: int = 0
    n_batch_lane: int = 1
    max_wait_s: float = 0.0  # 0: any
    n_draft: int = 0  # most tokens guessed ahead for one reply; 0: none


class Scheduler:
    def __init__(self, slots: Slots, rates: Rates, limits: Limits) -> None:
        self.slots = slots
        self.rates = rates
        self.running: list[Sequence] = []
        self.queue = AdmissionQueue(limits.n_batch_lane)
        self.is_paused = False  # nobody new gets a slot; who has begun goes on
        self._limits = limits
        self._shrunk_to: int | None = None
        self._may_draft = True
        self.n_preempted = 0
        self._n_read = 0  # tokens of prompt, ever: the clock by which prompts are put in order

    @property
    def has_work(self) -> bool:
        """Whether a step, or giving a slot away, could change anything now."""
        return bool(self.running or self.queue.has_returned or (len(self.queue) and not self.is_paused))

    # --- coming and going ------------------------------------------------------------------------------------------

    def add(self, sequence: Sequence) -> None:
        """Queue it. Raises QueueIsFull when there are too many, or when it would wait too long."""
        # What came since the last step is in the queue too, although slots may be free for it.
        n_ahead = len(self.running) + len(self.queue) - self._limits.n_running
        eta_ms = self.rates.eta_ms(n_ahead + 1, self._left()) if n_ahead >= 0 else 0
        too_long_ms = (eta_ms or 0) - self._limits.max_wait_s * 1000 if self._limits.max_wait_s else 0
        if n_ahead >= self._limits.max_queued:
            raise QueueIsFull(max(1, -(-eta_ms // 1000)) if eta_ms is not None else 5)
        if too_long_ms > 0:
            raise QueueIsFull(max(1, int(-(-too_long_ms // 1000))))
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
        """Who has to wait at another place, or clearly longer or shorter, than told before. Marks them as told."""
        changed = []
        left = self._left()
        for place, sequence in enumerate(self.queue.order(self.running), start=1):
            if sequence.has_started:
                continue
            eta_ms = None if self.is_paused else self.rates.eta_ms(place, left)
            if sequence.place != place or _is_news(sequence.eta_ms, eta_ms):
                sequence.place, sequence.eta_ms = place, eta_ms
                changed.append(Waiting(sequence, place, eta_ms))
        return changed

    def admit(self) -> Iterator[Placement]:
        """Give slots to those who are next, before `schedule`. The runner moves the memory for one, and `placed` is told, before
        the next is decided: what it could not keep must not be copied. A reply whose context is full is placed anew in its slot,
        with what it does not forget.
        """
        yield from [self._shift(one) for one in self.running if one.shifts_at and len(one.tokens) >= one.shifts_at]
        while len(self.running) < self._limits.n_running:
            if self.is_paused and not self.queue.has_returned:
                break
            sequence = self.queue.next(self.running)
            if sequence is None or not self._has_room(sequence):
                break
            self.queue.take(sequence)
            placement = self.slots.place(sequence)
            sequence.state = State.PREFILL
            self.running.append(sequence)
            yield placement

    def placed(self, placement: Placement, n_kept: int, saved_bytes: int = 0) -> tuple[int, ...]:
        """The runner could keep `n_kept` tokens, which may be fewer than planned. Returns saved states to be forgotten."""
        sequence = placement.sequence
        sequence.n_in_kv = n_kept
        if not sequence.has_started:
            sequence.n_cached = n_kept
            self.rates.reply_began(sequence.n_to_read)
        patience = BATCH_STANDS_BACK if sequence.priority == "batch" else 0
        sequence.read_by = self._n_read + sequence.n_to_read + patience
        return self.slots.placed(placement, n_kept, saved_bytes)

    # --- one step ----------------------------------------------------------------------------------------------------

    def wanted_drafts(self) -> list[tuple[Sequence, int]]:
        """For whom a draft model shall guess before `schedule`, and how many tokens."""
        decoding = [one for one in self.running if one.state is State.DECODE]
        if not self._limits.n_draft or not self._may_draft or len(decoding) < len(self.running):
            return []
        return wanted_drafts(decoding, self.rates, self._limits.n_draft, self._limits.n_batch)

    def schedule(self, drafts: Drafts = NO_DRAFTS) -> Step:
        """What to compute now; empty chunks when there is nothing to do."""
        step = Step()
        for sequence in self.running:
            if sequence.state is State.DECODE:
                step.chunks.append(Chunk(sequence, sequence.n_in_kv, 1, samples=True))
        self._add_prefill(step)
        # Guesses are for the time when only replies run: beside a prompt they would lengthen the gaps.
        is_reading = any(one.state is State.PREFILL for one in self.running)
        if self._limits.n_draft and self._may_draft and step.chunks and not is_reading:
            step.chunks = with_drafts(step.chunks, self.rates, self._limits.n_draft, self._limits.n_batch, drafts)
        return step

    def update(self, step: Step, sampled: Mapping[Key, Seq[int]]) -> None:
        """The step was computed: its tokens lie in the KV cache, each sampling chunk has its new tokens: those of its guesses
        that were right, and one more."""
        self._shrunk_to, self._may_draft = None, True
        for chunk in step.chunks:
            sequence = chunk.sequence
            new = sampled[sequence.key] if chunk.samples else ()
            sequence.tokens.extend(new)
            n = chunk.n + max(0, len(new) - 1)
            if sequence.slot is not None:
                self.slots.all[sequence.slot].tokens.extend(sequence.tokens[chunk.start : chunk.start + n])
            sequence.n_in_kv += n
            self._n_read += chunk.n if chunk.is_prefill else 0
            if chunk.samples:
                sequence.state = State.DECODE
            if chunk.luck is not None:
                chunk.luck.turned_out(len(chunk.draft), len(new) - 1)

    def no_room(self, step: Step) -> int | None:
        """llama_decode found no cells. Returns a slot whose memory must be dropped before the step is tried again.

        Parked conversations go first, then guesses, then the chunk of prompt is halved, then the newest reply goes back into
        the queue. None: nothing to drop, schedule again. Raises OutOfRoom when even a reply that is alone does not fit.
        """
        begins_anew = self._undo(step)
        evicted = self.slots.evict_one()
        if evicted is not None:
            return evicted
        if step.n_drafted:
            self._may_draft = False
            return None
        # An image that begins anew would do so again and again, in smaller and smaller chunks.
        can_shrink = not step.has_whole_image and not (begins_anew and len(self.running) > 1)
        if step.n_prefill > 1 and can_shrink:
            self._shrunk_to = max(1, step.n_prefill // 2)
            return None
        newest = max(self.running, key=lambda one: one.started_s)
        if len(self.running) == 1:
            raise OutOfRoom(newest)
        slot = newest.slot
        self._leave(newest, keep=False)
        self.n_preempted += 1
        newest.state, newest.n_in_kv = State.WAITING, 0
        self.queue.put_back(newest)
        return slot

    def _undo(self, step: Step) -> bool:
        """What the runner had to take out of the KV cache with a step that failed; whether that is more than the step."""
        begins_anew = False
        for chunk in step.chunks:
            if chunk.undone_to < chunk.start and chunk.sequence.slot is not None:
                begins_anew = True
                del self.slots.all[chunk.sequence.slot].tokens[chunk.undone_to :]
                chunk.sequence.n_in_kv = chunk.undone_to
        return begins_anew

    def fail(self, sequence: Sequence) -> None:
        """It ended in an error; what its slot holds is not trusted."""
        self._leave(sequence, keep=False)
        sequence.state = State.ENDED

    # --- parts ---------------------------------------------------------------------------------------------------------

    def _add_prefill(self, step: Step) -> None:
        reading = self._in_turn()
        if not reading or any(0 < one.sequence.n_silent <= N_FOR_A_CHARACTER for one in step.chunks):
            return
        left, at, n_decode = [one.n_to_read for one in reading], reading[0].n_in_kv, len(step.chunks)
        budget = self.rates.chunk(self._limits.n_batch, left, n_decode=n_decode, context=at)
        if self._shrunk_to is not None:
            budget = min(budget, self._shrunk_to)
        for sequence in reading:
            if budget <= 0:
                return
            at, n_left = sequence.n_in_kv, sequence.n_to_read
            n = sequence.n_together(at, min(n_left, budget))
            budget -= n
            step.chunks.append(
                Chunk(sequence, at, n, samples=n == n_left, is_prefill=True, image=sequence.image_at(at))
            )

    def _in_turn(self) -> list[Sequence]:
        """Who is reading, the next first: a prompt may overtake another by as much as it is shorter and no more, so that
        nobody waits for ever; a user's second prompt stands back behind others' first."""
        seen = Counter(one.user for one in self.running if one.state is State.DECODE)
        turns: list[tuple[int, int, Sequence]] = []
        for sequence in sorted(
            (one for one in self.running if one.state is State.PREFILL), key=lambda one: one.read_by
        ):
            turns.append((sequence.read_by + seen[sequence.user] * SECOND_STANDS_BACK, len(turns), sequence))
            seen[sequence.user] += 1
        return [sequence for _, _, sequence in sorted(turns, key=lambda turn: turn[:2])]

    def _has_room(self, sequence: Sequence) -> bool:
        """Whether the KV cache holds what all are expected to become. Parked conversations give way."""
        if not self._limits.n_cells or not self.running:
            return True
        return sum(map(self.cells_expected, [*self.running, sequence])) <= self._limits.n_cells

    def cells_expected(self, sequence: Sequence) -> int:
        n_left = max(0, self.rates.expected_output(sequence.max_tokens) - sequence.n_output)
        return len(sequence.tokens) + n_left

    def _leave(self, sequence: Sequence, *, keep: bool) -> None:
        self.running.remove(sequence)
        self.slots.release(sequence, keep=keep)

    def _shift(self, sequence: Sequence) -> Placement:
        assert sequence.slot is not None
        n_kept = sequence.shift()
        sequence.state = State.PREFILL
        return Placement(sequence, sequence.slot, n_kept)

    def _left(self) -> list[Left]:
        return [Left(one.n_output, one.max_tokens, max(0, one.n_prompt - one.n_in_kv)) for one in self.running]


def _is_news(told_ms: int | None, eta_ms: int | None) -> bool:
    if told_ms is None or eta_ms is None:
        return told_ms is not eta_ms
    return abs(eta_ms - told_ms) > max(ETA_NEWS_MS, ETA_NEWS_PART * told_ms)
