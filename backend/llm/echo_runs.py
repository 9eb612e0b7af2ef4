"""What the echo engine keeps of its streams."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.llm.engine.measure import Latencies
from backend.llm.errors import LLMError
from backend.llm.types import GenerateRequest


@dataclass(eq=False, slots=True)
class Run:
    """One stream. `n_permits` only counts while the engine is stepped."""

    request: GenerateRequest
    arrived_s: float
    place: int | None = None
    n_permits: int = 0
    n_taken: int = 0
    has_ended: bool = False
    started_s: float = 0.0
    first_token_s: float | None = None
    failure: tuple[int, LLMError] | None = None
    seed: int = 0
    prompt_tokens: int = 0
    n_out: int = 0


@dataclass(slots=True)
class Totals:
    n_requests: int = 0
    n_failed: int = 0
    n_prompt: int = 0
    n_completion: int = 0
    latencies: Latencies = field(default_factory=Latencies)
