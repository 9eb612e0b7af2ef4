"""Who watches the live figures: sockets of staff in one group, of administrators in another too; and the word to every web
process that somebody does.

A watch lasts WATCH_S and is renewed by its client: whoever no longer reads gets no more, and where nobody watches nothing is
sampled. What is sampled is none of chat's business (ops/live).
"""

from __future__ import annotations

from channels.layers import get_channel_layer

from backend.lib.clock import monotonic_s

WATCH_S = 30.0
WATCHERS, SAMPLERS = "live.watchers", "live.samplers"
PULL_WATCHERS = "live.administrators"


class Watch:
    """Of one socket, by its channel."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._until_s: float | None = None

    async def renew(self, *, sees_pulls: bool) -> None:
        """`sees_pulls`: models that are coming too, which is the administrators' affair."""
        layer = get_channel_layer()
        self._until_s = monotonic_s() + WATCH_S
        await layer.group_add(WATCHERS, self._channel)
        if sees_pulls:
            await layer.group_add(PULL_WATCHERS, self._channel)
        await layer.group_send(SAMPLERS, {"type": "live.asked"})

    async def is_on(self) -> bool:
        """Whether a figure that has come is still wanted; ends the watch that is over."""
        if self._until_s is not None and monotonic_s() <= self._until_s:
            return True
        await self.end()
        return False

    async def end(self) -> None:
        if self._until_s is not None:
            self._until_s = None
            for group in (WATCHERS, PULL_WATCHERS):
                await get_channel_layer().group_discard(group, self._channel)
