"""Admission queue: bounded, fair between users, with places that can be told. Pure; owned by the scheduler.

Two lanes: interactive before batch (titles, evaluations), batch in a bounded number at once, and after `BATCH_PATIENCE`
interactive ones a batch one comes before them, so that it waits long but not for ever. Within a lane: the user with the
fewest replies running for his weight, then the one who had least for his weight so far, then the one who came first.
A sequence that lost its slot (`put_back`) comes before all others.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heapreplace

from backend.llm.engine.sequence import Key, Sequence

BATCH_PATIENCE = 16
MAX_USERS_KNOWN = 1024


@dataclass(slots=True)
class _Books:
    """What the order depends on: start-time fair queueing. `had` is replies over weight; nobody saves up what he left unused."""

    running: Counter[str]
    n_batch: int = 0
    had: dict[str, float] = field(default_factory=dict)
    now: float = 0.0  # what the one served last had had
    n_passed_over: int = 0  # interactive ones that came before a waiting batch one

    def rank(self, one: Sequence) -> tuple[float, float, float]:
        return (self.running[one.user] / one.weight, self._start(one), one.arrived_s)

    def _start(self, one: Sequence) -> float:
        return max(self.now, self.had.get(one.user, 0.0))

    def choose(self, waiting: list[Sequence], n_batch_max: int) -> Sequence | None:
        people = [one for one in waiting if one.priority != "batch"]
        batch = [one for one in waiting if one.priority == "batch"] if self.n_batch < n_batch_max else []
        lane = batch if batch and (not people or self.n_passed_over >= BATCH_PATIENCE) else people
        return min(lane, key=self.rank, default=None)

    def count(self, one: Sequence, *, batch_waits: bool) -> None:
        is_batch = one.priority == "batch"
        self.n_passed_over = 0 if is_batch or not batch_waits else self.n_passed_over + 1
        self.n_batch += is_batch
        self.now = self._start(one)
        self.had[one.user] = self.now + 1 / one.weight
        self.running[one.user] += 1


class _Lane:
    """Of those who wait the next one, again and again. Only the first of each user (and weight) is compared: all of a full queue
    with all of it, at every step, would take longer than the step. A rank only grows while others are counted, so that one
    that is still the least when it is looked at again is the least of all."""

    def __init__(self, waiting: Iterable[Sequence], books: _Books) -> None:
        lines: dict[tuple[str, float], deque[tuple[int, Sequence]]] = {}
        for place, one in sorted(enumerate(waiting), key=lambda placed: (placed[1].arrived_s, placed[0])):
            lines.setdefault((one.user, one.weight), deque()).append((place, one))
        self._books = books
        self._heads = [(books.rank(line[0][1]), line[0][0], line) for line in lines.values()]
        heapify(self._heads)

    def __bool__(self) -> bool:
        return bool(self._heads)

    def pop(self) -> Sequence:
        while True:
            told, place, line = self._heads[0]
            rank = self._books.rank(line[0][1])
            if rank == told:
                break
            heapreplace(self._heads, (rank, place, line))
        _, one = line.popleft()
        if line:
            heapreplace(self._heads, (self._books.rank(line[0][1]), line[0][0], line))
        else:
            heappop(self._heads)
        return one


class AdmissionQueue:
    def __init__(self, n_batch_max: int = 1) -> None:
        self._n_batch_max = n_batch_max
        self._waiting: list[Sequence] = []
        self._returned: list[Sequence] = []
        self._books = _Books(Counter())

    def __len__(self) -> int:
        return len(self._waiting) + len(self._returned)

    @property
    def has_returned(self) -> bool:
        """Whether somebody waits who had begun and lost the slot."""
        return bool(self._returned)

    def add(self, sequence: Sequence) -> None:
        self._waiting.append(sequence)

    def put_back(self, sequence: Sequence) -> None:
        self._returned.insert(0, sequence)

    def remove(self, key: Key) -> Sequence | None:
        for queue in (self._returned, self._waiting):
            for sequence in queue:
                if sequence.key == key:
                    queue.remove(sequence)
                    return sequence
        return None

    def next(self, running: list[Sequence]) -> Sequence | None:
        """Whose turn it is, None when nobody may come now."""
        if self._returned:
            return self._returned[0]
        return self._now(running).choose(self._waiting, self._n_batch_max)

    def take(self, sequence: Sequence) -> None:
        """The one that `next` said goes."""
        if sequence in self._returned:
            self._returned.remove(sequence)
            return
        self._waiting.remove(sequence)
        self._books.count(sequence, batch_waits=self._batch_waits(self._waiting))
        self._forget_old_users()

    def order(self, running: list[Sequence]) -> list[Sequence]:
        """Everybody in the order in which they would be served if nobody came or left."""
        ordered, books = list(self._returned), self._now(running)
        people = _Lane((one for one in self._waiting if one.priority != "batch"), books)
        batch = _Lane((one for one in self._waiting if one.priority == "batch"), books)
        while people or batch:
            is_batchs_turn = books.n_batch < self._n_batch_max and books.n_passed_over >= BATCH_PATIENCE
            # Who is out of the question now comes when the others have gone.
            chosen = (batch if batch and (is_batchs_turn or not people) else people).pop()
            ordered.append(chosen)
            books.count(chosen, batch_waits=bool(batch))
        return ordered

    def _now(self, running: list[Sequence]) -> _Books:
        n_batch = sum(one.priority == "batch" for one in running)
        users = Counter(one.user for one in running)
        return replace(self._books, running=users, n_batch=n_batch, had=dict(self._books.had))

    @staticmethod
    def _batch_waits(waiting: list[Sequence]) -> bool:
        return any(one.priority == "batch" for one in waiting)

    def _forget_old_users(self) -> None:
        had = self._books.had
        if len(had) > MAX_USERS_KNOWN:
            del had[min(had, key=lambda user: had[user])]
