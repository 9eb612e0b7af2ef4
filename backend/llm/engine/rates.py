"""What the engine has measured of itself, and what follows from it: chunk size, waiting time. Pure.

Nothing is assumed before it was measured, save the first chunk and the first answer. What a step costs depends on its
rows, and reading a prompt costs more the longer the context is that each token looks back on; both are learned from the
steps as they run, the newest counting most. Owned by the engine's thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from backend.llm.engine.measure import Latencies

FIRST_CHUNK = 64
FIRST_OUTPUT = 256
# Alone, a prompt is read in larger steps; but the next prompt waits for the end of a step.
TARGET_ALONE_MS = 1000.0
SMALLEST_CHUNK = 16
# llama.cpp's kernels take rows by fours; what is left over is multiplied row by row, at several times the cost.
ROWS_TOGETHER = 4
# Its flash attention takes so many rows at once, and fewer row by row: what a token costs then is learned apart. At a context
# of 1,280 beside 4 replies, 12 tokens took 996 ms, 28 took 2,373 and 60, which make a tile, 1,346 (one thread of a Xeon).
TILE_ROWS = 64
WORTH_A_TILE = 1.5  # where even the smallest chunk lasts too long: how much longer a tile may last
TRY_A_TILE = 1.2  # where fewer rows fit: it reads more of them
N_STALE = 16  # steps of fewer rows, after which a tile is worth as much as where they do not fit: what it costs is known again
FAR = 256  # tokens of context, below which that hardly matters
# Times the target: what may pass without text. It is a step that reads, and one that does not: that one follows when the token
# of the first was half of a character (scheduler.py).
WITHOUT_TEXT = 1.9
WEIGHT = 0.2  # of the newest sample in a moving average
CONTEXT_UNIT = 1024.0


def _blend(average: float | None, sample: float) -> float:
    return sample if average is None else average + WEIGHT * (sample - average)


@dataclass(slots=True)
class ReadingCost:
    """ms = n · (a + b · context), by least squares over the last steps; neither part is ever negative."""

    _nn: float = 0.0
    _nc: float = 0.0
    _cc: float = 0.0
    _nt: float = 0.0
    _ct: float = 0.0

    def took(self, ms: float, n: int, context: float) -> None:
        c = n * context / CONTEXT_UNIT
        for name, value in (("_nn", n * n), ("_nc", n * c), ("_cc", c * c), ("_nt", n * ms), ("_ct", c * ms)):
            setattr(self, name, (1 - WEIGHT) * getattr(self, name) + WEIGHT * value)

    @property
    def is_known(self) -> bool:
        return self._nn > 0

    def token_ms(self, context: float) -> float:
        """Of one token of prompt that looks back on `context` tokens. 0 while nothing is known."""
        if not self.is_known:
            return 0.0
        a, b = self._parts()
        return max(0.001, a + b * context / CONTEXT_UNIT)

    def _parts(self) -> tuple[float, float]:
        flat = self._nt / self._nn
        determinant = self._nn * self._cc - self._nc * self._nc
        if determinant <= 0.01 * self._nn * self._cc:  # all samples at about one context: nothing to tell apart
            return flat, 0.0
        a = (self._nt * self._cc - self._ct * self._nc) / determinant
        b = (self._ct * self._nn - self._nt * self._nc) / determinant
        if b < 0:
            return flat, 0.0
        return (a, b) if a >= 0 else (0.0, self._ct / self._cc)


@dataclass(frozen=True, slots=True)
class Left:
    """Of a running reply: tokens it has said, may say, and has yet to read."""

    n_said: int
    n_most: int
    n_unread: int = 0


@dataclass(slots=True)
class Rates:
    target_itl_ms: float
    reading: ReadingCost = field(default_factory=ReadingCost)  # in steps of a tile or more
    reading_few: ReadingCost = field(default_factory=ReadingCost)
    mean_output: float | None = None
    mean_read: float | None = None  # tokens of prompt that were not cached
    draft_ms: float | None = None  # a token of the draft model, for all that are drafted together
    latencies: Latencies = field(default_factory=Latencies)
    _decode_ms: dict[int, float] = field(default_factory=dict)  # by rows
    _n_few: int = 0  # steps that read fewer rows than a tile has, since one that read a tile

    def step_took(self, step_ms: float, n_decode: int, n_prefill: int, context: float = 0.0) -> None:
        """`context` is how far back the tokens of prompt looked, in the mean."""
        if n_prefill == 0:
            self._decode_ms[n_decode] = _blend(self._decode_ms.get(n_decode), step_ms)
            return
        is_few = n_decode + n_prefill < TILE_ROWS
        self._n_few = self._n_few + 1 if is_few else 0
        cost = self.reading_few if is_few else self.reading
        cost.took(max(0.0, step_ms - (self.decode_ms(n_decode) or 0.0)), n_prefill, context)

    def draft_took(self, round_ms: float) -> None:
        self.draft_ms = _blend(self.draft_ms, round_ms)

    def decode_ms(self, n_rows: int) -> float | None:
        """Of a step with so many rows and no prompt: measured, or between what was measured beside it."""
        if n_rows == 0:
            return 0.0
        below = max((n for n in self._decode_ms if n <= n_rows), default=None)
        above = min((n for n in self._decode_ms if n >= n_rows), default=None)
        if below is None or above is None:
            nearest = below or above
            return self._beyond(nearest, n_rows) if nearest else None
        low, high = self._decode_ms[below], self._decode_ms[above]
        return low if above == below else low + (high - low) * (n_rows - below) / (above - below)

    def _beyond(self, nearest: int, n_rows: int) -> float:
        """More rows than were measured: each costs what a token of prompt does, and no more than each of those measured. What
        this is wrong by beside a prompt is taken for the prompt's cost, so that the sum is right. Fewer: no more than measured.
        """
        known_ms = self._decode_ms[nearest]
        row_ms = known_ms / nearest
        cost = self._cost(TILE_ROWS)
        if cost.is_known:
            row_ms = min(row_ms, cost.token_ms(0.0))
        return known_ms + row_ms * max(0, n_rows - nearest)

    def knows_rows(self, n_rows: int) -> bool:
        return n_rows in self._decode_ms

    def reply_began(self, n_to_read: int) -> None:
        self.mean_read = _blend(self.mean_read, n_to_read)

    def reply_ended(self, n_output: int) -> None:
        self.mean_output = _blend(self.mean_output, n_output)

    def expected_output(self, n_most: int) -> int:
        """Tokens to keep room for: twice the mean. Who says more finds room as long as there is some."""
        return min(n_most, FIRST_OUTPUT if self.mean_output is None else max(64, int(2 * self.mean_output)))

    def chunk(
        self, n_batch: int, left: Sequence[int] = (TILE_ROWS,), *, n_decode: int = 0, context: float = 0.0
    ) -> int:
        """Tokens of prompt that may be read in one step, beside `n_decode` running replies or alone. `left`: tokens that each of
        the prompts has yet to be read, the next one's first, which looks back on `context`."""
        has_tile = sum(left) + n_decode >= TILE_ROWS
        longest_ms = self._longest_ms(n_decode, is_pressing=context >= FAR or len(left) > 1)
        rows = self._rows(n_decode, context, has_tile, longest_ms) if self._cost(TILE_ROWS).is_known else FIRST_CHUNK
        return max(1, min(n_batch, rows) - n_decode)

    def _rows(self, n_decode: int, context: float, has_tile: bool, longest_ms: float) -> int:
        """Rows that the kernels like, as many as fit: far into a context whole tiles, or fewer where a tile lasts too long."""
        rows = self._fitting(TILE_ROWS, longest_ms, n_decode, context)
        if has_tile and rows >= TILE_ROWS:
            whole = TILE_ROWS if context >= FAR else ROWS_TOGETHER
            return rows // whole * whole
        few = max(self._fitting(0, longest_ms, n_decode, context), SMALLEST_CHUNK + n_decode)
        few = max(n_decode + 1, min(few, TILE_ROWS - 1) // ROWS_TOGETHER * ROWS_TOGETHER)
        few_ms = self._step_ms(few, n_decode, context)
        is_kept = few_ms <= longest_ms and self._n_few < N_STALE
        most_ms = few_ms * (TRY_A_TILE if is_kept else WORTH_A_TILE)
        return TILE_ROWS if has_tile and self._step_ms(TILE_ROWS, n_decode, context) <= most_ms else few

    def _cost(self, n_rows: int) -> ReadingCost:
        """Of a step with so many rows; of the other kind as long as only that was measured."""
        is_few = n_rows < TILE_ROWS
        cost, other = (self.reading_few, self.reading) if is_few else (self.reading, self.reading_few)
        return cost if cost.is_known else other

    def _fitting(self, n_rows: int, longest_ms: float, n_decode: int, context: float) -> int:
        """Rows of a step that lasts so long, at the cost of one with `n_rows`."""
        cost, left_ms = self._cost(n_rows), longest_ms - (self.decode_ms(n_decode) or 0.0)
        n = int(left_ms / cost.token_ms(context))
        return n_decode + int(left_ms / cost.token_ms(context + max(0, n) / 2))

    def _step_ms(self, n_rows: int, n_decode: int, context: float) -> float:
        n = n_rows - n_decode
        return (self.decode_ms(n_decode) or 0.0) + n * self._cost(n_rows).token_ms(context + n / 2)

    def _longest_ms(self, n_decode: int, *, is_pressing: bool) -> float:
        """What a step that reads shall last at most: the target, but all that may pass without text where that pays. Far into a
        context each token costs more, and the more the fewer are read at once; and while several wait for their first word,
        the sooner all are read the better: replies that run have words to read meanwhile."""
        if not n_decode:
            return TARGET_ALONE_MS
        most_ms = WITHOUT_TEXT * self.target_itl_ms - (self.decode_ms(n_decode) or 0.0)
        return max(self.target_itl_ms, most_ms) if is_pressing else self.target_itl_ms

    def eta_ms(self, place: int, running: Iterable[Left]) -> int | None:
        """Until the one at `place` (1 is next) gets a slot. None while nothing is known."""
        running = list(running)
        step_ms = self.decode_ms(len(running))
        if not running or step_ms is None or self.mean_output is None:
            return None
        token_ms = self._cost(TILE_ROWS).token_ms(0.0)
        whole_ms = self.mean_output * step_ms + (self.mean_read or 0.0) * token_ms
        left_ms = sorted(self._left(one) * step_ms + one.n_unread * token_ms for one in running)
        rounds, rest = divmod(place - 1, len(left_ms))
        return int(left_ms[rest] + rounds * whole_ms)

    def _left(self, one: Left) -> float:
        mean = self.mean_output or 0.0
        # A reply past the mean is expected to last as long again as a tenth of the mean.
        return min(max(mean - one.n_said, mean / 10), max(1, one.n_most - one.n_said))
