"""R1: idle sockets cost little, and a herd of them comes back at once after all were cut.

    python -m tests.chaos.herd [--sockets 200]
    python -m tests.chaos.herd --long      1,000 sockets (--sockets 10000 --herd 1000: ulimit -n 25000)

Every socket is a browser's (session cookie, Origin), on a conversation of its own. Memory is the server's, resident, over the
idle sockets; coming back is from the cut to the last `session_state`, each after a jitter of up to a second, none refused.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass, field

from tests.chaos import kit
from tests.chaos.follower import AWAY, Follower
from tests.chaos.house import House

AT_ONCE = 50  # while they come for the first time
JITTER_S = 1.0
BACK_S, SOCKET_BYTES = 3.0, 40 * 1024


@dataclass
class Tally:
    bytes_per_socket: float = 0.0
    back_s: list[float] = field(default_factory=list)
    all_back_s: float = 0.0
    n_refused: int = 0
    n_dropped: int = 0  # idle ones that were lost
    n_left: float = 0.0  # sockets that the server still counts at the end
    faults: list[str] = field(default_factory=list)


async def come(tabs: list[Follower]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(tab: Follower) -> None:
        async with gate:
            await tab.connect(30)

    await asyncio.gather(*(one(tab) for tab in tabs))


async def return_all(tabs: list[Follower], chance: random.Random, tally: Tally) -> None:
    for tab in tabs:
        assert tab.socket is not None
        tab.socket.transport.abort()
    cut_s = time.monotonic()

    async def back(tab: Follower) -> None:
        await asyncio.sleep(chance.uniform(0, JITTER_S))
        came_s = time.monotonic()
        while True:
            try:
                await tab.connect(30)
            except AWAY as error:
                tally.n_refused += 1
                tally.faults.append(f"refused: {type(error).__name__}: {error}")
                await asyncio.sleep(chance.uniform(0.1, 0.5))
            else:
                tally.back_s.append(time.monotonic() - came_s)
                return

    await asyncio.gather(*(back(tab) for tab in tabs))
    tally.all_back_s = time.monotonic() - cut_s


async def run(n: int, n_herd: int, idle_s: float, seed: int) -> Tally:
    tally, chance = Tally(), random.Random(seed)
    with House("echo://?tokens=5&rate=0") as house:
        house.register("shepherd")
        cookie = house.sign_in("shepherd")
        warm, *ids = house.sessions(n + 1, "shepherd")
        first = Follower(house.url, "", warm, cookie=cookie)
        await first.connect()
        before = kit.resident_bytes(house.pid)
        tabs = [Follower(house.url, "", session_id, cookie=cookie, ping_s=None) for session_id in ids]
        await come(tabs)
        await asyncio.sleep(idle_s)
        tally.n_dropped = sum(tab.is_lost for tab in tabs)
        tally.bytes_per_socket = (kit.resident_bytes(house.pid) - before) / n
        await return_all(tabs[:n_herd], chance, tally)
        for tab in [first, *tabs]:
            await tab.cut()
            tally.faults += tab.faults
        for _ in range(50):
            tally.n_left = house.metric("maru_sockets")
            if not tally.n_left:
                break
            await asyncio.sleep(0.1)
    judge(tally)
    return tally


def judge(tally: Tally) -> None:
    if tally.n_dropped:
        tally.faults.append(f"{tally.n_dropped} idle sockets were dropped")
    if tally.n_left:
        tally.faults.append(f"{tally.n_left:.0f} sockets are still counted after all have left")


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--sockets", type=int, default=0)
    parser.add_argument("--herd", type=int, default=0, help="how many of them are cut; all of them if not said")
    options = parser.parse_args()
    n = options.sockets or (1000 if options.long else 200)
    tally = asyncio.run(run(n, options.herd or n, 10.0 if options.long else 2.0, options.seed))
    if tally.all_back_s > BACK_S + JITTER_S:
        tally.faults.append(f"all are back only after {tally.all_back_s:.1f} s")
    if tally.bytes_per_socket > SOCKET_BYTES and n >= 1000:
        tally.faults.append(f"{tally.bytes_per_socket / 1024:.0f} KiB a socket")
    figures = {
        "sockets": n,
        "herd": options.herd or n,
        "kib_per_socket": tally.bytes_per_socket / 1024,
        "all_back_s": tally.all_back_s,
        "back_p50_s": kit.percentile(tally.back_s, 0.5),
        "back_p99_s": kit.percentile(tally.back_s, 0.99),
        "refused": tally.n_refused,
        "dropped": tally.n_dropped,
    }
    return kit.report("herd", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
