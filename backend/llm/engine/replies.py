"""Remembers of which tokens a reply was made, for the next turn.

A model does not always write a text with the tokens that a tokenizer would choose; read back with others, the conversation
would no longer begin with what lies in its KV cache. Written by the engine's thread, read by the tokenizing threads.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from threading import Lock

MAX_TOKENS_KEPT = 500_000


class Replies:
    """`specials` never come back: a user who pastes a reply must not get a special token with it.

    Only replies whose tokens are their text and no more: behind the first half of a character, which no text shows, whoever goes
    on would begin with its second half.
    """

    def __init__(self, specials: Collection[int]) -> None:
        self._specials = frozenset(specials)
        self._known: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        self._n_tokens = 0
        self._lock = Lock()

    def remember(self, text: str, tokens: Sequence[int]) -> None:
        if not text or not self._specials.isdisjoint(tokens):
            return
        with self._lock:
            self._n_tokens += len(tokens) - len(self._known.pop(text, ()))
            self._known[text] = tuple(tokens)
            while self._n_tokens > MAX_TOKENS_KEPT:
                self._n_tokens -= len(self._known.popitem(last=False)[1])

    def tokens_of(self, text: str) -> tuple[int, ...] | None:
        with self._lock:
            return self._known.get(text)
