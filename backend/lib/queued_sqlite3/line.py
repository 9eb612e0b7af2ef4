"""The line in which SQLite's writers of one process stand. No Django, no SQLite; any thread.

One at a time has the turn. Who is urgent goes before the others, but past the same one MAX_PASSED times at most, so that
nobody is passed by for ever; else it goes by arrival. A turn is handed over: nobody who comes later takes it on the way.
"""

from __future__ import annotations

import threading
from collections import deque

MAX_PASSED = 8


class _Waiter:
    """Of one thread. `granted` is released when it has the turn."""

    __slots__ = ("granted", "n_passed")

    def __init__(self) -> None:
        self.granted, self.n_passed = threading.Lock(), 0
        self.granted.acquire()


class Line:
    def __init__(self) -> None:
        self._lock = threading.Lock()  # for a few instructions; never while somebody waits
        self._is_taken = False
        self._urgent: deque[_Waiter] = deque()
        self._others: deque[_Waiter] = deque()

    def acquire(self, timeout_s: float, *, is_urgent: bool = False) -> bool:
        """False when the turn does not come in time."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            waiter, line = _Waiter(), self._urgent if is_urgent else self._others
            line.append(waiter)
        if waiter.granted.acquire(timeout=timeout_s):
            return True
        with self._lock:
            if waiter not in line:  # it came at the last moment
                return True
            line.remove(waiter)
            return False

    def release(self) -> None:
        """By whoever has the turn."""
        with self._lock:
            waiter = self._next()
            self._is_taken = waiter is not None
        if waiter is not None:
            waiter.granted.release()

    def is_taken(self) -> bool:
        return self._is_taken

    def _next(self) -> _Waiter | None:
        if self._urgent and self._others and self._others[0].n_passed < MAX_PASSED:
            self._others[0].n_passed += 1
            return self._urgent.popleft()
        line = self._others or self._urgent
        return line.popleft() if line else None
