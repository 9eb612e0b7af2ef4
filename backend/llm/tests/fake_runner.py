"""A scheduler of few slots, and a runner that keeps books as strictly as llama.cpp does. For tests."""

from __future__ import annotations

from collections.abc import Callable

from backend.llm.engine.prefix_cache import PrefixCache
from backend.llm.engine.rates import Rates
from backend.llm.engine.scheduler import Limits, Scheduler
from backend.llm.engine.sequence import Sequence
from backend.llm.engine.slots import Slots
from backend.llm.engine.step import Chunk, Step

END = 0


def make(
    *,
    n_running: int = 2,
    n_slots: int = 4,
    n_batch: int = 128,
    max_queued: int = 8,
    n_cells: int = 0,
    max_wait_s: float = 0,
    n_draft: int = 0,
    max_saved_bytes: int = 500,
    can_share: bool = True,
    parks_in_ram: bool = False,
) -> Scheduler:
    return Scheduler(
        Slots(n_slots, can_share=can_share, saved=PrefixCache(max_saved_bytes, 1.0), parks_in_ram=parks_in_ram),
        Rates(150),
        Limits(n_running, n_batch, max_queued, n_cells=n_cells, max_wait_s=max_wait_s, n_draft=n_draft),
    )


def sequence(n: int, prompt: list[int] | int = 5, user: str = "", **options: object) -> Sequence:
    tokens = list(prompt) if isinstance(prompt, list) else [1000 * n + i for i in range(1, prompt + 1)]
    return Sequence(
        key=(1, n), request_id=str(n), tokens=tokens, max_tokens=50, user=user, arrived_s=float(n), **options
    )  # type: ignore[arg-type]


class FakeRunner:
    """Keeps what each slot's KV would hold, and is as strict about positions as llama.cpp."""

    def __init__(self, n_slots: int, token: Callable[[Sequence], int] = lambda _: 7, bytes_per_token: int = 1) -> None:
        self.bytes_per_token = bytes_per_token
        self.kv: list[list[int]] = [[] for _ in range(n_slots)]
        self.saved: dict[int, list[int]] = {}
        self._token = token

    def decode(self, scheduler: Scheduler, step: Step) -> bool:
        return True

    def step(self, scheduler: Scheduler) -> Step:
        for placement in scheduler.admit():
            for state in placement.forget:
                del self.saved[state]
            saved_bytes = 0
            if placement.save_as is not None:
                kv = self.kv[placement.slot if placement.move is None else placement.move]
                self.saved[placement.save_as] = list(kv)
                saved_bytes = self.bytes_per_token * len(kv)
            source = self.kv[placement.slot if placement.copy_from is None else placement.copy_from]
            if placement.restore is not None:
                source = self.saved[placement.restore]
            assert len(source) >= placement.n_kept
            self.kv[placement.slot] = list(source[: placement.n_kept])
            if placement.move is not None:
                self.kv[placement.move] = []
            for state in scheduler.placed(placement, placement.n_kept, saved_bytes):
                del self.saved[state]
        step = scheduler.schedule()
        while not self.decode(scheduler, step):
            step = scheduler.schedule()
        sampled = {}
        for chunk in step.chunks:
            assert chunk.n > 0
            assert chunk.sequence.slot is not None
            kv = self.kv[chunk.sequence.slot]
            assert len(kv) == chunk.start, "a position was left out or written twice"
            kv += chunk.tokens
            if chunk.samples:
                assert kv == [*chunk.sequence.tokens, *chunk.draft], "the model would answer to another text"
                sampled[chunk.sequence.key] = self._sample(chunk)
                del kv[chunk.start + chunk.n + len(sampled[chunk.sequence.key]) - 1 :]
        scheduler.update(step, sampled)
        return step

    def _sample(self, chunk: Chunk) -> list[int]:
        tokens, new = chunk.sequence.tokens, []
        for guess in (*chunk.draft, None):
            new.append(self._token(chunk.sequence))
            tokens.append(new[-1])
            if new[-1] != guess:
                break
        del tokens[len(tokens) - len(new) :]
        return new
