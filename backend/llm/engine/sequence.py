"""A sequence: one request on its way through the engine. Plain state, owned by the engine's thread after `submit`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from backend.llm.engine.images import Run, is_image
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
    images: tuple[Run, ...] = ()  # in order; where a sequence has any, no oldest tokens are forgotten
    n_prompt: int = 0
    n_cached: int = 0
    shifts_at: int = 0  # tokens at which the oldest are forgotten; 0: max_tokens keeps it within the context
    n_shifted: int = 0  # tokens forgotten
    n_silent: int = 0  # tokens since text was shown: halves of a character, or what may become a stop string
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

    @property
    def words(self) -> list[int]:
        """Its tokens without those that stand for images."""
        return [one for one in self.tokens if not is_image(one)] if self.images else self.tokens

    def image_at(self, at: int) -> Run | None:
        """The image of which the token at `at` is a part."""
        return next((run for run in self.images if run.start <= at < run.end), None)

    def position(self, at: int) -> int:
        """Of the token at `at`, which is not within an image: the same, unless images in a grid lie before it."""
        return at - sum(run.rows.n - run.rows.n_positions for run in self.images if run.start < at)

    def n_together(self, at: int, n: int) -> int:
        """Of the `n` tokens from `at` those that one chunk may hold: text, or rows of one image, or all of them."""
        for run in self.images:
            if at < run.start:
                return min(n, run.start - at)
            if at < run.end:
                return run.end - at if run.rows.is_whole else min(n, run.end - at)
        return n

    def whole(self, n: int) -> int:
        """`n` tokens, or fewer where that would keep a part of an image."""
        run = self.image_at(n)
        return n if run is None else run.start
