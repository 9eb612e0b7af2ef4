"""Listens on a group of the channel layer, as a consumer would."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from channels.layers import get_channel_layer

WAIT_S = 30.0  # for what comes: a machine may stand still for a while


class Listener:
    """`frames` holds what was heard so far."""

    def __init__(self, group: str) -> None:
        self._group, self._layer = group, get_channel_layer()
        self.frames: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._channel = await self._layer.new_channel()
        await self._layer.group_add(self._group, self._channel)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._layer.group_discard(self._group, self._channel)

    async def next(self, wanted: str) -> dict[str, Any]:
        """The next frame of this type."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame: dict[str, Any] = (await self._layer.receive(self._channel))["frame"]
                self.frames.append(frame)
                if frame["type"] == wanted:
                    return frame
