"""The whole house under users and bad days: nginx, web processes, Redis, Postgres; sockets cut, webs killed, Redis restarted.

    python -m tests.load.house [--users 20] [--minutes 1] [--web 3] [--kill-every 20] [--redis 1] [--seed 7]
    python -m tests.load.house --long      200 users, 20 minutes, a kill every minute, Redis killed twice

Every user asks again and again through nginx and follows the answer; his socket is cut at random moments and comes back with
back-off and the same client_id. The echo engine's text is known, so is checked: each acknowledged message is stored once, as it
was sent; each reply is complete and is that text, code point by code point; and what was shown at the end is what is stored.
Prints its figures last; exit status 1 when anything was lost, doubled or moved.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from backend.llm.echo_words import echo_text
from tests.chaos import kit
from tests.chaos.follower import AWAY, LIVE, Follower
from tests.load.topology import Topology

N_TOKENS, RATE = 60, 10
MEAN_CUT_S = 8.0  # between two cuts of one user
THINK_S = 3.0


@dataclass
class Tally:
    n_messages: int = 0
    n_complete: int = 0
    n_cuts: int = 0
    n_closed: int = 0  # sockets that a dying or leaving process closed
    n_kills: int = 0
    n_redis: int = 0
    n_resends: int = 0
    n_refused: int = 0  # attempts to connect that were answered with an error
    first_text_s: list[float] = field(default_factory=list)
    back_s: list[float] = field(default_factory=list)  # from the loss of a socket to its session_state
    rolled_back: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        return {
            "cuts": self.n_cuts,
            "closed_by_the_house": self.n_closed,
            "kills": self.n_kills,
            "redis_restarts": self.n_redis,
            "messages": self.n_messages,
            "replies_complete": self.n_complete,
            "resends": self.n_resends,
            "first_text_p50_s": kit.percentile(self.first_text_s, 0.5),
            "first_text_p95_s": kit.percentile(self.first_text_s, 0.95),
            "back_p50_s": kit.percentile(self.back_s, 0.5),
            "back_p99_s": kit.percentile(self.back_s, 0.99),
            "attempts_refused": self.n_refused,
            "rolled_back": len(self.rolled_back),
            "rolled_back_max_code_points": max(self.rolled_back, default=0),
        }


class User:
    """One account with one tab."""

    def __init__(self, tab: Follower, chance: random.Random, tally: Tally, mean_cut_s: float) -> None:
        self.tab, self.chance, self.tally, self.mean_cut_s = tab, chance, tally, mean_cut_s
        self.asked: dict[str, str] = {}  # client_id → text
        self.replies: list[int] = []

    async def live(self, is_over: Callable[[], bool]) -> None:
        await self.come_back()
        while not is_over():
            await self.one_turn()
            await asyncio.sleep(self.chance.uniform(0, 2 * THINK_S))
        await self.tab.close()

    async def come_back(self) -> None:
        began_s = time.monotonic()
        self.tally.n_refused += await self.tab.come_back(self.chance)
        self.tally.back_s.append(time.monotonic() - began_s)

    async def one_turn(self) -> None:
        client_id, text = str(uuid.uuid4()), f"question {len(self.asked)} 질문 🙂"
        self.asked[client_id] = text
        asked_s = time.monotonic()
        reply_id = await self.acknowledged(client_id, text)
        self.replies.append(reply_id)
        has_text = False
        next_cut_s = time.monotonic() + self.chance.expovariate(1 / self.mean_cut_s)
        while self.tab.statuses.get(reply_id, "queued") in ("interrupted", *LIVE):
            self.tab.changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, min(1.0, next_cut_s - time.monotonic()))):
                    await self.tab.changed.wait()
            if not has_text and self.tab.texts.get(reply_id):
                has_text = True
                self.tally.first_text_s.append(time.monotonic() - asked_s)
            if time.monotonic() >= next_cut_s:
                self.tally.n_cuts += 1
                await self.tab.cut()
                await self.come_back()
                next_cut_s = time.monotonic() + self.chance.expovariate(1 / self.mean_cut_s)
            elif self.tab.is_lost:
                self.tally.n_closed += 1
                await asyncio.sleep(self.chance.uniform(0, 0.2))
                await self.come_back()

    async def acknowledged(self, client_id: str, text: str) -> int:
        """Send until the pair is known, always under the same client_id; the reply's id."""
        while True:
            with contextlib.suppress(*AWAY):
                await self.tab.ask(text, client_id)
                await self.tab.until(lambda: client_id in self.tab.pairs or self.tab.is_lost, 5)
            if client_id in self.tab.pairs:
                return self.tab.pairs[client_id][1]
            self.tally.n_resends += 1
            if self.tab.is_lost:
                await self.come_back()

    async def look_back(self, house: Topology) -> None:
        """What is stored at the end against what was sent and what was shown."""
        tab, tally = self.tab, self.tally
        tally.faults += tab.faults
        tally.rolled_back += tab.rolled_back
        rows = await asyncio.to_thread(house.messages, tab.session_id, tab.token)
        tally.n_messages += len(rows)
        sent = sorted(self.asked.values())
        if sorted(row["content"] for row in rows if row["is_user"]) != sent:
            tally.faults.append(f"session {tab.session_id}: the questions stored are not those that were sent")
        whole = echo_text(N_TOKENS)
        for row in rows:
            if row["is_user"]:
                continue
            tally.n_complete += row["status"] == "complete"
            if (row["status"], row["content"]) != ("complete", whole):
                tally.faults.append(
                    f"reply {row['id']}: {row['status']}, {len(row['content'])} of {len(whole)} code points"
                )
            if tab.texts.get(row["id"]) != row["content"]:
                tally.faults.append(f"reply {row['id']}: shown text differs from the stored one")
        if len(rows) != 2 * len(self.asked):
            tally.faults.append(f"session {tab.session_id}: {len(rows)} stored for {len(self.asked)} questions")


async def kill_webs(house: Topology, every_s: float, ends_s: float, tally: Tally) -> None:
    """One web process after the other, by `kill -9`, and up again."""
    number = 0
    while time.monotonic() + every_s < ends_s:
        await asyncio.sleep(every_s)
        name = f"web{number % house.n_web + 1}"
        number += 1
        await asyncio.to_thread(house.run, "kill", name)
        tally.n_kills += 1
        await asyncio.to_thread(house.run, "start", name)


async def restart_redis(house: Topology, times: int, minutes: float, tally: Tally) -> None:
    for _ in range(times):
        await asyncio.sleep(minutes * 60 / (times + 1))
        await asyncio.to_thread(house.run, "kill", "redis")
        await asyncio.sleep(1)
        await asyncio.to_thread(house.run, "start", "redis")
        tally.n_redis += 1


@asynccontextmanager
async def inhabited(
    n_web: int, n_users: int, chance: random.Random, tally: Tally, mean_cut_s: float = MEAN_CUT_S
) -> AsyncIterator[tuple[Topology, list[User]]]:
    """The house with its users, who have not begun to ask."""
    with Topology(n_web=n_web, engines=f"echo://?tokens={N_TOKENS}&rate={RATE}") as house:
        users = []
        for n in range(n_users):
            token = await asyncio.to_thread(house.register, f"user{n}")
            session = await asyncio.to_thread(house.request, "POST", "/api/sessions/", {}, token, web=1)
            tab = Follower(house.url, token, session["id"], may_roll_back=True)
            users.append(User(tab, random.Random(chance.random()), tally, mean_cut_s))
        print(f"{len(users)} users are there", flush=True)
        yield house, users


async def look_back(house: Topology, users: list[User], tally: Tally) -> None:
    for user in users:
        await user.look_back(house)
    if tally.faults:
        house.keeps_folder = True
        print(f"logs: {house.folder}/log")


async def run(options: argparse.Namespace) -> Tally:
    tally, chance = Tally(), random.Random(options.seed)
    async with inhabited(options.web, options.users, chance, tally) as (house, users):
        ends_s = time.monotonic() + options.minutes * 60
        chaos = [
            asyncio.create_task(kill_webs(house, options.kill_every, ends_s, tally)),
            asyncio.create_task(restart_redis(house, options.redis, options.minutes, tally)),
        ]
        await asyncio.gather(*(user.live(lambda: time.monotonic() >= ends_s) for user in users))
        await asyncio.gather(*chaos)
        await look_back(house, users, tally)
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--web", type=int, default=3)
    parser.add_argument("--kill-every", type=float, default=20.0, help="seconds")
    parser.add_argument("--redis", type=int, default=1, help="how often Redis is killed and started again")
    options = parser.parse_args()
    if options.long:
        options.users, options.minutes, options.kill_every, options.redis = 200, 20.0, 60.0, 2
    tally = asyncio.run(run(options))
    setup = {"n_web": options.web, "n_users": options.users, "minutes": options.minutes}
    return kit.report("house", {**setup, **tally.figures()}, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
