"""What the engine has measured of itself, and what follows from it: chunk size, waiting time. Pure.

Owned by the engine's thread. Nothing is assumed before it was measured, save the first chunk size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.llm.engine.measure import Durations

FIRST_CHUNK = 64
# Alone, a prompt is read in larger steps; but an abort, or the next prompt, waits for the end of a step.
TARGET_ALONE_MS = 400.0
SMALLEST_CHUNK = 16
WEIGHT = 0.2  # of the newest sample in a moving average


def _blend(average: float | None, sample: float) -> float:
    return sample if average is None else average + WEIGHT * (sample - average)


@dataclass(slots=True)
class Rates:
    target_itl_ms: float
    decode_step_ms: float | None = None
    prefill_token_ms: float | None = None
    mean_output: float | None = None
    ttft: Durations = field(default_factory=Durations)
    itl: Durations = field(default_factory=Durations)
    queue: Durations = field(default_factory=Durations)

    def step_took(self, step_ms: float, n_decode: int, n_prefill: int) -> None:
        if n_prefill == 0:
            self.decode_step_ms = _blend(self.decode_step_ms, step_ms)
            return
        base_ms = (self.decode_step_ms or 0.0) if n_decode else 0.0
        self.prefill_token_ms = _blend(self.prefill_token_ms, max(0.001, (step_ms - base_ms) / n_prefill))

    def reply_ended(self, n_output: int) -> None:
        self.mean_output = _blend(self.mean_output, n_output)

    def chunk(self, n_batch: int, *, is_alone: bool = False) -> int:
        """Tokens of prompt that may be read in one step, beside running replies or alone."""
        if self.prefill_token_ms is None:
            return min(FIRST_CHUNK, n_batch)
        left_ms = TARGET_ALONE_MS if is_alone else self.target_itl_ms - (self.decode_step_ms or 0.0)
        return max(SMALLEST_CHUNK, min(n_batch, int(left_ms / self.prefill_token_ms)))

    def eta_ms(self, place: int, outputs: list[int]) -> int | None:
        """Until the one at `place` (1 is next) gets a slot, when replies of these lengths are running."""
        if self.decode_step_ms is None or self.mean_output is None or not outputs:
            return None
        whole_ms = self.mean_output * self.decode_step_ms
        # A reply past the mean is expected to last as long again as a tenth of the mean.
        left_ms = sorted(max(self.mean_output - n, self.mean_output / 10) * self.decode_step_ms for n in outputs)
        rounds, rest = divmod(place - 1, len(left_ms))
        return int(left_ms[rest] + rounds * whole_ms)
