"""The channel layer of several web processes: each delivers to its own sockets, Redis carries between them.

A LocalChannelLayer whose groups have a second arm: what is sent to a group is delivered here at once, and published once for the
other processes, which deliver it to their members. So Redis stands in no local reader's way, and while it is away local streams
go on as if nothing had happened.

Delivery between processes is at most once, as the specification says; but what was lost is told. After Redis was away every
member reads anew (`layer.lagging`, spread over some seconds), and who could not publish says so to the groups concerned, later.

Owner: two tasks in the layer's home loop, one that listens, one that publishes in batches. Must not be waited for by a sender.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import secrets
import uuid
from collections import deque
from typing import Any

import msgpack
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from backend.chat_project.layer_mailbox import Mailbox, Message
from backend.chat_project.layers import LocalChannelLayer

logger = logging.getLogger(__name__)

GROUP, NODE, ALL = "maru:g:", "maru:n:", "maru:all"
MAX_UNSENT = 20_000  # messages that wait for Redis; what is more is told as lost
MAX_LOST_GROUPS = 10_000  # beyond, everybody is told
BATCH = 256
JOIN_S = 1.0  # how long a new member waits until Redis has its subscription
CANCEL_S = 0.5
RETRY_S = (0.1, 0.25, 0.5, 1.0)
ALIVE_S = 15.0  # a connection without any answer for so long is given up
TOLD_PER_S = 500  # members that read anew after Redis was away: each costs a look into the database


class SharedChannelLayer(LocalChannelLayer):
    """`url` of a Redis. Everything else as LocalChannelLayer."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self.node = secrets.token_hex(6)
        self._origin = self.node.encode()
        self._redis: Any = aioredis.Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),  # a connection that came back silently would hide what was lost
            socket_timeout=5,
            socket_connect_timeout=2,
        )
        self._reset()

    def _reset(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._pubsub: Any = None
        self._unsent: deque[tuple[str, bytes]] = deque()
        self._lost: set[str] = set()
        self._has_lost_all = False
        self._work = asyncio.Event()
        self._joins: dict[str, asyncio.Future[None]] = {}

    @property
    def is_connected(self) -> bool:
        """Whether the other processes hear us and we them, as far as is known."""
        return self._pubsub is not None

    # -- the interface -------------------------------------------------------------------------------------------

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A name that tells the other processes where it is read."""
        return f"{prefix}{self.node}!{uuid.uuid4().hex}"

    async def send(self, channel: str, message: Message) -> None:
        """As LocalChannelLayer; what is read in another process is at most once, and ChannelFull is not told from there."""
        if self._is_away():
            return await self._at_home(self.send(channel, message))
        self._begin()
        node = channel.partition("!")[0].rpartition(".")[2] if "!" in channel else self.node
        if node == self.node:
            return await super().send(channel, message)
        self.require_valid_channel_name(channel)
        self._put(NODE + node, {"channel": channel, "message": message})
        return None

    async def group_add(self, group: str, channel: str) -> None:
        """Returns when nothing that any process sends from now on is missed (or Redis is away: then it is told)."""
        if self._is_away():
            return await self._at_home(self.group_add(group, channel))
        self._begin()
        is_first = group not in self.groups
        await super().group_add(group, channel)
        if is_first:
            await self._subscribe(group)
        elif (joining := self._joins.get(group)) is not None:
            await _patiently(joining)
        return None

    async def group_send(self, group: str, message: Message) -> None:
        if self._is_away():
            return await self._at_home(self.group_send(group, message))
        self._begin()
        await super().group_send(group, message)
        self._put(GROUP + group, message)
        return None

    async def flush(self) -> None:
        """Of this process."""
        if self._is_away():
            return await self._at_home(self.flush())
        left = [GROUP + group for group in self.groups]
        await super().flush()
        self._unsubscribe(left)
        return None

    async def close(self) -> None:
        """End both tasks and the connections."""
        # HAZARD: redis-py now and then takes a cancellation for its own timeout, and goes on. Ask until all have ended.
        while tasks := [task for task in self._tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=CANCEL_S)
        with contextlib.suppress(RedisError, OSError, RuntimeError):
            await self._redis.aclose()
        self._reset()

    # -- within --------------------------------------------------------------------------------------------------

    def _leave(self, group: str, channel: str, box: Mailbox) -> None:
        super()._leave(group, channel, box)
        if group not in self.groups:
            self._unsubscribe([GROUP + group])

    def _begin(self) -> None:
        """Have the two tasks run in the home loop."""
        if self._tasks and next(iter(self._tasks)).get_loop() is self._home:
            return
        self._reset()
        self._spawn(self._listen_forever())
        self._spawn(self._publish_forever())

    def _spawn(self, work: Any) -> None:
        # HAZARD: in a request's context a task would inherit its ThreadSensitiveContext and die with the request.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- out -----------------------------------------------------------------------------------------------------

    def _put(self, where: str, message: Any) -> None:
        if len(self._unsent) >= MAX_UNSENT or not self.is_connected:
            self._lose(where)
            return
        self._unsent.append((where, self._origin + msgpack.packb(message)))
        self._work.set()

    def _lose(self, where: str) -> None:
        if where.startswith(GROUP):
            self._lost.add(where)
            if len(self._lost) > MAX_LOST_GROUPS:
                self._lost.clear()
                self._has_lost_all = True

    async def _publish_forever(self) -> None:
        while True:
            await self._work.wait()
            batch = [self._unsent.popleft() for _ in range(min(BATCH, len(self._unsent)))]
            if not batch:
                self._work.clear()
                continue
            try:
                await self._publish(batch)
            except (RedisError, OSError) as error:
                logger.warning("%d events did not reach the other processes: %s", len(batch), type(error).__name__)
                for where, _ in (*batch, *self._unsent):
                    self._lose(where)
                self._unsent.clear()
                await asyncio.sleep(RETRY_S[0])
                self._work.set()

    async def _publish(self, batch: list[tuple[str, bytes]]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for where, payload in batch:
            pipe.publish(where, payload)
        await pipe.execute()

    async def _tell_losses(self) -> None:
        """What could not be sent while Redis was away: those groups' members elsewhere read anew."""
        lost, self._lost = self._lost, set()
        has_lost_all, self._has_lost_all = self._has_lost_all, False
        for where in [ALL] if has_lost_all else sorted(lost):
            self._unsent.append((where, self._origin))
        self._work.set()

    # -- in ------------------------------------------------------------------------------------------------------

    async def _subscribe(self, group: str) -> None:
        if self._pubsub is None:
            return
        joining = self._joins[group] = asyncio.get_running_loop().create_future()
        try:
            await self._pubsub.subscribe(GROUP + group)
            await _patiently(joining)
        except (RedisError, OSError):
            return  # the listener finds out by itself, and subscribes to all groups again
        finally:
            self._joins.pop(group, None)

    def _unsubscribe(self, names: list[str]) -> None:
        if self._pubsub is not None and names:
            self._spawn(self._unsubscribe_now(self._pubsub, names))

    async def _unsubscribe_now(self, pubsub: Any, names: list[str]) -> None:
        gone = [name for name in names if name.removeprefix(GROUP) not in self.groups]
        with contextlib.suppress(RedisError, OSError):
            if gone:
                await pubsub.unsubscribe(*gone)

    async def _listen_forever(self) -> None:
        n_failures, has_been_connected = 0, False
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(NODE + self.node, ALL)
                    joined: set[str] = set()
                    while late := self.groups.keys() - joined:  # some are joined while we wait
                        await pubsub.subscribe(*(GROUP + group for group in late))
                        joined |= late
                    self._pubsub, n_failures = pubsub, 0
                    if has_been_connected:
                        logger.warning("Redis is back: what may have been missed is read anew")
                        self._spawn(self._tell_everybody(list(self.groups)))
                    await self._tell_losses()
                    has_been_connected = True
                    await self._listen(pubsub)
            except Exception as error:
                if n_failures == 0:
                    is_away = isinstance(error, RedisError | OSError)
                    logger.warning("Redis is away: nothing is heard of the other processes", exc_info=not is_away)
                self._pubsub = None
                has_been_connected = True
                await asyncio.sleep(RETRY_S[min(n_failures, len(RETRY_S) - 1)])
                n_failures += 1

    async def _listen(self, pubsub: Any) -> None:
        silent_s = 0.0
        while True:
            message = await pubsub.get_message(timeout=ALIVE_S / 3)
            if message is not None:
                silent_s = 0.0
                if message["type"] in ("subscribe", "message"):  # else the answer to a ping
                    await self._hear(message["type"], message["channel"].decode(), message["data"])
                continue
            silent_s += ALIVE_S / 3
            if silent_s >= ALIVE_S:
                raise TimeoutError
            await pubsub.ping()

    async def _hear(self, kind: str, where: str, data: Any) -> None:
        if kind == "subscribe":
            if (joining := self._joins.get(where.removeprefix(GROUP))) is not None and not joining.done():
                joining.set_result(None)
        elif kind == "message" and not data.startswith(self._origin):
            await self._deliver(where, data[len(self._origin) :])

    async def _deliver(self, where: str, packed: bytes) -> None:
        if where == ALL:
            self._spawn(self._tell_everybody(list(self.groups)))
        elif where.startswith(NODE):
            told = msgpack.unpackb(packed)
            with contextlib.suppress(self.ChannelFull):
                await super().send(told["channel"], told["message"])
        elif packed:
            await super().group_send(where.removeprefix(GROUP), msgpack.unpackb(packed))
        else:
            await self._tell_everybody([where.removeprefix(GROUP)])

    async def _tell_everybody(self, groups: list[str]) -> None:
        n_told = 0
        for group in groups:
            for box in list(self.groups.get(group, {}).values()):
                box.mark_lagging()
                n_told += 1
                if n_told % (TOLD_PER_S // 10) == 0:
                    await asyncio.sleep(0.1)


async def _patiently(joining: asyncio.Future[None]) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(joining), JOIN_S)
