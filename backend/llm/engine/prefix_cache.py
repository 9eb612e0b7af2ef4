"""Conversations whose KV lies in RAM because they had to give their slot up. Pure bookkeeping; the runner keeps the bytes.

Bounded by bytes, the longest unused goes first. What a state takes is known when it was made; until then it is expected to
take what others took for their tokens. Owned by the slots.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Below this, reading the prompt again costs less than moving its state about.
MIN_TOKENS = 64


@dataclass(slots=True)
class _State:
    tokens: list[int]
    n_bytes: int


class PrefixCache:
    def __init__(self, max_bytes: int, bytes_per_token: float) -> None:
        """`bytes_per_token`: as long as nothing was weighed."""
        self.max_bytes = max_bytes
        self.n_restored = 0
        self._bytes_per_token = bytes_per_token
        self._states: OrderedDict[int, _State] = OrderedDict()
        self._last_id = 0

    def __len__(self) -> int:
        return len(self._states)

    @property
    def n_bytes(self) -> int:
        return sum(state.n_bytes for state in self._states.values())

    def best(self, length: Callable[[Sequence[int]], int]) -> tuple[int | None, int]:
        """The state of which `length` says the most, and what it says."""
        if not self._states:
            return None, 0
        id = max(self._states, key=lambda one: length(self._states[one].tokens))
        return id, length(self._states[id].tokens)

    def n_tokens(self, id: int) -> int:
        """Of all of the state, whatever is of use."""
        return len(self._states[id].tokens)

    def use(self, id: int) -> None:
        self._states.move_to_end(id)

    def add(self, tokens: list[int], keep: int | None = None) -> tuple[int | None, tuple[int, ...]]:
        """Its id, and those that have to go for it, but never `keep`. None when it does not fit or is not worth it."""
        n_bytes = int(len(tokens) * self._bytes_per_token)
        n_kept = self._states[keep].n_bytes if keep is not None else 0
        if len(tokens) < MIN_TOKENS or n_bytes + n_kept > self.max_bytes:
            return None, ()
        forgotten = [
            id for id, known in self._states.items() if id != keep and tokens[: len(known.tokens)] == known.tokens
        ]
        for id in forgotten:
            del self._states[id]  # the new one says all that these said
        self._last_id += 1
        self._states[self._last_id] = _State(tokens, n_bytes)
        return self._last_id, (*forgotten, *self._make_room(keep))

    def weighed(self, id: int, n_bytes: int) -> tuple[int, ...]:
        """What the state takes in truth; 0: it could not be made. Those that have to go for it, itself perhaps."""
        state = self._states.get(id)
        if state is None:
            return ()
        if not n_bytes:
            del self._states[id]
            return ()
        self._bytes_per_token, state.n_bytes = n_bytes / len(state.tokens), n_bytes
        return tuple(self._make_room(None))

    def clear(self) -> tuple[int, ...]:
        """Forget all of them."""
        ids = tuple(self._states)
        self._states.clear()
        return ids

    def _make_room(self, keep: int | None) -> list[int]:
        gone = []
        while self.n_bytes > self.max_bytes:
            oldest = next(id for id in self._states if id != keep)
            del self._states[oldest]
            gone.append(oldest)
        return gone
