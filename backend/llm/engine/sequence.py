"""A sequence: one request on its way through the engine. Plain state, owned by the engine's thread after `submit`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from backend.llm.types import Priority, SamplingParams

Key = tuple[int, int]  # connection, stream


class State(Enum):
    WAITING = "waiting"
    PREFILL = "prefill"
    DECODE = "decode"
    ENDED = "ended"


@dataclass(eq=False, slots=True)
class Sequence:
    """`tokens` is prompt and output; the first `n_in_kv` of them lie in the slot's KV cache."""

    key: Key
    request_id: str
    tokens: list[int]
    max_tokens: int
    params: SamplingParams = field(default_factory=SamplingParams)
    seed: int = 0
    user: str = ""
    priority: Priority = "interactive"
    prompt_text: str = ""
    stops: tuple[str, ...] = ()
    grammar: str = ""  # checked, as llama.cpp takes it
    strips_first_space: bool = False
    n_prompt: int = 0
    n_cached: int = 0
    n_in_kv: int = 0
    slot: int | None = None
    state: State = State.WAITING
    has_started: bool = False
    place: int | None = None
    arrived_s: float = 0.0
    started_s: float = 0.0
    first_token_s: float | None = None
    last_token_s: float = 0.0

    def __post_init__(self) -> None:
        self.n_prompt = self.n_prompt or len(self.tokens)

    @property
    def n_output(self) -> int:
        return len(self.tokens) - self.n_prompt

    @property
    def n_to_read(self) -> int:
        """Tokens that are known but not in the KV cache yet; 1 while decoding."""
        return len(self.tokens) - self.n_in_kv
