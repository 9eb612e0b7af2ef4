"""One channel of the local layer: a bounded queue and whoever waits for it. Owner: LocalChannelLayer's home loop."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Any

Message = dict[str, Any]

LAGGING = "layer.lagging"
_MARKER: Message = {"type": LAGGING}  # known by identity, so no sender can forge one
_ATOMS = frozenset({str, int, float, bool, bytes, type(None)})


def isolated(value: Any) -> Any:
    """A copy as a network would make it: tuples become lists, subclasses of str and int plain ones.

    Raises TypeError for what a layer over a network could not carry either.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if isinstance(value, dict):
        return {_plain_key(key): isolated(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [isolated(part) for part in value]
    if isinstance(value, str):
        return str.__str__(value)  # str() of an enum would be its name
    if isinstance(value, int):
        return value.__int__()
    if isinstance(value, float):
        return value.__float__()
    raise TypeError(f"a channel layer carries plain values only, not {kind.__name__}")


def _plain_key(key: Any) -> str:
    if type(key) is str:
        return key
    if isinstance(key, str):
        return str.__str__(key)
    raise TypeError(f"keys of a channel layer's message are str, not {type(key).__name__}")


class Mailbox:
    """What waits for one reader. Invariant: whenever `queue` is not empty, a waiter (if any) has been woken."""

    __slots__ = ("capacity", "groups", "has_marker", "queue", "read_at", "waiters")

    def __init__(self, capacity: int, now: float) -> None:
        self.capacity = capacity
        self.queue: deque[tuple[float, Message]] = deque()  # (expires_at, message), the oldest first
        self.waiters: deque[asyncio.Future[None]] = deque()
        self.groups: set[str] = set()
        self.has_marker = False
        self.read_at = now

    def is_full(self) -> bool:
        return len(self.queue) - self.has_marker >= self.capacity

    def is_idle(self) -> bool:
        return not (self.queue or self.waiters or self.groups)

    def put(self, expires_at: float, message: Message) -> None:
        self.queue.append((expires_at, message))
        self.wake_one()

    def mark_lagging(self) -> None:
        # One marker is enough: when it is read, everything that was dropped so far lies behind.
        if self.groups and not self.has_marker:
            self.has_marker = True
            self.put(math.inf, _MARKER)

    def pop(self) -> Message:
        message = self.queue.popleft()[1]
        if message is _MARKER:
            self.has_marker = False
            return dict(_MARKER)
        return message

    def clear(self) -> None:
        self.queue.clear()
        self.has_marker = False

    def drop_expired(self, now: float) -> None:
        queue = self.queue
        while queue and queue[0][0] <= now:
            queue.popleft()
            self.mark_lagging()
        # The marker does not expire, but what stands behind it may.
        while len(queue) > 1 and queue[0][1] is _MARKER and queue[1][0] <= now:
            del queue[1]

    def wake_one(self) -> None:
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                _wake(waiter)
                return


def _wake(waiter: asyncio.Future[None]) -> None:
    loop = waiter.get_loop()
    if loop is asyncio.get_running_loop():
        waiter.set_result(None)
    else:  # the home loop is at rest and another one runs
        loop.call_soon_threadsafe(_finish, waiter)


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
