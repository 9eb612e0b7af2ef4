"""R8: storms of stops and of readers who leave; how soon the last slot is free, and that nothing stays behind.

    python -m tests.chaos.cancels [--stops 60] [--leavers 30]
    python -m tests.chaos.cancels --long      1,000 stops and 500 disconnects, in storms of 30

A stop is a frame on the reply's socket. A leaver is a program that streams from /v1 and whose connection is reset (a reply in a
conversation goes on when its reader has gone: that is the policy). After all: no reply, no request, no socket and no
descriptor more than before.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import House

STORM = 30
FREE_S = 0.5
N_SPARE_DESCRIPTORS = 5  # of databases and threads that were not there before
RESET = struct.pack("ii", 1, 0)


@dataclass
class Tally:
    n_stops: int = 0
    n_leavers: int = 0
    stopped_s: list[float] = field(default_factory=list)  # until the reader is told
    free_s: list[float] = field(default_factory=list)  # until the last slot of a storm is free
    more_descriptors: dict[str, int] = field(default_factory=dict)  # by their kind
    more_mib: float = 0.0
    faults: list[str] = field(default_factory=list)


def in_use(pid: int) -> Counter[str]:
    """Descriptors but those of closed connections: SQLite keeps them for the next ones, since closing one would drop the locks of
    all others. A connection that is open has the write-ahead log open, too."""
    kinds = kit.descriptors(pid)
    kinds["maru.sqlite3"] = min(kinds["maru.sqlite3"], kinds["maru.sqlite3-wal"])
    return kinds


async def until_free(house: House, since_s: float, tally: Tally) -> None:
    while await asyncio.to_thread(house.metric, "maru_num_requests_running"):
        if time.monotonic() - since_s > 10:
            tally.faults.append("a slot was not free after 10 s")
            return
        await asyncio.sleep(0.01)
    tally.free_s.append(time.monotonic() - since_s)


async def storm_of_stops(house: House, tabs: list[Follower], chance: random.Random, tally: Tally) -> None:
    asked = {tab: await tab.ask("talk until I stop you") for tab in tabs}
    for tab, client_id in asked.items():
        await tab.until(lambda t=tab, c=client_id: c in t.pairs and t.texts.get(t.pairs[c][1]), 30)
    await asyncio.sleep(chance.uniform(0, 0.3))
    began_s = time.monotonic()
    replies = {tab: tab.pairs[client_id][1] for tab, client_id in asked.items()}
    for tab, reply_id in replies.items():
        await tab.send({"type": "stop", "message_id": reply_id})
    tally.n_stops += len(tabs)

    async def told(tab: Follower, reply_id: int) -> None:
        await tab.until(lambda: tab.statuses[reply_id] not in LIVE, 10)
        tally.stopped_s.append(time.monotonic() - began_s)
        if tab.statuses[reply_id] != "stopped":
            tally.faults.append(f"reply {reply_id} ended as {tab.statuses[reply_id]}")

    await asyncio.gather(until_free(house, began_s, tally), *(told(tab, reply_id) for tab, reply_id in replies.items()))


async def storm_of_leavers(house: House, tokens: list[str], chance: random.Random, tally: Tally) -> None:
    lines = await asyncio.gather(*(begin_stream(house.port, token) for token in tokens))
    await asyncio.sleep(chance.uniform(0, 0.3))
    began_s = time.monotonic()
    for line in lines:
        line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        line.transport.abort()
    tally.n_leavers += len(tokens)
    await until_free(house, began_s, tally)


async def begin_stream(port: int, token: str) -> asyncio.StreamWriter:
    """Ask /v1 for a stream and return when its text has begun."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = {"model": "echo", "stream": True, "messages": [{"role": "user", "content": "talk"}]}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    async with asyncio.timeout(30):
        await reader.readuntil(b"word1")
    return writer


async def run(n_stops: int, n_leavers: int, seed: int) -> Tally:
    tally, chance = Tally(), random.Random(seed)
    with House("echo://?tokens=100000&rate=20") as house:
        people = await asyncio.to_thread(house.people, STORM)
        tabs = [Follower(house.url, token, ids[0]) for token, ids in people]
        tokens = [token for token, _ in people]
        for tab in tabs:
            await tab.connect()
        await storm_of_stops(house, tabs, chance, Tally())  # everything has been used once
        await storm_of_leavers(house, tokens, chance, Tally())
        before = in_use(house.pid), kit.resident_bytes(house.pid)
        while tally.n_stops < n_stops:
            await storm_of_stops(house, tabs[: n_stops - tally.n_stops], chance, tally)
        while tally.n_leavers < n_leavers:
            await storm_of_leavers(house, tokens[: n_leavers - tally.n_leavers], chance, tally)
        await asyncio.sleep(1)
        tally.more_descriptors = dict(in_use(house.pid) - before[0])
        tally.more_mib = (kit.resident_bytes(house.pid) - before[1]) / 2**20
        n_live = house.metric("maru_live_turns") + house.metric("maru_num_requests_running")
        for tab in tabs:
            await tab.close()
            tally.faults += tab.faults
    if n_live or sum(tally.more_descriptors.values()) > N_SPARE_DESCRIPTORS:
        tally.faults.append(f"left behind: {n_live:.0f} replies, descriptors {tally.more_descriptors}")
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--stops", type=int, default=60)
    parser.add_argument("--leavers", type=int, default=30)
    options = parser.parse_args()
    if options.long:
        options.stops, options.leavers = 1000, 500
    tally = asyncio.run(run(options.stops, options.leavers, options.seed))
    if max(tally.free_s, default=0) > FREE_S:
        tally.faults.append(f"the last slot was free only after {max(tally.free_s):.2f} s")
    figures = {
        "stops": tally.n_stops,
        "disconnects": tally.n_leavers,
        "told_p99_s": kit.percentile(tally.stopped_s, 0.99),
        "free_p50_s": kit.percentile(tally.free_s, 0.5),
        "free_max_s": max(tally.free_s, default=0.0),
        "more_descriptors": tally.more_descriptors,
        "more_mib": tally.more_mib,
    }
    return kit.report("cancels", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
