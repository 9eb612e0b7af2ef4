"""The generations that run in this process, and how long they took: what staff may see of them, and no word of theirs.

One entry per stream of the fleet, from its request to its end, whoever asked (a turn, a title, a program). Owned by the
event loop that streams; others read copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from backend.lib.clock import monotonic_s
from backend.lib.sketch import Sketch
from backend.llm.types import Delta, Finished, GenerateRequest, Priority, Queued, Started, StreamEvent

Phase = Literal["queued", "prefill", "decode"]
SKETCHES = ("ttft", "itl", "queue", "e2e")
COUNTS = ("n_requests", "n_succeeded", "n_failed", "n_tokens")


@dataclass(slots=True)
class Generation:
    """Times are monotonic seconds. `position` and `eta_ms` as the engine told them last."""

    request_id: str
    user: str
    priority: Priority
    model: str
    arrived_s: float
    engine: str = ""
    phase: Phase = "queued"
    position: int | None = None
    eta_ms: int | None = None
    prompt_tokens: int = 0
    cached_tokens: int = 0
    n_tokens: int = 0
    first_token_s: float | None = None
    last_token_s: float | None = None

    def take(self, event: StreamEvent) -> None:
        if isinstance(event, Delta):
            self._take_tokens(event.n_tokens)
        elif isinstance(event, Queued):
            self.phase, self.position, self.eta_ms = "queued", event.position, event.eta_ms
        elif isinstance(event, Started):
            self.phase, self.position, self.eta_ms = "prefill", None, None
            self.model, self.engine = event.model, event.engine
            self.prompt_tokens, self.cached_tokens = event.prompt_tokens, event.cached_tokens

    def _take_tokens(self, n_tokens: int) -> None:
        if not n_tokens:
            return
        self.last_token_s = monotonic_s()
        if self.first_token_s is None:
            self.phase, self.first_token_s = "decode", self.last_token_s
        self.n_tokens += n_tokens

    @property
    def tokens_per_second(self) -> float | None:
        """Since its first token."""
        if self.first_token_s is None or self.last_token_s is None or self.last_token_s <= self.first_token_s:
            return None
        return (self.n_tokens - 1) / (self.last_token_s - self.first_token_s)


@dataclass(slots=True)
class Figures:
    """Of all generations of this process since it began."""

    n_requests: int = 0
    n_succeeded: int = 0
    n_failed: int = 0  # ended in an error; what its reader gave up is neither
    n_tokens: int = 0
    n_most_at_once: int = 0
    ttft: Sketch = field(default_factory=Sketch)
    itl: Sketch = field(default_factory=Sketch)
    queue: Sketch = field(default_factory=Sketch)
    e2e: Sketch = field(default_factory=Sketch)

    def copy(self) -> Figures:
        return replace(self, **{name: getattr(self, name).copy() for name in SKETCHES})

    def since(self, earlier: Figures) -> Figures:
        """What was added after they were as `earlier` is; the most at once stays that of all time."""
        counts = {name: getattr(self, name) - getattr(earlier, name) for name in COUNTS}
        sketches = {name: getattr(self, name).since(getattr(earlier, name)) for name in SKETCHES}
        return replace(self, **counts, **sketches)

    def ended(self, end: Finished) -> None:
        self.n_succeeded += 1
        self.ttft.add(end.timings.ttft_ms)
        self.queue.add(end.timings.queue_ms)
        self.e2e.add(end.timings.e2e_ms)


class Running:
    def __init__(self) -> None:
        self.figures = Figures()
        self._generations: dict[int, Generation] = {}

    def all(self) -> list[Generation]:
        """Oldest first. The entries go on changing."""
        return list(self._generations.values())

    @contextmanager
    def entered(self, request: GenerateRequest) -> Iterator[Generation]:
        figures = self.figures
        generation = Generation(request.request_id, request.user, request.priority, request.model or "", monotonic_s())
        self._generations[id(generation)] = generation
        figures.n_requests += 1
        figures.n_most_at_once = max(figures.n_most_at_once, len(self._generations))
        try:
            yield generation
        finally:
            del self._generations[id(generation)]


_running = Running()


def get_running() -> Running:
    """Of this process."""
    return _running
