"""A lane: so many answers at a time for one of the older services, the rest wait, and who would wait too long is told at once.

Owned by the event loop of this process. All figures are measured; before the first answer there are none.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from backend.compat.errors import QueueOverloaded
from backend.lib.clock import monotonic_s

N_KEPT = 1024


class Lane:
    def __init__(self, max_concurrent: int, max_wait_s: float = 60.0, max_waiting: int = 64) -> None:
        self.max_concurrent, self.max_wait_s, self.max_waiting = max_concurrent, max_wait_s, max_waiting
        self._n_running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._durations_s: deque[float] = deque(maxlen=N_KEPT)
        self._n_requests = self._n_succeeded = self._n_failed = self._n_refused = self._n_fallbacks = 0

    @property
    def predicted_wait_s(self) -> float:
        """For who comes now, by the mean of what was measured."""
        if self._n_running < self.max_concurrent:
            return 0.0
        return (len(self._waiting) + 1) * self._mean_s() / self.max_concurrent

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Raises QueueOverloaded. What ends without an error counts as a success."""
        self._n_requests += 1
        wait_s = self.predicted_wait_s
        if wait_s > self.max_wait_s or len(self._waiting) >= self.max_waiting:
            self._n_refused += 1
            raise QueueOverloaded(retry_after_s=max(1, min(600, math.ceil(wait_s - self.max_wait_s / 2))))
        await self._enter()
        began_s = monotonic_s()
        try:
            yield
        except BaseException:
            self._n_failed += 1
            raise
        else:
            self._n_succeeded += 1
            self._durations_s.append(monotonic_s() - began_s)
        finally:
            self._leave()

    def fell_back(self) -> None:
        """The answer came by a second try."""
        self._n_fallbacks += 1

    def figures(self) -> dict[str, Any]:
        """avg_response_time and the percentiles in seconds, success_rate in percent of those that ended; None: not measured."""
        n_ended = self._n_succeeded + self._n_failed
        times = sorted(self._durations_s)
        return {
            "total_requests": self._n_requests,
            "avg_response_time": round(self._mean_s(), 3) if times else None,
            "success_rate": round(100 * self._n_succeeded / n_ended, 1) if n_ended else None,
            "active_connections": self._n_running,
            "waiting": len(self._waiting),
            "max_concurrent": self.max_concurrent,
            "refused": self._n_refused,
            "fallbacks": self._n_fallbacks,
            **{f"p{percent}": _percentile(times, percent) for percent in (50, 95, 99)},
        }

    async def _enter(self) -> None:
        if self._n_running < self.max_concurrent:
            self._n_running += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn  # whoever leaves hands its place over: the count stays
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    def _leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._n_running -= 1

    def _mean_s(self) -> float:
        return sum(self._durations_s) / len(self._durations_s) if self._durations_s else 0.0


def _percentile(ordered: list[float], percent: int) -> float | None:
    return round(ordered[max(1, -(-len(ordered) * percent // 100)) - 1], 3) if ordered else None


LANES = {"chat": Lane(8), "office": Lane(4), "character": Lane(4), "llm_server": Lane(8)}
