"""A rolling restart under load: one web process after the other by SIGTERM, behind nginx, and no code point is lost.

    python -m tests.load.rolling [--users 20] [--rounds 1] [--web 3]
    python -m tests.load.rolling --long      100 users, 10 rounds

The users are those of house.py, without cuts of their own: who loses his socket (4503) comes back to another process and goes on.
Prints how long each drain took and how long a lost socket was away.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time

from tests.chaos import kit
from tests.load import house as load
from tests.load.topology import Topology

DRAIN_S = 30.0
SETTLE_S = 3.0  # between two processes, and before the first


async def roll(house: Topology, rounds: int, drains_s: list[float]) -> None:
    await asyncio.sleep(SETTLE_S)
    for _ in range(rounds):
        for number in range(1, house.n_web + 1):
            began_s = time.monotonic()
            await asyncio.to_thread(house.run, "stop", f"web{number}")
            drains_s.append(time.monotonic() - began_s)
            await asyncio.to_thread(house.run, "start", f"web{number}")
            await asyncio.sleep(SETTLE_S)


async def run(n_users: int, n_web: int, rounds: int, seed: int) -> tuple[load.Tally, list[float]]:
    tally, chance = load.Tally(), random.Random(seed)
    drains_s: list[float] = []
    async with load.inhabited(n_web, n_users, chance, tally, mean_cut_s=1e9) as (house, users):
        rolling = asyncio.create_task(roll(house, rounds, drains_s))
        await asyncio.gather(*(user.live(rolling.done) for user in users), rolling)
        await load.look_back(house, users, tally)
    if max(drains_s) > DRAIN_S:
        tally.faults.append(f"a drain took {max(drains_s):.1f} s")
    return tally, drains_s


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--web", type=int, default=3)
    options = parser.parse_args()
    if options.long:
        options.users, options.rounds = 100, 10
    tally, drains_s = asyncio.run(run(options.users, options.web, options.rounds, options.seed))
    figures = {
        "n_web": options.web,
        "n_users": options.users,
        "restarts": len(drains_s),
        "drain_max_s": max(drains_s),
        "drain_p50_s": kit.percentile(drains_s, 0.5),
        **tally.figures(),
    }
    return kit.report("rolling", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
