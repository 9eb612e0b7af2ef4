"""Conversations whose KV lies in RAM because they had to give their slot up. Pure bookkeeping; the runner keeps the bytes.

Bounded by tokens, the longest unused goes first. Owned by the slots.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

# Below this, reading the prompt again costs less than moving its state about.
MIN_TOKENS = 64


class PrefixCache:
    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._tokens: OrderedDict[int, list[int]] = OrderedDict()
        self._last_id = 0

    @property
    def n_tokens(self) -> int:
        return sum(map(len, self._tokens.values()))

    def best(self, length: Callable[[Sequence[int]], int]) -> tuple[int | None, int]:
        """The state of which `length` says the most, and what it says."""
        if not self._tokens:
            return None, 0
        id = max(self._tokens, key=lambda one: length(self._tokens[one]))
        return id, length(self._tokens[id])

    def touch(self, id: int) -> None:
        self._tokens.move_to_end(id)

    def add(self, tokens: list[int], keep: int | None = None) -> tuple[int | None, tuple[int, ...]]:
        """Its id, and those that have to go for it, but never `keep`. None when it does not fit or is not worth it."""
        n_kept = len(self._tokens[keep]) if keep is not None else 0
        if not MIN_TOKENS <= len(tokens) <= self._max_tokens - n_kept:
            return None, ()
        forgotten = [id for id, known in self._tokens.items() if id != keep and tokens[: len(known)] == known]
        for id in forgotten:
            del self._tokens[id]  # the new one says all that these said
        self._last_id += 1
        self._tokens[self._last_id] = tokens
        while self.n_tokens > self._max_tokens:
            oldest = next(id for id in self._tokens if id != keep)
            del self._tokens[oldest]
            forgotten.append(oldest)
        return self._last_id, tuple(forgotten)
