"""R7: many who write at once into SQLite; nobody is ever told that it is locked.

    python -m tests.chaos.writers [--writers 64] [--seconds 15] [--think 1] [--context 8192]
    python -m tests.chaos.writers --long      64 writers, 30 minutes

Each writer asks a short question and, before the answer (a second long) has ended, renames its conversation; then thinks for
`--think` seconds on average. Measured from the sending of a message to its acknowledgement, which comes after the commit
(synchronous FULL). All begin within one such pause: with the default twice as many messages a second are asked for in the
first second as afterwards, and in a run of seconds that beginning is the p99. `settled` leaves the first SETTLES_S out.
`--context`: tokens that the model reads; without, a million, so that each prompt has all of its conversation.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass, field

from backend.llm.echo import N_CTX
from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import House, request_json

THINK_S = 1.0
SETTLES_S = 3.0
ACKNOWLEDGED_S = 0.25


@dataclass
class Tally:
    began_s: float = 0.0
    asked_s: list[float] = field(default_factory=list)  # when, of each in `acknowledged_s`
    acknowledged_s: list[float] = field(default_factory=list)
    renamed_s: list[float] = field(default_factory=list)
    n_replies: int = 0
    n_locked: int = 0
    server_cpu_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def settled_s(self) -> list[float]:
        """Acknowledgements of what was asked after the beginning."""
        pairs = zip(self.asked_s, self.acknowledged_s, strict=True)
        return [took_s for at_s, took_s in pairs if at_s - self.began_s > SETTLES_S]


async def write(tab: Follower, ends_s: float, think_s: float, chance: random.Random, tally: Tally) -> int:
    n_asked = 0
    await asyncio.sleep(chance.uniform(0, think_s))
    while time.monotonic() < ends_s:
        n_asked += await one_note(tab, n_asked, tally)
        await asyncio.sleep(chance.uniform(0, 2 * think_s))
    return n_asked


async def one_note(tab: Follower, number: int, tally: Tally) -> bool:
    """Ask, rename meanwhile, hear the answer out; whether the message was taken."""
    asked_s = time.monotonic()
    client_id = await tab.ask(f"note {number}")
    await tab.until(lambda: client_id in tab.pairs or tab.errors, 60)
    if tab.errors:
        tally.faults.append(f"refused: {tab.errors.pop()}")
        return False
    renamed_s = time.monotonic()
    tally.asked_s.append(asked_s)
    tally.acknowledged_s.append(renamed_s - asked_s)
    address, title = f"{tab.url}/api/sessions/{tab.session_id}/", {"title": f"title {number}"}
    await asyncio.to_thread(request_json, address, "PATCH", title, tab.token)
    tally.renamed_s.append(time.monotonic() - renamed_s)
    reply_id = tab.pairs[client_id][1]
    await tab.until(lambda: tab.statuses[reply_id] not in LIVE, 60)
    return True


async def run(n_writers: int, seconds: float, think_s: float, seed: int, n_ctx: int) -> Tally:
    tally, chance = Tally(), random.Random(seed)
    with House(f"echo://?tokens=20&rate=20&context={n_ctx}") as house:
        people = await asyncio.to_thread(house.people, n_writers)
        tabs = [Follower(house.url, token, ids[0]) for token, ids in people]
        for tab in tabs:
            await tab.connect()
        tally.began_s, before_s = time.monotonic(), kit.cpu_s(house.pid)
        ends_s, chances = tally.began_s + seconds, [random.Random(chance.random()) for _ in tabs]
        asked = await asyncio.gather(
            *(write(tab, ends_s, think_s, each, tally) for tab, each in zip(tabs, chances, strict=True))
        )
        tally.server_cpu_s = kit.cpu_s(house.pid) - before_s
        for tab, n_asked in zip(tabs, asked, strict=True):
            await tab.close()
            tally.faults += tab.faults
            rows = house.messages(tab.session_id, tab.token)
            tally.n_replies += sum(row["status"] == "complete" and not row["is_user"] for row in rows)
            if len(rows) != 2 * n_asked:
                tally.faults.append(f"session {tab.session_id}: {len(rows)} rows of {n_asked} questions")
        tally.n_locked = (house.folder / "server.log").read_text().count("database is locked")
    if tally.n_locked:
        tally.faults.append(f"“database is locked” stands {tally.n_locked} times in the log")
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--writers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--think", type=float, default=THINK_S, help="seconds from an answer to the next question")
    parser.add_argument("--context", type=int, default=N_CTX, help="tokens that the model reads")
    options = parser.parse_args()
    if options.long:
        options.seconds = 1800.0
    tally = asyncio.run(run(options.writers, options.seconds, options.think, options.seed, options.context))
    p99_s = kit.percentile(tally.acknowledged_s, 0.99)
    if p99_s > ACKNOWLEDGED_S:
        tally.faults.append(f"p99 of the acknowledgement is {p99_s:.3f} s")
    figures = {
        "writers": options.writers,
        "seconds": options.seconds,
        "think_s": options.think,
        "n_ctx": options.context,
        "messages": len(tally.acknowledged_s),
        "messages_per_s": len(tally.acknowledged_s) / options.seconds,
        "replies": tally.n_replies,
        "locked": tally.n_locked,
        "acknowledged_p50_s": kit.percentile(tally.acknowledged_s, 0.5),
        "acknowledged_p99_s": p99_s,
        "settled_p50_s": kit.percentile(tally.settled_s, 0.5),
        "settled_p99_s": kit.percentile(tally.settled_s, 0.99),
        "server_cpu_ms_per_message": 1000 * tally.server_cpu_s / max(1, len(tally.acknowledged_s)),
        "renamed_p99_s": kit.percentile(tally.renamed_s, 0.99),
    }
    return kit.report("writers", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
