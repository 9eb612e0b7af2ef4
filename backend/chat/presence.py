"""Who has a socket open on what, in all web processes. Owned by the event loop of the sockets.

A session has one owner, so these are the owner's tabs and devices. Each process tells its own sockets, also of what another
process has counted (`lib/shared_counts.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from backend.chat.events import OnlineUser, Presence
from backend.lib.shared_counts import get_counts

KEY = "online:"
SOCKETS = "sockets"

_channels: defaultdict[str, dict[str, None]] = defaultdict(dict)  # group → channels of this process, in their order
_telling: set[asyncio.Task[None]] = set()


def online(group: str) -> list[OnlineUser]:
    return [OnlineUser(user=name, connections=n) for name, n in sorted(get_counts().members(KEY + group).items())]


def sessions() -> list[int]:
    """Ids of the sessions that a socket of this process shows."""
    return [int(group.removeprefix("session.")) for group in _channels if group.startswith("session.")]


async def join(group: str, name: str, channel: str) -> None:
    """Count a socket in, and tell the others."""
    get_counts().on_change(_heard)
    _channels[group][channel] = None
    get_counts().add(KEY + group, name, 1)
    get_counts().add(SOCKETS, "all", 1)
    await _tell(group, but=channel)


async def leave(group: str, name: str, channel: str) -> None:
    """Count it out, and tell the others."""
    _channels[group].pop(channel, None)
    if not _channels[group]:
        del _channels[group]
    get_counts().add(KEY + group, name, -1)
    get_counts().add(SOCKETS, "all", -1)
    await _tell(group, but=channel)


def _heard(keys: set[str]) -> None:
    """Other processes have counted."""
    for group in {key.removeprefix(KEY) for key in keys if key.startswith(KEY)} & _channels.keys():
        task = asyncio.get_running_loop().create_task(_tell(group))
        _telling.add(task)
        task.add_done_callback(_telling.discard)


async def _tell(group: str, *, but: str = "") -> None:
    event = {"type": "chat.event", "frame": Presence(online=online(group)).wire(), "sender": ""}
    for channel in [channel for channel in _channels.get(group, ()) if channel != but]:
        with contextlib.suppress(ChannelFull):  # who does not read is told of it by other events
            await get_channel_layer().send(channel, event)
