"""Who has a socket open on what. Counts of this process only; owned by its event loop.

A session has one owner, so these are the owner's tabs and devices. Behind several web processes each tells of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from backend.chat.events import OnlineUser, Presence, publish

_online: defaultdict[str, Counter[str]] = defaultdict(Counter)


def online(group: str) -> list[OnlineUser]:
    counts = _online.get(group, Counter())
    return [OnlineUser(user=name, connections=n) for name, n in sorted(counts.items())]


def sessions() -> list[int]:
    """Ids of the sessions that a socket of this process shows."""
    return [int(group.removeprefix("session.")) for group in _online if group.startswith("session.")]


async def join(group: str, name: str, channel: str) -> None:
    """Count a socket in, and tell the others."""
    _online[group][name] += 1
    await publish(group, Presence(online=online(group)), sender=channel)


async def leave(group: str, name: str, channel: str) -> None:
    """Count it out, and tell the others."""
    counts = _online[group]
    counts[name] -= 1
    if counts[name] <= 0:
        del counts[name]
    if not counts:
        del _online[group]
    await publish(group, Presence(online=online(group)), sender=channel)
