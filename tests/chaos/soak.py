"""R11: hours of ordinary work; memory and descriptors of the web process stay where they are.

    python -m tests.chaos.soak [--users 20] [--minutes 0.75]
    python -m tests.chaos.soak --long      1 hour (24 hours: --minutes 1440)

Users ask, read, stop some answers, lose sockets and come back, and begin a new conversation now and then. Memory (resident) and
descriptors are sampled; the figure is the slope of a line through the samples after a third of the time, which warms up. Judged
from half an hour on: before, caches that fill look like leaks.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from dataclasses import dataclass, field

from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import House

SAMPLE_S = 2.0
THINK_S = 1.0
MAX_QUESTIONS = 20  # then a new conversation
MIB_PER_H, DESCRIPTORS = 1.0, 5


@dataclass
class Tally:
    n_replies: int = 0
    n_cuts: int = 0
    samples: list[tuple[float, float, int]] = field(default_factory=list)  # seconds, MiB, descriptors
    faults: list[str] = field(default_factory=list)

    def settled(self) -> list[tuple[float, float, int]]:
        return self.samples[len(self.samples) // 3 :]

    def mib_per_h(self) -> float:
        settled = self.settled()
        if len(settled) < 2:
            return 0.0
        return statistics.linear_regression([each[0] for each in settled], [each[1] for each in settled]).slope * 3600

    def more_descriptors(self) -> int:
        counts = [each[2] for each in self.settled()]
        half = len(counts) // 2
        return round(statistics.median(counts[half:]) - statistics.median(counts[:half])) if half else 0


async def live(house: House, token: str, ends_s: float, chance: random.Random, tally: Tally) -> None:
    while time.monotonic() < ends_s:
        session = await asyncio.to_thread(house.request, "POST", "/api/sessions/", {}, token)
        tab = Follower(house.url, token, session["id"])
        await tab.connect()
        for number in range(chance.randrange(1, MAX_QUESTIONS)):
            if time.monotonic() >= ends_s:
                break
            await one_turn(tab, number, chance, tally)
            await asyncio.sleep(chance.uniform(0, 2 * THINK_S))
        await tab.close()
        tally.faults += tab.faults


async def one_turn(tab: Follower, number: int, chance: random.Random, tally: Tally) -> None:
    client_id = await tab.ask(f"question {number}")
    await tab.until(lambda: client_id in tab.pairs, 60)
    reply_id = tab.pairs[client_id][1]
    match chance.random():
        case x if x < 0.2:
            await tab.send({"type": "stop", "message_id": reply_id})
        case x if x < 0.4:
            tally.n_cuts += 1
            await tab.cut()
            await tab.come_back(chance)
    await tab.until(lambda: tab.statuses.get(reply_id, "queued") not in LIVE, 60)
    tally.n_replies += 1


async def sample(house: House, ends_s: float, tally: Tally) -> None:
    while time.monotonic() < ends_s:
        tally.samples.append(
            (time.monotonic(), kit.resident_bytes(house.pid) / 2**20, kit.descriptors(house.pid).total())
        )
        await asyncio.sleep(SAMPLE_S)


async def run(n_users: int, minutes: float, seed: int) -> Tally:
    tally, chance = Tally(), random.Random(seed)
    with House("echo://?tokens=40&rate=40") as house:
        people = await asyncio.to_thread(house.people, n_users)
        ends_s = time.monotonic() + minutes * 60
        visits = (live(house, token, ends_s, random.Random(chance.random()), tally) for token, _ in people)
        await asyncio.gather(sample(house, ends_s, tally), *visits)
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=0.0)
    options = parser.parse_args()
    minutes = options.minutes or (60.0 if options.long else 0.75)
    tally = asyncio.run(run(options.users, minutes, options.seed))
    if minutes >= 30 and tally.mib_per_h() > MIB_PER_H:
        tally.faults.append(f"memory grows by {tally.mib_per_h():.1f} MiB an hour")
    if tally.more_descriptors() > DESCRIPTORS:
        tally.faults.append(f"{tally.more_descriptors()} descriptors more")
    figures = {
        "users": options.users,
        "minutes": minutes,
        "replies": tally.n_replies,
        "cuts": tally.n_cuts,
        "mib": tally.samples[-1][1],
        "mib_per_h": tally.mib_per_h(),
        "more_descriptors": tally.more_descriptors(),
    }
    return kit.report("soak", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
