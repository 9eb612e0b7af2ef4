"""Guesses what a reply says next, where that is measured to pay: from what stands in it already (prompt lookup), else by a
draft model if there is one (drafter.py). Pure.

A model that quotes, lists or edits repeats what it has read. When the last tokens stood somewhere before, those that followed
there are computed along with the next token: rows are cheaper together than one after the other, and a guess that was wrong
costs its row and nothing else. Each is sampled as it would have been alone, so the answer is the same. How often
guesses come true is learned for each reply, what rows cost by the engine's rates. Owned by the engine's thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.llm.engine.rates import Rates
    from backend.llm.engine.sequence import Sequence
    from backend.llm.engine.step import Chunk

Drafts = Mapping[tuple[int, int], tuple[int, ...]]  # by the sequence's key

N_GRAM = 3  # so many tokens have to stand there again
HOPE = 0.6  # of a guess to be right, before any was tried
WEIGHT = 0.2
GAIN = 1.05  # it has to pay by this much
# What does not seem to pay is tried again this often: replies change, and so does the machine.
TRY_AGAIN = 48
# Rows by which guesses are made longer, see rates.ROWS_TOGETHER.
ROWS = 4


@dataclass(slots=True)
class Luck:
    """How often the guesses of one kind came true in one reply."""

    rightness: float = HOPE
    n_passed: int = 0
    n_guessed: int = 0
    n_right: int = 0

    def turned_out(self, n_guessed: int, n_right: int) -> None:
        tried = n_right + (n_right < n_guessed)
        self.n_guessed, self.n_right = self.n_guessed + n_guessed, self.n_right + n_right
        self.rightness += WEIGHT * (n_right / tried - self.rightness)

    def expected(self, n: int) -> float:
        """Tokens won by guessing `n`."""
        return sum(self.rightness**k for k in range(1, n + 1))


@dataclass(slots=True)
class Guesses:
    """Of one reply: where three tokens stood last, and how guesses turned out."""

    lookup: Luck = field(default_factory=Luck)
    model: Luck = field(default_factory=Luck)
    _behind: dict[tuple[int, ...], int] = field(default_factory=dict)
    _n_known: int = 0

    @property
    def n_guessed(self) -> int:
        return self.lookup.n_guessed + self.model.n_guessed

    @property
    def n_right(self) -> int:
        return self.lookup.n_right + self.model.n_right

    def next(self, tokens: list[int], n_most: int) -> tuple[int, ...]:
        """What followed the last tokens where they stood before; () where they did not."""
        for end in range(max(N_GRAM, self._n_known + 1), len(tokens)):
            self._behind[tuple(tokens[end - N_GRAM : end])] = end
        self._n_known = max(self._n_known, len(tokens) - 1)
        at = self._behind.get(tuple(tokens[-N_GRAM:])) if len(tokens) > N_GRAM else None
        if at is None:
            return ()
        guess = tokens[at : at + n_most]
        while len(guess) < n_most:  # what is said over and over goes on over and over
            guess += guess[at - len(tokens) :][: n_most - len(guess)]
        return tuple(guess)


def wanted_drafts(decoding: list[Sequence], rates: Rates, n_most: int, n_batch: int) -> list[tuple[Sequence, int]]:
    """For whom the draft model shall guess, and how many tokens: who does not repeat himself, where it pays. All together have
    no more rows than a step may have."""
    n_rows, n_tokens = len(decoding), float(len(decoding))
    wanted: list[tuple[Sequence, int]] = []
    for sequence in decoding:
        n_left = min(_n_left(sequence, n_most), n_batch - n_rows)
        if n_left <= 0 or sequence.guesses.next(sequence.tokens, n_left):
            continue
        luck = sequence.guesses.model
        # They are drafted together: each bears its part of a round.
        n = _length(luck, n_left, n_rows, n_tokens, rates, (rates.draft_ms or 0.0) / len(decoding))
        if n:
            wanted.append((sequence, n))
            n_rows, n_tokens = n_rows + n, n_tokens + luck.expected(n)
    return wanted


def with_drafts(chunks: list[Chunk], rates: Rates, n_most: int, n_batch: int, drafts: Drafts) -> list[Chunk]:
    """The same chunks, with guesses behind those where they make the step worth more tokens for its time. All together have no
    more rows than a step may have."""
    n_rows, n_tokens, guessed = len(chunks), float(len(chunks)), []
    for chunk in chunks:
        sequence = chunk.sequence
        n_left = min(_n_left(sequence, n_most), n_batch - n_rows)
        draft = drafts.get(sequence.key, ())[: max(0, n_left)]
        luck = sequence.guesses.model if draft else sequence.guesses.lookup
        if not draft and n_left > 0:
            guess = sequence.guesses.next(sequence.tokens, n_left)
            draft = guess[: _length(luck, len(guess), n_rows, n_tokens, rates)]
        guessed.append(replace(chunk, draft=draft, luck=luck) if draft else chunk)
        n_rows, n_tokens = n_rows + len(draft), n_tokens + luck.expected(len(draft))
    return guessed


def _n_left(sequence: Sequence, n_most: int) -> int:
    """Tokens that may be guessed for it."""
    if sequence.params.top_logprobs is not None or sequence.images:
        return 0  # they are told of one row; an image cannot be guessed
    n_left = min(n_most, sequence.max_tokens - sequence.n_output - 1)
    return min(n_left, sequence.shifts_at - len(sequence.tokens)) if sequence.shifts_at else n_left


def _length(luck: Luck, n_most: int, n_rows: int, n_tokens: float, rates: Rates, each_ms: float = 0.0) -> int:
    """How many to guess, when a guess itself takes `each_ms`; 0 when it does not pay."""
    before_ms = rates.decode_ms(n_rows)
    lengths = list(range((-n_rows) % ROWS or ROWS, n_most + 1, ROWS)) or ([n_most] if n_most else [])
    if before_ms is None or not lengths:
        return 0
    worth, best = max((_worth(luck, n, n_rows, n_tokens, rates, each_ms), n) for n in lengths)
    if worth > GAIN * n_tokens / before_ms:
        return best
    luck.n_passed = (luck.n_passed + 1) % TRY_AGAIN
    return lengths[0] if luck.n_passed == 0 else 0


def _worth(luck: Luck, n: int, n_rows: int, n_tokens: float, rates: Rates, each_ms: float) -> float:
    """Tokens for a millisecond. So many rows as never were computed are hoped to cost little: so they are tried once."""
    known_ms = rates.decode_ms(n_rows + n if rates.knows_rows(n_rows + n) else n_rows)
    return (n_tokens + luck.expected(n)) / max(0.001, (known_ms or 0.001) + n * each_ms)
