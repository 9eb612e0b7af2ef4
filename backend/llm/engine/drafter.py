"""Guesses tokens by a small model of the same vocabulary, which reads along with the replies that are being made.

Its KV follows the texts: what a text no longer says is cut, what is new is read, at most a batch at a time, so that a long
prompt holds nobody up; until it has caught up a reply gets no guesses. Only greedy: a guess is right or wrong, and the large
model decides. Owned by the engine's thread.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from backend.llm.engine.rates import Rates
from backend.llm.engine.runner_protocol import OK, Runner
from backend.llm.engine.sampling import plan
from backend.llm.engine.sequence import Key, Sequence
from backend.llm.engine.slots import Placement, common_prefix
from backend.llm.engine.step import Chunk, Step
from backend.llm.types import SamplingParams

log = logging.getLogger(__name__)

GREEDY = plan(SamplingParams(temperature=0.0), 0, "")


@dataclass(eq=False, slots=True)
class _Shadow:
    """A text in the draft model: `sequence.tokens` is what it reads and guesses, of which `n_in_kv` lie in its KV."""

    sequence: Sequence
    n_wanted: int = 0
    n_text: int = 0  # tokens of the text itself; guesses come behind them


class Drafter:
    def __init__(self, runner: Runner, rates: Rates, *, n_slots: int, n_batch: int) -> None:
        self._runner, self._rates, self._n_batch = runner, rates, n_batch
        self._free = list(range(n_slots))
        self._shadows: dict[Key, _Shadow] = {}

    def draft(self, wanted: list[tuple[Sequence, int]]) -> dict[Key, tuple[int, ...]]:
        """Guesses for as many as can be had now; fewer tokens where the model thinks that the text ends."""
        shadows = self._read_along([self._shadow(sequence, n) for sequence, n in wanted])
        began_s, n_rounds = time.monotonic(), 0
        while going := [one for one in shadows if self._goes_on(one)]:
            if not self._compute([self._chunk(one, 1) for one in going]):
                return {}
            n_rounds += 1
        if n_rounds:
            self._rates.draft_took((time.monotonic() - began_s) * 1000 / n_rounds)
        return {one.sequence.key: tuple(one.sequence.tokens[one.n_text :]) for one in shadows}

    def close(self, key: Key) -> None:
        """Its reply has ended."""
        shadow = self._shadows.pop(key, None)
        if shadow is not None and shadow.sequence.slot is not None:
            self._runner.close_sampler(key)
            self._runner.drop(shadow.sequence.slot)
            self._free.append(shadow.sequence.slot)

    def _shadow(self, text: Sequence, n: int) -> _Shadow:
        shadow = self._shadows.get(text.key)
        if shadow is None:
            shadow = self._shadows[text.key] = _Shadow(
                Sequence(text.key, text.request_id, [], 0, slot=self._free.pop())
            )
            self._runner.open_sampler(text.key, GREEDY, ())
        one = shadow.sequence
        assert one.slot is not None
        # The last token is always read again: its logits are needed.
        n_kept = common_prefix(one.tokens[: one.n_in_kv], text.tokens[:-1])
        one.n_in_kv = self._runner.place(Placement(one, one.slot, n_kept)).n_kept
        one.tokens, shadow.n_text, shadow.n_wanted = list(text.tokens), len(text.tokens), n
        return shadow

    def _read_along(self, shadows: list[_Shadow]) -> list[_Shadow]:
        """Those that have read their whole text, and made the first guess."""
        budget, chunks = self._n_batch, []
        for shadow in sorted(shadows, key=lambda one: one.sequence.n_to_read):
            n = min(budget, shadow.sequence.n_to_read)
            if n:
                chunks.append(self._chunk(shadow, n))
                budget -= n
        is_done = self._compute(chunks)
        return [one for one in shadows if len(one.sequence.tokens) > one.n_text] if is_done else []

    def _goes_on(self, shadow: _Shadow) -> bool:
        tokens = shadow.sequence.tokens
        return len(tokens) - shadow.n_text < shadow.n_wanted and not self._runner.is_end(tokens[-1])

    @staticmethod
    def _chunk(shadow: _Shadow, n: int) -> Chunk:
        one = shadow.sequence
        return Chunk(one, one.n_in_kv, n, samples=one.n_in_kv + n == len(one.tokens))

    def _compute(self, chunks: list[Chunk]) -> bool:
        step = Step(chunks)
        if self._runner.decode(step) != OK:
            log.error("the draft model failed; its texts are read anew")
            for key in list(self._shadows):
                self.close(key)
            return False
        sampled = self._runner.sample(step)
        for chunk in chunks:
            chunk.sequence.n_in_kv += chunk.n
            if chunk.samples:
                chunk.sequence.tokens += sampled[chunk.sequence.key]
        return True
