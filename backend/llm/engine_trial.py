"""A test request to one engine of the fleet, past dispatch: whether it answers, and how fast."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import aclosing
from dataclasses import dataclass

from backend.llm import errors
from backend.llm.fleet import FleetLLM
from backend.llm.types import ChatMessage, Finished, GenerateRequest, SamplingParams

TIMEOUT_S = 60.0
N_TOKENS = 16


@dataclass(frozen=True, slots=True)
class EngineTrial:
    is_good: bool
    model: str = ""
    ttft_ms: float | None = None
    n_tokens: int = 0
    tokens_per_second: float | None = None
    detail: str = ""


async def try_engine(fleet: FleetLLM, name: str, user: str = "") -> EngineTrial:
    """Raises nothing for what the engine does."""
    member = fleet.members[name]
    request = GenerateRequest(
        str(uuid.uuid4()),
        (ChatMessage("user", "Say hello."),),
        SamplingParams(temperature=0, max_tokens=N_TOKENS),
        user=user,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S), aclosing(member.service.stream(request)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    speed = event.timings.tokens_per_second
                    ttft_ms = round(event.timings.ttft_ms, 1)
                    return EngineTrial(True, event.model, ttft_ms, event.completion_tokens, speed or None)
    except errors.LLMError as error:
        return EngineTrial(False, detail=error.text())
    except TimeoutError:
        pass
    return EngineTrial(False, detail=errors.EngineUnavailable().text())
