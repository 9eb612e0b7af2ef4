"""Admission queue: bounded, fair between users, with places that can be told. Pure; owned by the scheduler.

Who is next: interactive before batch, then the user with the fewest replies running, then the one who was served
longest ago, then the one who came first. A sequence that lost its slot (`put_back`) comes before all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from backend.llm.engine.sequence import Key, Sequence


class AdmissionQueue:
    def __init__(self) -> None:
        self._waiting: list[Sequence] = []
        self._returned: list[Sequence] = []
        self._served_at: dict[str, int] = {}
        self._clock = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._returned)

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

    def pop(self, n_running: Mapping[str, int]) -> Sequence | None:
        """The next one, counted as served."""
        if self._returned:
            return self._returned.pop(0)
        if not self._waiting:
            return None
        chosen = min(self._waiting, key=lambda s: self._rank(s, n_running, self._served_at))
        self._waiting.remove(chosen)
        self._clock += 1
        self._served_at[chosen.user] = self._clock
        self._forget_old_users()
        return chosen

    def order(self, n_running: Mapping[str, int]) -> list[Sequence]:
        """Everybody in the order in which they would be served if nobody came or left."""
        ordered = list(self._returned)
        rest, running, served = list(self._waiting), Counter(n_running), dict(self._served_at)
        clock = self._clock
        while rest:
            chosen = min(rest, key=lambda s: self._rank(s, running, served))
            rest.remove(chosen)
            ordered.append(chosen)
            running[chosen.user] += 1
            clock += 1
            served[chosen.user] = clock
        return ordered

    @staticmethod
    def _rank(
        sequence: Sequence, n_running: Mapping[str, int], served_at: Mapping[str, int]
    ) -> tuple[bool, int, int, float]:
        user = sequence.user
        return (sequence.priority == "batch", n_running.get(user, 0), served_at.get(user, 0), sequence.arrived_s)

    def _forget_old_users(self) -> None:
        if len(self._served_at) > 1024:
            del self._served_at[min(self._served_at, key=lambda user: self._served_at[user])]
