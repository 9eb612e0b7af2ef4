"""The embedded channel layer: carries small events between the tasks of one process.

Owner of the state: the event loop that first used the layer ("home"). Calls from another loop (a worker thread under
`async_to_sync`) are carried over to the home loop, so no lock is needed. Interface and promises are those of Channels'
channel_layer_spec (send, receive, new_channel; extensions groups and flush), with these differences, each on purpose:

* `group_send` costs O(members of that group), whatever else is open. (The stock layer walks through every channel.)
* A reader that cannot keep up is told. Where the specification drops silently, a member of a group that missed a message
  (no room, or unread for `expiry` seconds) finds one `{"type": "layer.lagging"}` in the place that every queue keeps for it.
  It must then read anew whatever it knows from events. What is dropped after the marker was read causes another marker.
  `send` to one channel raises `ChannelFull` instead: there the sender is told.
* A membership ends with `group_discard`, with the cancelling of `receive` on a process-specific channel (so a consumer that
  ends leaves nothing behind), or when nobody has read the channel for `group_expiry`. While somebody waits on it, never.
* Capacity counts per full channel name, so a slow consumer takes no room from the others.

Must not import models, nor hold anything that outlives the process.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

from channels.exceptions import ChannelFull, MessageTooLarge
from channels.layers import BaseChannelLayer

from backend.chat_project.layer_mailbox import LAGGING, Mailbox, Message, isolated

__all__ = ["LAGGING", "LocalChannelLayer"]

T = TypeVar("T")


class LocalChannelLayer(BaseChannelLayer):
    """See the module. `expiry_s` of a message and `group_expiry` of a membership nobody reads are in seconds.

    `capacity` is the number of messages that wait in one channel (`channel_capacity` maps globs of names to other
    numbers), not counting the place kept for the lagging marker. `clock` is for tests.
    """

    extensions: ClassVar[list[str]] = ["groups", "flush"]
    ChannelFull = ChannelFull
    MessageTooLarge = MessageTooLarge

    def __init__(
        self,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: dict[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.group_expiry = group_expiry
        self.channels: dict[str, Mailbox] = {}
        self.groups: dict[str, dict[str, Mailbox]] = {}
        self._clock = clock
        self._sweep_at = clock() + expiry
        self._home: asyncio.AbstractEventLoop | None = None

    # -- the interface -------------------------------------------------------------------------------------------

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A fresh process-specific name. Nothing is kept for it before it is used."""
        return f"{prefix}inmemory!{uuid.uuid4().hex}"

    async def send(self, channel: str, message: Message) -> None:
        """Put `message` at the end of `channel`. Raises ChannelFull; TypeError for names or values that are not allowed."""
        if self._is_away():
            return await self._at_home(self.send(channel, message))
        _require_dict(message)
        self.require_valid_channel_name(channel)
        now = self._tick()
        box = self._open(channel, now)
        box.drop_expired(now)
        if box.is_full():
            raise ChannelFull(channel)
        box.put(now + self.expiry, isolated(message))
        return None

    async def receive(self, channel: str) -> Message:
        """The oldest message of `channel`, as soon as there is one. Several readers: one of them gets it.

        Cancelling it on a process-specific channel closes that channel: its messages and memberships are gone.
        """
        if self._is_away():
            return await self._at_home(self.receive(channel))
        self.require_valid_channel_name(channel)
        now = self._tick()
        box = self._open(channel, now)
        try:
            box.drop_expired(now)
            while not box.queue:
                await self._wait(box)
                box.drop_expired(self._clock())
            message = box.pop()
            box.read_at = self._clock()
            if box.queue:
                box.wake_one()
            return message
        except asyncio.CancelledError:
            if "!" in channel and not box.waiters:
                self._leave_all(channel, box)
                box.clear()
            raise
        finally:
            self._forget_if_idle(channel, box)

    async def group_add(self, group: str, channel: str) -> None:
        """Make `channel` a member of `group`. Doing it again only renews `group_expiry`."""
        if self._is_away():
            return await self._at_home(self.group_add(group, channel))
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        now = self._tick()
        box = self._open(channel, now)
        box.read_at = now
        box.groups.add(group)
        self.groups.setdefault(group, {})[channel] = box
        return None

    async def group_discard(self, group: str, channel: str) -> None:
        """End the membership, if there is one."""
        if self._is_away():
            return await self._at_home(self.group_discard(group, channel))
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        box = self.groups.get(group, {}).get(channel)
        if box is not None:
            self._leave(group, channel, box)
            self._forget_if_idle(channel, box)
        return None

    async def group_send(self, group: str, message: Message) -> None:
        """Put `message` into every member's channel. Never raises ChannelFull: who has no room gets the lagging marker."""
        if self._is_away():
            return await self._at_home(self.group_send(group, message))
        _require_dict(message)
        self.require_valid_group_name(group)
        now = self._tick()
        expires_at = now + self.expiry
        for box in self.groups.get(group, {}).values():
            box.drop_expired(now)
            if box.is_full():
                box.mark_lagging()
            else:
                box.put(expires_at, isolated(message))
        return None

    async def flush(self) -> None:
        """Forget all messages and memberships. Readers that wait keep waiting."""
        if self._is_away():
            return await self._at_home(self.flush())
        self.groups.clear()
        for name, box in list(self.channels.items()):
            box.groups.clear()
            box.clear()
            self._forget_if_idle(name, box)
        return None

    async def close(self) -> None:
        """Nothing to give back; here because Channels' tests and callers expect it."""

    # -- within --------------------------------------------------------------------------------------------------

    def _open(self, channel: str, now: float) -> Mailbox:
        box = self.channels.get(channel)
        if box is None:
            box = self.channels[channel] = Mailbox(self.get_capacity(channel), now)
        return box

    async def _wait(self, box: Mailbox) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        box.waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter in box.waiters:
                box.waiters.remove(waiter)
            elif box.queue:
                box.wake_one()  # this one was already chosen for a message: hand it on
            raise

    def _leave(self, group: str, channel: str, box: Mailbox) -> None:
        box.groups.discard(group)
        members = self.groups[group]
        members.pop(channel, None)
        if not members:
            del self.groups[group]

    def _leave_all(self, channel: str, box: Mailbox) -> None:
        for group in list(box.groups):
            self._leave(group, channel, box)

    def _forget_if_idle(self, channel: str, box: Mailbox) -> None:
        if box.is_idle() and self.channels.get(channel) is box:
            del self.channels[channel]

    def _tick(self) -> float:
        """The time; and once per `expiry` a walk through everything for what nobody reads any more."""
        now = self._clock()
        if now >= self._sweep_at:
            self._sweep_at = now + self.expiry
            self._sweep(now)
        return now

    def _sweep(self, now: float) -> None:
        for name, box in list(self.channels.items()):
            box.drop_expired(now)
            if not box.waiters and now - box.read_at > self.group_expiry:
                self._leave_all(name, box)
            self._forget_if_idle(name, box)

    def _is_away(self) -> bool:
        """Whether the caller must be carried to the home loop. A loop that is closed or at rest cannot race with us."""
        running = asyncio.get_running_loop()
        if running is self._home:
            return False
        if self._home is None or self._home.is_closed():
            self._home = running
            self.channels.clear()
            self.groups.clear()
            return False
        return self._home.is_running()

    async def _at_home(self, call: Coroutine[Any, Any, T]) -> T:
        assert self._home is not None
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._home))


def _require_dict(message: object) -> None:
    if not isinstance(message, dict):
        raise TypeError("a message is a dict")
