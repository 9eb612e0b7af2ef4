"""Samples a token that a grammar allows. Belongs to the engine's thread. One of the few importers of llama_cpp.

llama.cpp ends the process when a token is accepted that its grammar does not allow, and asking the grammar about the whole
vocabulary takes long. So the token is sampled freely first, asked about alone, and only a refused one is sampled again with
the grammar over all; what is accepted was always asked about before.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Collection
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np

# In place of a token: the grammar allows nothing, or nothing more.
DEAD_END = -1
_ROW = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class GrammarRefused(Exception):
    """llama.cpp could not read the grammar, although it was checked."""


class GrammarSampler:
    """`hidden` tokens have no text of their own: they are never sampled unless they end the answer."""

    def __init__(self, text: str, vocab: Any, n_vocab: int, hidden: Collection[int]) -> None:
        self._grammar = llama.llama_sampler_init_grammar(vocab, text.encode(), b"root")
        if not self._grammar:
            raise GrammarRefused
        self._n_vocab = n_vocab
        self._hidden = np.fromiter(hidden, dtype=np.int64, count=len(hidden))
        self._is_hidden = frozenset(hidden)

    def close(self) -> None:
        llama.llama_sampler_free(self._grammar)

    def sample(self, chain: Any, logits: Any) -> int:
        row = np.ctypeslib.as_array(logits, shape=(self._n_vocab,))
        token = self._choose(row, (chain,))
        if not self._allows(token):
            token = self._choose(row, (self._grammar, chain))
            if not self._allows(token):
                return DEAD_END
        llama.llama_sampler_accept(self._grammar, token)
        llama.llama_sampler_accept(chain, token)
        return token

    def _choose(self, row: Any, samplers: tuple[Any, ...]) -> int:
        rows = np.zeros(self._n_vocab, dtype=_ROW)
        rows["id"] = np.arange(self._n_vocab, dtype=np.int32)
        rows["logit"] = row
        rows["logit"][self._hidden] = -math.inf
        candidates = _array_of(rows)
        for sampler in samplers:
            llama.llama_sampler_apply(sampler, ctypes.byref(candidates))
        return int(candidates.data[candidates.selected].id) if candidates.selected >= 0 else DEAD_END

    def _allows(self, token: int) -> bool:
        if token < 0 or token in self._is_hidden:
            return False
        rows = np.zeros(1, dtype=_ROW)
        rows["id"] = token
        candidates = _array_of(rows)
        llama.llama_sampler_apply(self._grammar, ctypes.byref(candidates))
        return float(candidates.data[0].logit) > -math.inf


def can_follow(text: str, vocab: Any) -> bool:
    """Whether llama.cpp reads it. Only looks at the vocabulary: any thread."""
    grammar = llama.llama_sampler_init_grammar(vocab, text.encode(), b"root")
    if grammar:
        llama.llama_sampler_free(grammar)
    return bool(grammar)


def _array_of(rows: Any) -> Any:
    data = rows.ctypes.data_as(ctypes.POINTER(llama.llama_token_data))
    return llama.llama_token_data_array(data, len(rows), -1, False)
