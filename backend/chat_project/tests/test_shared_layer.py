"""Two processes' layers on one Redis (and on one that goes away): who hears what, and what is told of losses."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache.backends.base import BaseCache

from backend.chat_project.layer_mailbox import LAGGING
from backend.chat_project.shared_cache import SharedCache
from backend.chat_project.shared_layer import SharedChannelLayer
from backend.chat_project.tests.redis_fixture import redis_binary
from backend.lib.ports import free_port

pytestmark = pytest.mark.redis
PATIENCE_S = 10.0


class Redis:
    """A redis-server that can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        binary = redis_binary()
        if binary is None:
            pytest.skip("no redis-server here")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([binary, *options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        next(line for line in self.process.stdout if "eady to accept connections" in line)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    yield server
    if server.process.poll() is None:
        server.kill()


@pytest.fixture
async def layers(redis: Redis) -> AsyncIterator[list[SharedChannelLayer]]:
    made = [SharedChannelLayer(redis.url), SharedChannelLayer(redis.url)]
    for layer in made:
        await layer.group_discard("nothing", await layer.new_channel())
        await layer.group_send("nothing", {"type": "begin"})
        await until(lambda layer=layer: layer.is_connected)
    yield made
    for layer in made:
        await layer.close()


async def soon(awaitable: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(awaitable, PATIENCE_S)


async def until(is_so: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def member(layer: SharedChannelLayer, group: str = "group") -> str:
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def test_it_works(layers: list[SharedChannelLayer]) -> None:
    here, there = layers
    mine, theirs = await member(here), await member(there)
    await here.group_send("group", {"type": "hello", "text": "안녕"})
    for layer, channel in ((here, mine), (there, theirs)):
        assert await soon(layer.receive(channel)) == {"type": "hello", "text": "안녕"}
    await there.send(mine, {"type": "last"})
    assert await soon(here.receive(mine)) == {"type": "last"}  # and nothing came twice


async def test_whoever_joined_misses_nothing_that_is_sent_from_then_on(layers: list[SharedChannelLayer]) -> None:
    here, there = layers
    for n in range(50):
        channel = await member(there, f"group{n}")
        await here.group_send(f"group{n}", {"type": "n", "n": n})
        assert (await soon(there.receive(channel)))["n"] == n


async def test_groups_that_are_joined_while_the_connection_is_made_are_heard(redis: Redis) -> None:
    here, there = SharedChannelLayer(redis.url), SharedChannelLayer(redis.url)
    channels = [await member(there, f"early{n}") for n in range(200)]  # the connection is made meanwhile
    await until(lambda: there.is_connected)
    await member(here, "any")
    await until(lambda: here.is_connected)
    for n, channel in enumerate(channels):
        await here.group_send(f"early{n}", {"type": "n", "n": n})
        assert (await soon(there.receive(channel)))["n"] == n
    for layer in (here, there):
        await layer.close()


async def test_messages_of_one_sender_keep_their_order(layers: list[SharedChannelLayer]) -> None:
    here, there = layers
    channel = await member(there)
    for n in range(90):
        await here.group_send("group", {"type": "n", "n": n})
    assert [(await soon(there.receive(channel)))["n"] for _ in range(90)] == list(range(90))


async def test_a_group_that_was_left_is_heard_no_more_and_can_be_joined_again(layers: list[SharedChannelLayer]) -> None:
    here, there = layers
    channel, witness = await member(there), await member(there, "witness")
    await there.group_discard("group", channel)
    await here.group_send("group", {"type": "unheard"})
    await here.group_send("witness", {"type": "later"})
    await soon(there.receive(witness))
    await there.group_add("group", channel)
    await here.group_send("group", {"type": "heard"})
    assert (await soon(there.receive(channel)))["type"] == "heard"


async def test_a_long_silence_is_no_end(layers: list[SharedChannelLayer], monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = layers
    monkeypatch.setattr("backend.chat_project.shared_layer.ALIVE_S", 0.3)
    theirs = await member(there)
    await here.group_send("group", {"type": "first"})
    assert (await soon(there.receive(theirs)))["type"] == "first"
    await asyncio.sleep(1.5)  # several pings and their answers
    await here.group_send("group", {"type": "second"})
    assert (await soon(there.receive(theirs)))["type"] == "second"


async def test_while_redis_is_away_the_own_sockets_hear_and_afterwards_all_read_anew(
    layers: list[SharedChannelLayer], redis: Redis
) -> None:
    here, there = layers
    mine, theirs = await member(here), await member(there)
    redis.kill()
    await here.group_send("group", {"type": "local"})
    assert (await soon(here.receive(mine)))["type"] == "local"
    await until(lambda: not here.is_connected and not there.is_connected)
    late = await member(there, "late")
    redis.start()
    assert (await soon(there.receive(theirs)))["type"] == LAGGING
    assert (await soon(there.receive(late)))["type"] == LAGGING
    await until(lambda: here.is_connected and there.is_connected)
    await here.group_send("late", {"type": "again"})
    assert (await soon(there.receive(late)))["type"] in ("again", LAGGING)


async def test_a_sender_that_was_cut_off_alone_tells_the_others_afterwards(layers: list[SharedChannelLayer]) -> None:
    here, there = layers
    theirs = await member(there)
    here._pubsub = None  # as while its connection is made anew; the other's never broke
    await here.group_send("group", {"type": "lost"})
    await here._tell_losses()
    assert (await soon(there.receive(theirs)))["type"] == LAGGING


def test_the_cache_counts_on_for_itself_while_redis_is_away(redis: Redis) -> None:
    cache: BaseCache = SharedCache(redis.url, {"OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}})
    cache.set("n", 1, 60)
    assert cache.incr("n") == 2
    redis.kill()
    assert cache.get("n") is None
    assert cache.add("n", 7, 60)
    assert cache.incr("n") == 8
    assert cache.decr("n") == 7
    assert cache.get_many(["n"]) == {"n": 7}
