"""A step: what is computed at once. Plain data, made by the scheduler, obeyed by the runner."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.llm.engine.images import Run
from backend.llm.engine.sequence import Sequence
from backend.llm.engine.speculation import Luck


@dataclass(frozen=True, slots=True)
class Chunk:
    """`n` tokens of a sequence, from position `start`; the last one's logits are sampled when it `samples`. Of an image its rows
    are computed; those never sample.

    Behind them the tokens that are guessed to follow: each is sampled, too, as far as the guesses were right.
    """

    sequence: Sequence
    start: int
    n: int
    samples: bool
    is_prefill: bool = False
    draft: tuple[int, ...] = ()
    luck: Luck | None = None  # who hears how the guesses turned out
    image: Run | None = None

    @property
    def tokens(self) -> list[int]:
        return [*self.sequence.tokens[self.start : self.start + self.n], *self.draft]

    @property
    def undone_to(self) -> int:
        """Tokens that the sequence holds when the step failed. Rows in a grid share a position: they go together."""
        return self.image.start if self.image is not None and self.image.rows.n_columns else self.start

    @property
    def n_rows(self) -> int:
        return self.n + len(self.draft)


@dataclass(slots=True)
class Step:
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def n_tokens(self) -> int:
        return sum(chunk.n_rows for chunk in self.chunks)

    @property
    def has_whole_image(self) -> bool:
        """A chunk that cannot be made smaller."""
        return any(chunk.image is not None and chunk.image.rows.is_whole for chunk in self.chunks)

    @property
    def n_decode(self) -> int:
        """Rows, those of guesses included."""
        return sum(chunk.n_rows for chunk in self.chunks if not chunk.is_prefill)

    @property
    def n_drafted(self) -> int:
        return sum(len(chunk.draft) for chunk in self.chunks)

    @property
    def n_prefill(self) -> int:
        return sum(chunk.n for chunk in self.chunks if chunk.is_prefill)

    @property
    def context(self) -> float:
        """How far back the tokens of prompt look, in the mean."""
        n = self.n_prefill
        return sum(one.n * (one.start + one.n / 2) for one in self.chunks if one.is_prefill) / n if n else 0.0
