"""Stop strings over the borders of deltas. Pure; one matcher per reply.

Text that may still become a stop string is held back; a stop string itself is never part of the text.
"""

from __future__ import annotations

from collections.abc import Sequence


class StopMatcher:
    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.is_stopped = False

    @property
    def is_open(self) -> bool:
        """Not all that was fed was given out."""
        return self.is_stopped or bool(self._held)

    def feed(self, text: str) -> str:
        """The part of everything fed so far that is now certain to belong to the answer. Empty after a stop."""
        if self.is_stopped:
            return ""
        if not self._stops:
            return text
        self._held += text
        found = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            self.is_stopped = True
            certain, self._held = self._held[: min(found)], ""
            return certain
        n_kept = self._n_undecided()
        split = len(self._held) - n_kept
        certain, self._held = self._held[:split], self._held[split:]
        return certain

    def flush(self) -> str:
        """The answer ended: what was held back belongs to it after all."""
        held, self._held = self._held, ""
        return held

    def _n_undecided(self) -> int:
        """Length of the longest tail that is the beginning of a stop string."""
        longest = max(len(stop) for stop in self._stops) - 1
        for n in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-n:]) for stop in self._stops):
                return n
        return 0
