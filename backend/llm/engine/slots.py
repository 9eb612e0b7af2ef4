"""Slots: the KV sequences of the context, and who holds them. Pure bookkeeping; the runner moves the memory.

A slot keeps the KV of a sequence that ended, so that the next turn of the conversation only reads what is new. More slots
exist than replies may run at once; the others are parked conversations. Where RAM can hold them they are moved there as others
begin: llama.cpp looks at all cells of the pool for each row of a step (docs/adr/0021). Owned by the scheduler.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass, field

from backend.llm.engine.prefix_cache import MIN_TOKENS, PrefixCache
from backend.llm.engine.sequence import Sequence, State

# A slot is taken over for its prefix when at least this part of what it holds is of use; else the oldest is given up.
MIN_USEFUL_PART = 0.5
MIN_MOVED = 2 * MIN_TOKENS  # tokens of a parked conversation that are worth moving


@dataclass(eq=False, slots=True)
class Slot:
    id: int
    tokens: list[int] = field(default_factory=list)  # what its KV holds
    sequence: Sequence | None = None
    used_at: int = 0  # a counter, not a time


@dataclass(frozen=True, slots=True)
class Placement:
    """Give `sequence` the slot: keep its first `n_kept` tokens, or take them from another slot or from a saved state.

    In this order: forget states, save what the slot holds, or else what `move` holds, drop `move`, then copy or restore, then cut
    to `n_kept`. Where `move` is copied from, it is dropped last.
    """

    sequence: Sequence
    slot: int
    n_kept: int
    copy_from: int | None = None
    save_as: int | None = None
    forget: tuple[int, ...] = ()
    restore: int | None = None
    move: int | None = None


def common_prefix(left: Seq[int], right: Seq[int]) -> int:
    """How many tokens both begin with."""
    limit = min(len(left), len(right))
    if left[:limit] == right[:limit]:
        return limit
    low, high = 0, limit  # left[:low] agrees, left[:high] does not
    while high - low > 1:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low


class Slots:
    """`can_share` is False for models with recurrent state: there only a whole slot can be gone on with. `parks_in_ram`: those
    who ended are moved out of the KV cache as others begin, one for each that begins."""

    def __init__(
        self, n: int, *, can_share: bool = True, saved: PrefixCache | None = None, parks_in_ram: bool = False
    ) -> None:
        self.all = [Slot(id) for id in range(n)]
        self.saved = PrefixCache(0, 1.0) if saved is None else saved
        self._can_share, self._parks_in_ram = can_share, parks_in_ram
        self._clock = 0

    def free(self) -> list[Slot]:
        return [slot for slot in self.all if slot.sequence is None]

    @property
    def n_used(self) -> int:
        return sum(slot.sequence is not None for slot in self.all)

    @property
    def n_cells(self) -> int:
        return sum(len(slot.tokens) for slot in self.all)

    def told(self) -> list[tuple[int, str, str]]:
        """SlotStats of each, in their order."""
        return [
            (len(slot.tokens), _phase(slot), slot.sequence.request_id if slot.sequence else "") for slot in self.all
        ]

    def place(self, sequence: Sequence) -> Placement:
        """Take the best free slot for `sequence`. The caller knows that one is free."""
        # The last token is always read again: its logits are needed.
        readable = sequence.tokens[:-1]
        target, n_kept = self._best_free(readable)
        copy_from = restore = None
        if self._can_share:
            donor = max(self.all, key=lambda slot: common_prefix(slot.tokens, readable))
            n_donor = common_prefix(donor.tokens, readable)
            if n_donor > n_kept:
                copy_from, n_kept = (donor.id, n_donor) if donor is not target else (None, n_donor)
        saved, n_saved = self.saved.best(lambda tokens: self._n_useful(tokens, readable))
        if saved is not None and n_saved >= n_kept + MIN_TOKENS:
            copy_from, restore, n_kept = None, saved, n_saved
            self.saved.use(saved)
        n_kept = sequence.whole(n_kept)
        save_as, forget = self._save(target, n_kept if restore is None and copy_from is None else 0, restore)
        target.sequence = sequence
        target.tokens = list(readable[:n_kept])
        self._touch(target)
        sequence.slot, sequence.n_in_kv = target.id, n_kept
        move = None
        # One state for each that begins: that takes long enough. A title or a note moves nobody: what it is about goes on soon.
        if save_as is None and sequence.priority != "batch":
            move, save_as, forget = self._move_one(restore)
        return Placement(sequence, target.id, n_kept, copy_from, save_as, forget, restore, move)

    def placed(self, placement: Placement, n_kept: int, saved_bytes: int) -> tuple[int, ...]:
        """What came of it. Returns saved states to be forgotten."""
        del self.all[placement.slot].tokens[n_kept:]
        self.saved.n_restored += placement.restore is not None and n_kept > 0
        return () if placement.save_as is None else self.saved.weighed(placement.save_as, saved_bytes)

    def _save(self, slot: Slot, n_kept: int, restored: int | None) -> tuple[int | None, tuple[int, ...]]:
        """Whether what the slot is about to lose is worth keeping in RAM."""
        if len(slot.tokens) - n_kept < MIN_TOKENS:
            return None, ()
        return self.saved.add(list(slot.tokens), keep=restored)

    def _move_one(self, restored: int | None) -> tuple[int | None, int | None, tuple[int, ...]]:
        """The longest unused parked conversation gives its cells up: its slot, and the state that it becomes."""
        parked = [slot for slot in self.free() if len(slot.tokens) >= MIN_MOVED]
        if not self._parks_in_ram or not parked:
            return None, None, ()
        slot = min(parked, key=lambda one: one.used_at)
        save_as, forget = self.saved.add(slot.tokens, keep=restored)
        if save_as is None:
            return None, None, ()
        slot.tokens = []
        return slot.id, save_as, forget

    def _n_useful(self, tokens: Seq[int], readable: list[int]) -> int:
        n = common_prefix(tokens, readable)
        return n if self._can_share or n == len(tokens) else 0

    def release(self, sequence: Sequence, *, keep: bool = True) -> None:
        """The sequence gives its slot back; with `keep` the KV stays for the next turn."""
        if sequence.slot is None:
            return
        slot = self.all[sequence.slot]
        sequence.slot = None
        slot.sequence = None
        self._touch(slot)
        if not keep:
            slot.tokens = []

    def evict_one(self) -> int | None:
        """Forget the longest unused parked conversation; the id of its slot, None when there is none."""
        parked = [slot for slot in self.free() if slot.tokens]
        if not parked:
            return None
        oldest = min(parked, key=lambda slot: slot.used_at)
        oldest.tokens = []
        return oldest.id

    def _best_free(self, readable: list[int]) -> tuple[Slot, int]:
        free = self.free()
        useful = []
        for slot in free:
            n = self._n_useful(slot.tokens, readable)
            if n and n >= MIN_USEFUL_PART * len(slot.tokens):
                useful.append((n, slot.used_at, slot))
        if useful:
            n, _, slot = max(useful, key=lambda one: one[:2])
            return slot, n
        oldest = min(free, key=lambda slot: (bool(slot.tokens), slot.used_at))
        return oldest, (common_prefix(oldest.tokens, readable) if self._can_share else 0)

    def _touch(self, slot: Slot) -> None:
        self._clock += 1
        slot.used_at = self._clock


def _phase(slot: Slot) -> str:
    if slot.sequence is not None:
        return "decode" if slot.sequence.state is State.DECODE else "prefill"
    return "parked" if slot.tokens else "free"
