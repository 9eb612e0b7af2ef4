"""RELIABILITY 36: Redis, Postgres and Chroma go and come back, one after the other, under two web processes.

    python -m tests.load.away [--rounds 1]
    python -m tests.load.away --long      20 rounds

Redis away: a stream in its owner's process goes on, a new one begins; another process has the rest within 5 s of its return.
Postgres away: streams go on, what comes is refused as unavailable and never acknowledged and then lost; taken again within 5 s of
its return, and the reply is stored as it was shown. Chroma away: answers come without memory.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from dataclasses import dataclass, field

from backend.llm.echo_words import echo_text
from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.load.topology import Topology

N_TOKENS, RATE = 240, 16
AWAY_S, LONG_AWAY_S = 3.0, 12.0
BACK_S = 5.0
REFUSALS = {"unavailable"}


@dataclass
class Tally:
    redis_back_s: list[float] = field(default_factory=list)
    postgres_back_s: list[float] = field(default_factory=list)
    n_refused: int = 0
    n_messages: int = 0
    faults: list[str] = field(default_factory=list)


class Round:
    """`here` and `there`: two tabs on one session, at two web processes; `other`: on another session, at the first."""

    def __init__(self, house: Topology, tabs: list[Follower], tally: Tally) -> None:
        self.house, self.tally = house, tally
        self.here, self.there, self.other = tabs
        self.asked: dict[Follower, set[str]] = {tab: set() for tab in tabs}

    async def begun(self, tab: Follower) -> int:
        """A reply that the tab's process makes, with some text; its id."""
        client_id = await tab.ask("talk")
        self.asked[tab].add(client_id)
        await tab.until(lambda: client_id in tab.pairs, 10)
        reply_id = tab.pairs[client_id][1]
        await tab.until(lambda: len(tab.texts.get(reply_id, "")) > 20, 10)
        return reply_id

    async def order(self, what: str, name: str) -> None:
        await asyncio.to_thread(self.house.run, what, name)

    def judge_goes_on(self, reply_id: int, before: int, what: str) -> None:
        if len(self.here.texts[reply_id]) <= before and self.here.statuses[reply_id] in LIVE:
            self.tally.faults.append(f"{what} away: the stream in its own process stood still")

    async def ended(self, reply_id: int, tab: Follower) -> None:
        await tab.until(lambda: tab.statuses.get(reply_id, "queued") not in LIVE, 40)
        if (tab.statuses[reply_id], tab.texts[reply_id]) != ("complete", echo_text(N_TOKENS)):
            self.tally.faults.append(f"reply {reply_id}: {tab.statuses[reply_id]}, {len(tab.texts[reply_id])} shown")

    async def redis(self) -> None:
        reply_id = await self.begun(self.here)
        await self.order("kill", "redis")
        before = len(self.here.texts[reply_id])
        await asyncio.sleep(AWAY_S)
        self.judge_goes_on(reply_id, before, "Redis")
        second = await self.begun(self.other)
        n_there = len(self.there.texts.get(reply_id, ""))
        await self.order("start", "redis")
        back_s = time.monotonic()
        await self.there.until(lambda: len(self.there.texts.get(reply_id, "")) > n_there, 30)
        self.tally.redis_back_s.append(time.monotonic() - back_s)
        await asyncio.gather(
            self.ended(reply_id, self.here), self.ended(reply_id, self.there), self.ended(second, self.other)
        )

    async def postgres(self) -> None:
        reply_id = await self.begun(self.here)
        await self.order("kill", "postgres")
        before = len(self.here.texts[reply_id])
        client_id, n_errors = str(uuid.uuid4()), len(self.here.errors)
        await self.here.ask("nobody can write this down", client_id)
        await asyncio.sleep(LONG_AWAY_S)
        self.judge_goes_on(reply_id, before, "Postgres")
        told = {error["code"] for error in self.here.errors[n_errors:]}
        self.tally.n_refused += 1
        if client_id in self.here.pairs or not told <= REFUSALS:
            self.tally.faults.append(
                f"Postgres away: a message was answered with {told}, pair {client_id in self.here.pairs}"
            )
        await self.order("start", "postgres")
        await self.taken_again(client_id)
        await asyncio.gather(self.ended(reply_id, self.here), self.ended(reply_id, self.there))
        await self.ended(self.here.pairs[client_id][1], self.here)

    async def taken_again(self, client_id: str) -> None:
        """The same message, sent again until it is acknowledged."""
        self.asked[self.here].add(client_id)
        back_s = time.monotonic()
        while client_id not in self.here.pairs and time.monotonic() - back_s < 30:
            await self.here.ask("nobody can write this down", client_id)
            try:
                await self.here.until(lambda: client_id in self.here.pairs, 0.5)
            except TimeoutError:
                continue
        self.tally.postgres_back_s.append(time.monotonic() - back_s)

    async def chroma(self) -> None:
        await self.order("kill", "chroma")
        reply_id = await self.begun(self.here)
        if (status := await asyncio.to_thread(self.house.status, "/readyz")) != 200:
            self.tally.faults.append(f"Chroma away: /readyz says {status}")
        await self.ended(reply_id, self.here)
        await self.order("start", "chroma")


async def run(rounds: int) -> Tally:
    tally = Tally()
    with Topology(n_web=2, engines=f"echo://?tokens={N_TOKENS}&rate={RATE}", SCALE_CHROMA="on") as house:
        house.keeps_folder = True  # until all is well
        token = await asyncio.to_thread(house.register, "patient")
        make: tuple[str, str, dict[str, str], str] = ("POST", "/api/sessions/", {}, token)
        first, second = [(await asyncio.to_thread(house.request, *make, web=1))["id"] for _ in range(2)]
        tabs = [Follower(house.web_url(web), token, session) for web, session in ((1, first), (2, first), (1, second))]
        for tab in tabs:
            await tab.connect()
        work = Round(house, tabs, tally)
        for _ in range(rounds):
            await work.redis()
            await work.postgres()
            await work.chroma()
        for tab in (work.here, work.other):
            rows = await asyncio.to_thread(house.messages, tab.session_id, token)
            tally.n_messages += len(rows)
            if len(rows) != 2 * len(work.asked[tab]):
                tally.faults.append(f"{len(rows)} rows of {len(work.asked[tab])} questions")
        for tab in tabs:
            tally.faults += tab.faults + (["a socket was lost"] if tab.is_lost else [])
            await tab.close()
        house.keeps_folder = bool(tally.faults)
    judge(tally)
    return tally


def judge(tally: Tally) -> None:
    for name, seconds in (("Redis", tally.redis_back_s), ("Postgres", tally.postgres_back_s)):
        if max(seconds) > BACK_S:
            tally.faults.append(f"{name} is back for all only after {max(seconds):.1f} s")


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    tally = asyncio.run(run(20 if options.long else options.rounds))
    figures = {
        "messages": tally.n_messages,
        "refused_while_away": tally.n_refused,
        "redis_back_max_s": max(tally.redis_back_s, default=0.0),
        "postgres_back_max_s": max(tally.postgres_back_s, default=0.0),
    }
    return kit.report("away", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
