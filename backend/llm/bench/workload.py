"""Asks an engine and notes when what came. Texts are made of words of make-model's vocabulary, one token each.

Everything runs on the event loop that opened the engine.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing

from backend.llm.bench.engines import BenchEngine, Job
from backend.llm.bench.figures import Trace
from backend.llm.tiny_gguf import SENTENCES, SPLIT
from backend.llm.types import ChatMessage

_WORDS = [
    piece.strip() for sentence in SENTENCES for piece in sentence.split("|") if piece.strip(" ,.") not in (*SPLIT, "")
]
_ENGLISH = [" " + word for word in _WORDS if word.isascii() and word.isalpha() and word.islower()]


def words(n_tokens: int, seed: int) -> str:
    """A text of `n_tokens` tokens of make-model's vocabulary; another for each seed, from its first word on."""
    return "".join(random.Random(seed).choices(_ENGLISH, k=n_tokens))


def user_turn(n_tokens: int, seed: int) -> ChatMessage:
    return ChatMessage("user", words(n_tokens, seed))


async def listen(engine: BenchEngine, job: Job, heard: Callable[[Trace], None] = lambda trace: None) -> Trace:
    """Ask, and listen to the end. `heard` is called with each arrival."""
    trace = Trace(time.perf_counter())
    async with aclosing(engine.stream(job)) as pieces:
        async for piece in pieces:
            trace.arrivals.append((time.perf_counter(), piece.n_tokens))
            trace.text += piece.text
            heard(trace)
    return trace


async def listen_to_all(engine: BenchEngine, jobs: Sequence[Job]) -> list[Trace]:
    """All at once."""
    return list(await asyncio.gather(*(listen(engine, job) for job in jobs)))


async def warm_up(engine: BenchEngine) -> None:
    """The first pages of the weights, the first allocation of everything."""
    await listen(engine, Job((user_turn(8, seed=10**6),), n_out=4, user="warm-up"))
