"""What the local layer promises beyond the specification: bounded, told of losses, cheap, safe from other threads."""

from __future__ import annotations

import asyncio
import enum
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.chat_project.layers import LAGGING, LocalChannelLayer


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def waiting(layer: LocalChannelLayer, channel: str) -> asyncio.Task[dict[str, Any]]:
    """A reader of `channel` that has begun to wait."""
    reader = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(0)
    assert layer.channels[channel].waiters
    return reader


async def everything(layer: LocalChannelLayer, channel: str) -> list[dict[str, Any]]:
    found = []
    while channel in layer.channels and layer.channels[channel].queue:
        found.append(await layer.receive(channel))
    return found


async def test_it_works() -> None:
    layer = LocalChannelLayer()
    await layer.send("general", {"type": "hello"})
    assert await layer.receive("general") == {"type": "hello"}
    assert layer.channels == {}


async def test_send_to_a_full_channel_raises() -> None:
    layer = LocalChannelLayer(capacity=3)
    for _ in range(3):
        await layer.send("general", {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send("general", {"type": "x"})


async def test_capacity_can_differ_by_name() -> None:
    layer = LocalChannelLayer(capacity=3, channel_capacity={"small.*": 1})
    await layer.send("small.one", {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send("small.one", {"type": "x"})


async def test_one_full_channel_takes_no_room_from_another() -> None:
    layer = LocalChannelLayer(capacity=1)
    first, second = await layer.new_channel(), await layer.new_channel()
    await layer.send(first, {"type": "x"})
    await layer.send(second, {"type": "x"})


async def test_a_lagging_member_is_told_once_and_keeps_what_it_had() -> None:
    layer = LocalChannelLayer(capacity=3)
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    for n in range(10):
        await layer.group_send("group", {"type": "count", "n": n})
    got = await everything(layer, channel)
    assert [m.get("n", m["type"]) for m in got] == [0, 1, 2, LAGGING]


async def test_what_is_lost_after_the_marker_was_read_causes_another() -> None:
    layer = LocalChannelLayer(capacity=1)
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    for _ in range(2):
        await layer.group_send("group", {"type": "kept"})
        await layer.group_send("group", {"type": "lost"})
        assert [m["type"] for m in await everything(layer, channel)] == ["kept", LAGGING]


async def test_a_lagging_member_does_not_hold_up_the_others() -> None:
    layer = LocalChannelLayer(capacity=1)
    slow, quick = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("group", slow)
    await layer.group_add("group", quick)
    for n in range(5):
        await layer.group_send("group", {"type": "count", "n": n})
        assert (await layer.receive(quick))["n"] == n


async def test_a_message_expires(clock: Clock) -> None:
    layer = LocalChannelLayer(expiry=60, clock=clock)
    await layer.send("general", {"type": "old"})
    clock.now_s += 61
    await layer.send("general", {"type": "new"})
    assert await everything(layer, "general") == [{"type": "new"}]


async def test_expired_messages_are_swept_though_nobody_reads_them(clock: Clock) -> None:
    layer = LocalChannelLayer(expiry=60, clock=clock)
    await layer.send("forgotten", {"type": "old"})
    clock.now_s += 61
    await layer.send("general", {"type": "new"})
    assert set(layer.channels) == {"general"}


async def test_a_member_whose_messages_expired_is_told_and_stays_a_member(clock: Clock) -> None:
    layer = LocalChannelLayer(expiry=60, clock=clock)
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    await layer.group_send("group", {"type": "old"})
    clock.now_s += 61
    await layer.group_send("group", {"type": "new"})
    assert {m["type"] for m in await everything(layer, channel)} == {"new", LAGGING}


async def test_a_membership_nobody_reads_ends_after_group_expiry(clock: Clock) -> None:
    layer = LocalChannelLayer(group_expiry=3600, clock=clock)
    await layer.group_add("group", await layer.new_channel())
    clock.now_s += 3601
    await layer.send("general", {"type": "x"})
    assert layer.groups == {}


async def test_a_membership_somebody_waits_on_never_ends(clock: Clock) -> None:
    layer = LocalChannelLayer(group_expiry=3600, clock=clock)
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    reader = await waiting(layer, channel)
    clock.now_s += 10_000_000
    await layer.group_send("group", {"type": "after.months"})
    assert await reader == {"type": "after.months"}


async def test_nothing_is_left_behind_by_readers_that_end() -> None:
    layer = LocalChannelLayer()
    for _ in range(20):
        channel = await layer.new_channel()
        await layer.group_add("group", channel)
        reader = await waiting(layer, channel)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    assert layer.channels == {}
    assert layer.groups == {}


async def test_a_cancelled_reader_hands_its_message_to_the_next() -> None:
    layer = LocalChannelLayer()
    first = await waiting(layer, "general")
    second = asyncio.create_task(layer.receive("general"))
    await asyncio.sleep(0)
    assert len(layer.channels["general"].waiters) == 2
    await layer.send("general", {"type": "for.one"})
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await asyncio.wait_for(second, 5) == {"type": "for.one"}


async def test_flush_keeps_waiting_readers_alive() -> None:
    layer = LocalChannelLayer()
    reader = await waiting(layer, "general")
    await layer.flush()
    await layer.send("general", {"type": "after"})
    assert await asyncio.wait_for(reader, 5) == {"type": "after"}


class Colour(enum.StrEnum):
    RED = "red"


async def test_values_arrive_as_plain_as_over_a_network() -> None:
    layer = LocalChannelLayer()
    await layer.send("general", {"type": "x", "colour": Colour.RED, "pair": (1, 2)})
    got = await layer.receive("general")
    assert got == {"type": "x", "colour": "red", "pair": [1, 2]}
    assert type(got["colour"]) is str


@pytest.mark.parametrize("value", [object(), {1, 2}, {1: "key"}, 1j])
async def test_values_no_network_could_carry_are_refused(value: object) -> None:
    layer = LocalChannelLayer()
    with pytest.raises(TypeError):
        await layer.send("general", {"type": "x", "value": value})
    assert await everything(layer, "general") == []


@pytest.mark.parametrize("name", ["has space", "한글", "a" * 120, "", "a!b!c"])
async def test_bad_names_are_refused(name: str) -> None:
    layer = LocalChannelLayer()
    with pytest.raises(TypeError):
        await layer.send(name, {"type": "x"})
    with pytest.raises(TypeError):
        await layer.group_send(name, {"type": "x"})
    with pytest.raises(TypeError):
        await layer.send("general", "not a dict")  # type: ignore[arg-type]


async def test_a_worker_thread_reaches_readers_of_the_home_loop() -> None:
    layer = LocalChannelLayer()
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    reader = await waiting(layer, channel)

    def in_thread() -> None:
        asyncio.run(layer.group_send("group", {"type": "from.thread"}))

    await asyncio.to_thread(in_thread)
    assert await asyncio.wait_for(reader, 5) == {"type": "from.thread"}


async def test_a_synchronous_view_reaches_readers() -> None:
    from asgiref.sync import sync_to_async

    layer = LocalChannelLayer()
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    reader = await waiting(layer, channel)
    await sync_to_async(async_to_sync(layer.group_send))("group", {"type": "from.view"})
    assert await asyncio.wait_for(reader, 5) == {"type": "from.view"}


def test_a_loop_that_ended_leaves_nothing_to_the_next() -> None:
    layer = LocalChannelLayer()
    asyncio.run(layer.send("general", {"type": "old"}))
    asyncio.run(layer.group_send("group", {"type": "x"}))
    assert layer.channels == {}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("group_send"), st.just(0)),
        st.tuples(st.just("receive"), st.integers(0, 2)),
        st.tuples(st.just("join"), st.integers(0, 2)),
        st.tuples(st.just("leave"), st.integers(0, 2)),
    ),
    max_size=80,
)


@settings(max_examples=200)
@given(steps=STEPS, capacity=st.integers(1, 5))
def test_members_see_all_in_order_or_are_told_of_the_gap(steps: list[tuple[str, int]], capacity: int) -> None:
    asyncio.run(run_steps(steps, capacity))


async def run_steps(steps: list[tuple[str, int]], capacity: int) -> None:
    layer = LocalChannelLayer(capacity=capacity)
    owed: dict[int, list[int]] = {0: [], 1: [], 2: []}
    seen: dict[int, list[int]] = {0: [], 1: [], 2: []}
    told_up_to = dict.fromkeys(owed, 0)  # messages sent before the last marker was read
    members: set[int] = set()
    n_sent = 0

    async def read_one(who: int) -> None:
        got = await layer.receive(f"ch{who}")
        if got["type"] == LAGGING:
            told_up_to[who] = n_sent
        else:
            seen[who].append(got["n"])

    for step, who in steps:
        if step == "group_send":
            await layer.group_send("group", {"type": "count", "n": n_sent})
            for member in members:
                owed[member].append(n_sent)
            n_sent += 1
        elif step == "receive" and f"ch{who}" in layer.channels and layer.channels[f"ch{who}"].queue:
            await read_one(who)
        elif step == "join":
            await layer.group_add("group", f"ch{who}")
            members.add(who)
        elif step == "leave":
            await layer.group_discard("group", f"ch{who}")
            members.discard(who)
        assert all(len(box.queue) <= capacity + 1 for box in layer.channels.values())

    for who, expected in owed.items():
        while f"ch{who}" in layer.channels and layer.channels[f"ch{who}"].queue:
            await read_one(who)
        assert seen[who] == sorted(set(seen[who]))
        assert set(seen[who]) <= set(expected)
        assert all(n < told_up_to[who] for n in set(expected) - set(seen[who]))
