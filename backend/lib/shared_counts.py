"""Counts that all web processes know: who is online where, how many generations a user has running, how many sockets.

Each process owns its own numbers and tells the others what changed; nobody writes another's. A process that was not heard of for
`FORGET_S` counts no more, so a crash leaves nothing behind. What a reader sees is some 50 ms old for the others' part and exact
for its own. Without other processes this is a dictionary.

Owner: the event loop that calls `run`. Told over the channel layer, group `counts`: changes carry absolute numbers and a version;
who missed one asks for the whole table.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from channels.layers import get_channel_layer

from backend.lib.clock import monotonic_s

logger = logging.getLogger(__name__)

GROUP = "counts"
TELL_S = 0.05
BEAT_S = 3.0
FORGET_S = 10.0
RETRY_S = 1.0
PART = 1000  # entries in one message

Table = defaultdict[str, Counter[str]]
Entry = list[Any]  # [key, member, n]


@dataclass(slots=True)
class _Other:
    version: int
    heard_s: float
    table: Table = field(default_factory=lambda: defaultdict(Counter))
    is_whole: bool = False


class SharedCounts:
    """`add` and the reading are synchronous, from the loop."""

    def __init__(self) -> None:
        self.node = secrets.token_hex(6)
        self._own: Table = defaultdict(Counter)
        self._version = 0
        self._changed: set[tuple[str, str]] = set()
        self._others: dict[str, _Other] = {}
        self._wake = asyncio.Event()
        self._listeners: list[Callable[[set[str]], None]] = []

    def add(self, key: str, member: str, n: int) -> None:
        """Count `member` of `key` up or down, in this process."""
        counts = self._own[key]
        counts[member] += n
        if counts[member] <= 0:
            del counts[member]
        if not counts:
            del self._own[key]
        self._changed.add((key, member))
        self._wake.set()

    def members(self, key: str) -> Counter[str]:
        """Of all processes together."""
        merged: Counter[str] = Counter()
        for table in self._tables():
            merged.update(table.get(key, ()))
        return merged

    def count(self, key: str, member: str) -> int:
        return sum(table[key][member] for table in self._tables() if key in table)

    def total(self, key: str) -> int:
        return sum(table[key].total() for table in self._tables() if key in table)

    def on_change(self, listener: Callable[[set[str]], None]) -> None:
        """`listener(keys)` is called when other processes' counts of these keys have changed."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def _here(self, key: str, member: str) -> int:
        return self._own[key][member] if key in self._own else 0

    def _tables(self) -> Iterable[Table]:
        return (self._own, *(other.table for other in self._others.values()))

    # --- the task ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled; the others are told then."""
        listening = asyncio.create_task(self._listen_forever())
        telling = asyncio.create_task(self._tell_forever())
        try:
            while True:
                await asyncio.sleep(BEAT_S)
                await self._send({"type": "counts.beat", "version": self._version})
                self._forget_silent()
        finally:
            listening.cancel()
            telling.cancel()
            self._others.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self._send({"type": "counts.gone"})

    async def _tell_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, self._changed = self._changed, set()
            entries: list[Entry] = [[key, member, self._here(key, member)] for key, member in changed]
            for at in range(0, len(entries), PART):
                self._version += 1
                part = entries[at : at + PART]
                await self._send({"type": "counts.change", "version": self._version, "entries": part})
            await asyncio.sleep(TELL_S)

    async def _listen_forever(self) -> None:
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                await self._send({"type": "counts.ask", "whom": ""})
                while True:
                    await self._hear(await layer.receive(channel))
            except Exception as error:  # noqa: BLE001 - each layer raises classes of its own
                logger.warning("channel layer failed: %s; listening again", type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            await get_channel_layer().group_send(GROUP, {**message, "node": self.node})
        except Exception as error:  # noqa: BLE001 - healed by versions
            logger.debug("counts not told: %s", type(error).__name__)

    async def _hear(self, message: dict[str, Any]) -> None:
        kind, node = message["type"], message.get("node")
        if node == self.node or node is None:
            return
        if kind == "counts.ask":
            if message["whom"] in ("", self.node):
                await self._tell_all()
        elif kind == "counts.gone":
            self._drop(node)
        else:
            await self._take(kind, node, message)

    async def _take(self, kind: str, node: str, message: dict[str, Any]) -> None:
        other = self._others.get(node)
        if other is None:
            other = self._others[node] = _Other(-1, monotonic_s())
        other.heard_s = monotonic_s()
        version = message["version"]
        if kind == "counts.all":
            if message["is_first"]:
                self._clear(other)
            self._apply(other, message["entries"])
            other.version, other.is_whole = version, message["is_last"]
        elif kind == "counts.change" and other.is_whole and version == other.version + 1:
            self._apply(other, message["entries"])
            other.version = version
        elif version != other.version or not other.is_whole:
            await self._send({"type": "counts.ask", "whom": node})

    async def _tell_all(self) -> None:
        entries: list[Entry] = [[key, member, n] for key, counts in self._own.items() for member, n in counts.items()]
        parts = [entries[at : at + PART] for at in range(0, len(entries), PART)] or [[]]
        for n, part in enumerate(parts):
            ends = {"is_first": n == 0, "is_last": n == len(parts) - 1}
            await self._send({"type": "counts.all", "version": self._version, "entries": part, **ends})

    def _apply(self, other: _Other, entries: list[Entry]) -> None:
        for key, member, n in entries:
            if n > 0:
                other.table[key][member] = n
            elif key in other.table:
                del other.table[key][member]
                if not other.table[key]:
                    del other.table[key]
        self._told({key for key, _, _ in entries})

    def _clear(self, other: _Other) -> None:
        keys = set(other.table)
        other.table.clear()
        self._told(keys)

    def _drop(self, node: str) -> None:
        if (other := self._others.pop(node, None)) is not None:
            self._told(set(other.table))

    def _forget_silent(self) -> None:
        ends_s = monotonic_s() - FORGET_S
        for node in [node for node, other in self._others.items() if other.heard_s < ends_s]:
            logger.warning("a web process was not heard of for %.0f s: its counts are dropped", FORGET_S)
            self._drop(node)

    def _told(self, keys: set[str]) -> None:
        for listener in self._listeners:
            listener(keys)


_counts: SharedCounts | None = None


def get_counts() -> SharedCounts:
    """Those of this process."""
    global _counts
    if _counts is None:
        _counts = SharedCounts()
    return _counts
