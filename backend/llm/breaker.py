"""A circuit breaker: after some failures in a row an engine is left alone for a while, then tried with one request.

Owned by one event loop. Pure but for the clock that it is given.
"""

from __future__ import annotations

from collections.abc import Callable

from backend.lib.clock import monotonic_s


class Breaker:
    """closed → (n_failures in a row) → open for delay_s, doubling up to max_delay_s → half open: one trial → closed or open.

    `since_s`: when the request entered, by the clock. An engine that dies takes all it has along: what entered before it was
    left alone says nothing about how it does since.
    """

    def __init__(
        self,
        n_failures: int = 4,
        delay_s: float = 2.0,
        max_delay_s: float = 60.0,
        clock: Callable[[], float] = monotonic_s,
    ) -> None:
        self._limit, self._first_s, self._max_s, self._clock = n_failures, delay_s, max_delay_s, clock
        self._n_failed = 0
        self._delay_s = delay_s
        self._opened_s: float | None = None
        self._has_trial = False

    @property
    def is_open(self) -> bool:
        return self._opened_s is not None

    def wait_s(self) -> float:
        """0 when a request may go; else how long it should not."""
        if self._opened_s is None:
            return 0.0
        left_s = self._opened_s + self._delay_s - self._clock()
        if left_s <= 0 and self._has_trial:
            return 1.0  # one is on its way to find out
        return max(0.0, left_s)

    def enter(self) -> bool:
        """Whether a request may go now; the one that finds the door half open is the trial."""
        if self.wait_s() > 0:
            return False
        self._has_trial = self.is_open
        return True

    def succeeded(self) -> None:
        self._n_failed, self._opened_s, self._delay_s, self._has_trial = 0, None, self._first_s, False

    def failed(self, since_s: float) -> None:
        if self._opened_s is None:
            self._n_failed += 1
            if self._n_failed >= self._limit:
                self._opened_s = self._clock()
        elif since_s > self._opened_s:
            self._delay_s = min(self._delay_s * 2, self._max_s)
            self._opened_s, self._has_trial = self._clock(), False

    def left(self, since_s: float) -> None:
        """The request ended without a verdict (its reader went away)."""
        if self._opened_s is not None and since_s > self._opened_s:
            self._has_trial = False
