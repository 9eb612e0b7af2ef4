"""Samples the live figures: once a second while somebody watches, every 15 s for the history when nobody does.

One task per web process, with an ear on the channel layer for those who watch in any process. Each process tells of itself;
the group of the watchers hears all. Belongs to the event loop of `life`.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Coroutine
from typing import Any

from channels.layers import get_channel_layer

from backend.chat.watching import PULL_WATCHERS, SAMPLERS, WATCH_S, WATCHERS
from backend.lib.clock import monotonic_s
from backend.ops.live.history import History
from backend.ops.live.pulls import PullNews
from backend.ops.live.readings import Reader

logger = logging.getLogger(__name__)

WATCHED_S, UNWATCHED_S = 1.0, 15.0
RETRY_S = 1.0


class Sampler:
    def __init__(self) -> None:
        self.history = History()
        self.reader = Reader(self.history)
        self._pulls = PullNews()
        self._watched_until_s = 0.0
        self._asked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Returns at once."""
        self._tasks = [_task(self._listen()), _task(self._sample())]

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_watched(self) -> bool:
        return monotonic_s() < self._watched_until_s

    async def _listen(self) -> None:
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(SAMPLERS, channel)
                while True:
                    await layer.receive(channel)
                    self._watched_until_s = monotonic_s() + WATCH_S
                    self._asked.set()
            except Exception as error:  # noqa: BLE001 - each layer raises classes of its own
                logger.warning("channel layer failed: %s; listening again", type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _sample(self) -> None:
        while True:
            self._asked.clear()
            next_s = monotonic_s() + (WATCHED_S if self.is_watched else UNWATCHED_S)
            try:
                await self._tell() if self.is_watched else await self.reader.look()
            except Exception:
                logger.exception("the live figures could not be read")
            await self._wait_until(next_s)

    async def _tell(self) -> None:
        layer = get_channel_layer()
        stats = await self.reader.stats()
        await layer.group_send(WATCHERS, {"type": "live.figures", "frame": stats.wire()})
        pulls = await self._pulls.news()
        if pulls is not None:
            await layer.group_send(PULL_WATCHERS, {"type": "live.figures", "frame": pulls.wire()})

    async def _wait_until(self, next_s: float) -> None:
        """Or until somebody begins to watch; who renews changes nothing."""
        while (left_s := next_s - monotonic_s()) > 0:
            was_watched = self.is_watched
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._asked.wait()
            if self._asked.is_set() and not was_watched:
                return
            self._asked.clear()


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work, context=contextvars.Context())


_sampler: Sampler | None = None


def get_sampler() -> Sampler:
    """The one of this process; it samples once it has begun."""
    global _sampler
    if _sampler is None:
        _sampler = Sampler()
    return _sampler


def use_sampler(sampler: Sampler | None) -> None:
    """Put another in place (at start, and by tests)."""
    global _sampler
    _sampler = sampler
