"""How long a reply thought aloud, from its first word to `</think>`, and what it said then. Pure; a clock is owned by the turn
whose text it hears."""

from __future__ import annotations

from collections.abc import Callable

OPEN, CLOSE = "<think>", "</think>"


def said(text: str) -> str:
    """Of a reply what follows its thoughts; nothing where it has not come so far."""
    begun = text.lstrip()
    return begun.partition(CLOSE)[2].lstrip() if begun.startswith(OPEN) else text


class ThinkingClock:
    """`ms` is None until a thought has ended, and for ever when the text does not begin with one."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.ms: int | None = None
        self._now_s = now_s
        self._started_s: float | None = None
        self._is_over = False

    def heard(self, text: str, n_new: int) -> None:
        """`text` has grown by its last `n_new` characters."""
        if self._is_over:
            return
        if self._started_s is None:
            self._started_s = self._now_s()
        head = text[: len(OPEN) + 64].lstrip()[: len(OPEN)]
        if not OPEN.startswith(head):
            self._is_over = True
        elif CLOSE in text[-(n_new + len(CLOSE)) :]:
            self.ms, self._is_over = round((self._now_s() - self._started_s) * 1000), True
