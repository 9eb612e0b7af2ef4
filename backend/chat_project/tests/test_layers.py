"""What Channels' specification promises of a layer: the same tests for both of ours, and for channels_redis as the measure.

Adapted from the behaviours that Channels and channels_redis test for their own layers.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from backend.chat_project.layers import LocalChannelLayer
from backend.chat_project.shared_layer import SharedChannelLayer

PATIENCE_S = 5.0


async def soon(awaitable: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(awaitable, PATIENCE_S)


@pytest.fixture(
    params=["local", pytest.param("shared", marks=pytest.mark.redis), pytest.param("measure", marks=pytest.mark.redis)]
)
async def layer(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    if request.param == "local":
        chosen: Any = LocalChannelLayer()
    elif request.param == "shared":
        chosen = SharedChannelLayer(request.getfixturevalue("redis_url"))
    else:
        chosen = RedisPubSubChannelLayer(hosts=[request.getfixturevalue("redis_url")])
    yield chosen
    await chosen.flush()
    if request.param != "measure":
        await chosen.close()


async def test_it_works(layer: Any) -> None:
    channel = await layer.new_channel()
    await layer.send(
        channel, {"type": "test.message", "text": "어서 오세요 🏠", "n": [1, 2.5, None, True], "b": b"\x00"}
    )
    message = await soon(layer.receive(channel))
    assert message == {"type": "test.message", "text": "어서 오세요 🏠", "n": [1, 2.5, None, True], "b": b"\x00"}


async def test_says_which_extensions_it_has(layer: Any) -> None:
    assert set(layer.extensions) == {"groups", "flush"}


async def test_messages_keep_their_order(layer: Any) -> None:
    channel = await layer.new_channel()
    for n in range(50):
        await layer.send(channel, {"type": "count", "n": n})
    assert [(await soon(layer.receive(channel)))["n"] for _ in range(50)] == list(range(50))


async def test_a_waiting_reader_is_woken(layer: Any) -> None:
    channel = await layer.new_channel()
    reader = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(0)
    await layer.send(channel, {"type": "late"})
    assert await soon(reader) == {"type": "late"}


async def test_new_channels_never_share_a_name(layer: Any) -> None:
    random.seed(1)
    first = await layer.new_channel()
    random.seed(1)
    assert first != await layer.new_channel()


async def test_group_send_reaches_the_members_and_nobody_else(layer: Any) -> None:
    inside, left, also_inside, never = [await layer.new_channel() for _ in range(4)]
    for channel in (inside, left, also_inside):
        await layer.group_add("group", channel)
    await layer.group_discard("group", left)
    await layer.group_send("group", {"type": "hello"})
    assert await soon(layer.receive(inside)) == {"type": "hello"}
    assert await soon(layer.receive(also_inside)) == {"type": "hello"}
    for outside in (left, never):
        await layer.send(outside, {"type": "last"})
        assert await soon(layer.receive(outside)) == {"type": "last"}


async def test_adding_a_member_twice_delivers_once(layer: Any) -> None:
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    await layer.group_add("group", channel)
    await layer.group_send("group", {"type": "once"})
    assert await soon(layer.receive(channel)) == {"type": "once"}
    await layer.send(channel, {"type": "last"})
    assert await soon(layer.receive(channel)) == {"type": "last"}


async def test_leaving_a_group_one_is_not_in_does_nothing(layer: Any) -> None:
    channel = await layer.new_channel()
    await layer.group_discard("nobody-here", channel)


async def test_sending_to_a_group_without_members_does_nothing(layer: Any) -> None:
    await layer.group_send("nobody-here", {"type": "hello"})


async def test_a_channel_in_two_groups_hears_both(layer: Any) -> None:
    channel = await layer.new_channel()
    await layer.group_add("one", channel)
    await layer.group_add("two", channel)
    await layer.group_send("one", {"type": "from.one"})
    await layer.group_send("two", {"type": "from.two"})
    heard = {(await soon(layer.receive(channel)))["type"] for _ in range(2)}
    assert heard == {"from.one", "from.two"}


async def test_receivers_do_not_share_what_they_got(layer: Any) -> None:
    first, second = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("group", first)
    await layer.group_add("group", second)
    sent = {"type": "row", "row": {"siblings": [1, 2]}}
    await layer.group_send("group", sent)
    sent["row"]["siblings"].append(3)  # type: ignore[index]
    got = await soon(layer.receive(first))
    got["row"]["siblings"].append(4)
    assert await soon(layer.receive(second)) == {"type": "row", "row": {"siblings": [1, 2]}}


async def test_flush_forgets_groups_and_the_layer_goes_on(layer: Any) -> None:
    await layer.group_add("group", await layer.new_channel())
    await layer.flush()
    await layer.group_send("group", {"type": "lost"})
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    await layer.group_send("group", {"type": "kept"})
    assert await soon(layer.receive(channel)) == {"type": "kept"}


async def test_a_reader_that_was_cancelled_leaves_its_groups(layer: Any) -> None:
    gone, there = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("group", gone)
    await layer.group_add("group", there)
    reader = asyncio.create_task(layer.receive(gone))
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert gone not in layer.channels
    await layer.group_send("group", {"type": "still.here"})
    assert await soon(layer.receive(there)) == {"type": "still.here"}


async def test_a_message_of_a_megabyte_passes(layer: Any) -> None:
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "big", "text": "마" * 350_000})
    assert len((await soon(layer.receive(channel)))["text"]) == 350_000
