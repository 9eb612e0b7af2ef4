"""Builds llama.cpp's samplers from a plan, and reads log probabilities. One of the few importers of llama_cpp.

Belongs to the engine's thread: samplers have state.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from collections.abc import Sequence as Seq
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np

from backend.llm.engine.constrained import GrammarSampler
from backend.llm.engine.sampling import DRY_LAST_N, PENALTY_LAST_N, SamplerPlan
from backend.llm.engine.sequence import Key
from backend.llm.types import TokenLogprob

# Each one costs a walk through the whole vocabulary, in the engine's thread: only the one that parts most.
DRY_BREAKERS = (b"\n",)
MIROSTAT_M = 100


class Samplers:
    """The sampler of each running reply, with its grammar if it has one. `hidden` tokens are never part of a bound answer."""

    def __init__(self, vocab: Any, n_vocab: int, hidden: Seq[int]) -> None:
        self._vocab, self._n_vocab, self._hidden = vocab, n_vocab, hidden
        self._chains: dict[Key, Any] = {}
        self._grammars: dict[Key, GrammarSampler] = {}

    def open(self, key: Key, plan: SamplerPlan, prompt_tail: Seq[int]) -> None:
        if plan[0][0] == "grammar":
            (grammar,) = plan[0][1]
            self._grammars[key] = GrammarSampler(grammar, self._vocab, self._n_vocab, self._hidden)
            plan = plan[1:]
        self._chains[key] = make_chain(plan, self._vocab, self._n_vocab, prompt_tail)

    def sample(self, key: Key, context: Any, row: int) -> int:
        chain, grammar = self._chains[key], self._grammars.get(key)
        if grammar is not None:
            return grammar.sample(chain, llama.llama_get_logits_ith(context, row))
        return int(llama.llama_sampler_sample(chain, context, row))

    def close(self, key: Key) -> None:
        chain, grammar = self._chains.pop(key, None), self._grammars.pop(key, None)
        if chain is not None:
            llama.llama_sampler_free(chain)
        if grammar is not None:
            grammar.close()

    def close_all(self) -> None:
        for key in list(self._chains):
            self.close(key)


def make_chain(plan: SamplerPlan, vocab: Any, n_vocab: int, prompt_tail: Seq[int]) -> Any:
    """A llama_sampler that has seen the end of the prompt. Free it with llama_sampler_free."""
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    for name, arguments in plan:
        make = getattr(llama, f"llama_sampler_init_{name}")
        llama.llama_sampler_chain_add(chain, make(*_arguments(name, arguments, vocab, n_vocab)))
    n_seen = DRY_LAST_N if any(name == "dry" for name, _ in plan) else PENALTY_LAST_N
    for token in prompt_tail[-n_seen:]:
        llama.llama_sampler_accept(chain, token)
    return chain


def _arguments(name: str, arguments: tuple[Any, ...], vocab: Any, n_vocab: int) -> tuple[Any, ...]:
    """What llama.cpp wants to know besides."""
    if name == "penalties":
        return n_vocab, *arguments
    if name == "mirostat":
        return n_vocab, *arguments, MIROSTAT_M
    if name == "dry":
        breakers = (ctypes.c_char_p * len(DRY_BREAKERS))(*DRY_BREAKERS)
        return vocab, *arguments, breakers, len(DRY_BREAKERS)
    if name == "logit_bias":
        (biases,) = arguments
        known = [(token, bias) for token, bias in biases if token < n_vocab]
        array = (llama.llama_logit_bias * len(known))(*(llama.llama_logit_bias(*pair) for pair in known))
        return n_vocab, len(known), array
    return arguments


def logprob_of(logits: Any, n_vocab: int, token: int, n_top: int, text_of: Callable[[int], str]) -> TokenLogprob:
    """`logits` is llama.cpp's own row: read, never written."""
    row = np.ctypeslib.as_array(logits, shape=(n_vocab,)).astype(np.float64)
    highest = row.max()
    logprobs = row - (highest + np.log(np.exp(row - highest).sum()))
    likeliest = np.argpartition(-logprobs, n_top)[:n_top] if 0 < n_top < n_vocab else np.arange(min(n_top, n_vocab))
    ordered = sorted(map(int, likeliest), key=lambda one: -logprobs[one])
    top = tuple((text_of(one), round(float(logprobs[one]), 5)) for one in ordered)
    return TokenLogprob(text_of(token), round(float(logprobs[token]), 5), top)
