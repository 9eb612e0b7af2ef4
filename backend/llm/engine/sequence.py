"""A sequence: one request on its way through the engine. Plain state, owned by the engine's thread after `submit`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from backend.llm.engine.speculation import Guesses
from backend.llm.types import Priority, SamplingParams

Key = tuple[int, int]  # connection, stream


# Of a full context the first eighth stays (the system message, as a rule).
KEPT_PART = 8


class State(Enum):
    WAITING = "waiting"
    PREFILL = "prefill"
    DECODE = "decode"
    ENDED = "ended"


@dataclass(eq=False, slots=True)
class Sequence:
    """`tokens` is prompt and output, without what a full context made it forget; the first `n_in_kv` lie in the KV cache."""

    key: Key
    request_id: str
    tokens: list[int]
    max_tokens: int
    params: SamplingParams = field(default_factory=SamplingParams)
    seed: int = 0
    user: str = ""
    weight: float = 1.0  # of the user's share
    priority: Priority = "interactive"
    prompt_text: str = ""
    stops: tuple[str, ...] = ()
    grammar: str = ""  # checked, as llama.cpp takes it
    strips_first_space: bool = False
    n_prompt: int = 0
    n_cached: int = 0
    shifts_at: int = 0  # tokens at which the oldest are forgotten; 0: max_tokens keeps it within the context
    n_shifted: int = 0  # tokens forgotten
    n_in_kv: int = 0
    slot: int | None = None
    state: State = State.WAITING
    has_started: bool = False
    place: int | None = None  # as it was told
    eta_ms: int | None = None  # as it was told
    read_by: int = 0  # whose prompt is read first: the clock of the scheduler, in tokens read
    arrived_s: float = 0.0
    started_s: float = 0.0
    first_token_s: float | None = None
    last_token_s: float = 0.0
    longest_gap_s: float | None = None  # from one arrival of tokens to the next
    guesses: Guesses = field(default_factory=Guesses)

    def __post_init__(self) -> None:
        self.n_prompt = self.n_prompt or len(self.tokens)

    @property
    def n_output(self) -> int:
        return len(self.tokens) + self.n_shifted - self.n_prompt

    @property
    def is_context_full(self) -> bool:
        """max_tokens was cut to what the context had left."""
        return self.max_tokens < self.params.max_tokens

    def shift(self) -> int:
        """Forget the older half of what lies behind the beginning; how many tokens of the beginning stay."""
        n_kept = self.shifts_at // KEPT_PART
        n_gone = (len(self.tokens) - n_kept) // 2
        del self.tokens[n_kept : n_kept + n_gone]
        self.n_shifted += n_gone
        self.guesses = Guesses()
        return n_kept

    @property
    def n_to_read(self) -> int:
        """Tokens that are known but not in the KV cache yet; 1 while decoding."""
        return len(self.tokens) - self.n_in_kv
