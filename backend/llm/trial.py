"""A short measurement of one model through its engine, as everybody else's requests go: prefill and decode in tokens a second.

The prompt is new each time, so that no cache answers for the model. Others' requests run beside it: it tells what a user would
get now, not what the machine can do at best.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from contextlib import aclosing
from dataclasses import dataclass

from backend.lib.clock import monotonic_s
from backend.llm import errors
from backend.llm.service import LLMService
from backend.llm.types import Finished, GenerateRequest, ModelCard, SamplingParams

PROMPT_WORDS, N_DECODED = 192, 64
SHARE_OF_CONTEXT = 0.5
TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True)
class Trial:
    """Rates are tokens per second; None where there was too little to measure. `load_s`: the wait for a model that slept."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    prefill_per_s: float | None
    decode_per_s: float | None
    ttft_ms: float
    load_s: float | None


async def try_out(service: LLMService, model: str, user: str = "") -> Trial:
    """Raises LLMError; EngineUnavailable when it takes longer than TIMEOUT_S."""
    card = next((card for card in await service.models() if card.id == model), None)
    if card is None:
        raise errors.ModelNotFound(model=model)
    began_s = monotonic_s()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            prompt = await _prompt(service, card)
            load_s = None if card.is_loaded else round(monotonic_s() - began_s, 2)
            return _figures(await _end_of(service, model, prompt, user), load_s)
    except TimeoutError:
        raise errors.EngineUnavailable(retry_after_s=30) from None


async def _prompt(service: LLMService, card: ModelCard) -> str:
    """Words by chance, at most half of the context. Loads the model."""
    words = [f"{random.randrange(10_000)}" for _ in range(PROMPT_WORDS)]
    (n_tokens,) = await service.count_tokens([" ".join(words)], card.id)
    share = min(1.0, card.n_ctx * SHARE_OF_CONTEXT / max(1, n_tokens)) if card.n_ctx else 1.0
    return " ".join(words[: max(1, int(len(words) * share))])


async def _end_of(service: LLMService, model: str, prompt: str, user: str) -> Finished:
    params = SamplingParams(temperature=0.8, max_tokens=N_DECODED)
    request = GenerateRequest(str(uuid.uuid4()), (), params, model=model, user=user, prompt=prompt)
    async with aclosing(service.stream(request)) as events:
        async for event in events:
            if isinstance(event, Finished):
                return event
    raise errors.EngineUnavailable(retry_after_s=5)


def _figures(end: Finished, load_s: float | None) -> Trial:
    n_read, times = end.prompt_tokens - end.cached_tokens, end.timings
    return Trial(
        model=end.model,
        prompt_tokens=end.prompt_tokens,
        completion_tokens=end.completion_tokens,
        prefill_per_s=round(n_read / times.prefill_ms * 1000, 1) if n_read > 0 and times.prefill_ms > 0 else None,
        decode_per_s=round(times.tokens_per_second, 1) if end.completion_tokens > 1 else None,
        ttft_ms=round(times.ttft_ms, 1),
        load_s=load_s,
    )
