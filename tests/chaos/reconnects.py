"""R3: a network that cuts every connection at a random byte; what is shown at the end is what is stored.

    python -m tests.chaos.reconnects [--reconnects 600] [--sessions 12] [--seed 7]
    python -m tests.chaos.reconnects --long      20,000 reconnects

Beside cuts there are slow lines and lines that die without a word. The cut may fall into the handshake, the middle of a frame
or of a code point, before or after the acknowledgement; the client comes back with the same client_id. 0 lost, doubled or
moved code points.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import time
import uuid
from dataclasses import dataclass

from tests.chaos import kit
from tests.chaos.cuts import Shown, compare
from tests.chaos.follower import AWAY, LIVE, Follower
from tests.chaos.house import House
from tests.chaos.proxy import Fault, FaultProxy

N_TOKENS, RATE = 120, 120
BYTES = (1.0, 4.3)  # powers of ten that a connection lives for: a handshake has some hundred, a state some thousand
QUESTIONS = 3  # in one conversation, so that its state stays small enough to come through


@dataclass
class Tally(Shown):
    n_cut: int = 0  # connections, nearly all of which were cut
    n_cut_early: int = 0  # … before there was a state
    n_sent: int = 0  # of messages, each until it was acknowledged
    took_s: float = 0.0


def befalls(chance: random.Random) -> Fault:
    n_bytes = int(10 ** chance.uniform(*BYTES))
    match chance.random():
        case x if x < 0.02:
            return Fault(half_open_after=n_bytes)
        case x if x < 0.15:
            return Fault(latency_s=chance.uniform(0, 0.03), cut_after=n_bytes)
        case _:
            return Fault(cut_after=n_bytes)


class Visitor:
    """One tab behind the bad network, on one session after the other."""

    def __init__(self, house: House, url: str, token: str, chance: random.Random, tally: Tally) -> None:
        self.house, self.url, self.token, self.chance, self.tally = house, url, token, chance, tally
        self.tab = Follower(url, token, 0)

    async def visit(self, n_wanted: int) -> None:
        while self.tally.n_cut < n_wanted:
            session = await asyncio.to_thread(self.house.request, "POST", "/api/sessions/", {}, self.token)
            self.tab = Follower(self.url, self.token, session["id"], ping_s=1.0)
            for number in range(QUESTIONS):
                await self.until(str(uuid.uuid4()), f"question {number} 질문 🙂")
            await self.tab.cut()
            stored = await asyncio.to_thread(self.house.messages, session["id"], self.token)
            compare(self.tab, stored, QUESTIONS, self.tally)

    async def back(self) -> None:
        while True:
            self.tally.n_cut += 1
            try:
                await self.tab.connect(timeout_s=3)
            except AWAY:
                self.tally.n_cut_early += 1
                await asyncio.sleep(self.chance.uniform(0, 0.05))
            else:
                return

    async def until(self, client_id: str, text: str) -> None:
        """Ask, and follow the answer to its end, whatever happens to the line."""
        tab = self.tab
        while True:
            if tab.is_lost:
                await self.back()
            with contextlib.suppress(*AWAY):
                if client_id not in tab.pairs:
                    await tab.ask(text, client_id)
                    self.tally.n_sent += 1
                await tab.until(lambda: tab.is_lost or self.has_ended(client_id), 5)
            if self.has_ended(client_id):
                return

    def has_ended(self, client_id: str) -> bool:
        pair = self.tab.pairs.get(client_id)
        return pair is not None and self.tab.statuses.get(pair[1], "queued") not in LIVE


async def run(n_reconnects: int, n_sessions: int, seed: int) -> Tally:
    tally, chance = Tally(), random.Random(seed)
    with House(f"echo://?tokens={N_TOKENS}&rate={RATE}") as house:
        people = await asyncio.to_thread(house.people, n_sessions)
        async with FaultProxy(house.port, lambda: befalls(chance)) as proxy:
            visitors = [Visitor(house, proxy.url, token, random.Random(chance.random()), tally) for token, _ in people]
            began_s = time.monotonic()
            await asyncio.gather(*(visitor.visit(n_reconnects) for visitor in visitors))
            tally.took_s = time.monotonic() - began_s
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--reconnects", type=int, default=600)
    parser.add_argument("--sessions", type=int, default=12)
    options = parser.parse_args()
    if options.long:
        options.reconnects, options.sessions = 20_000, 60
    tally = asyncio.run(run(options.reconnects, options.sessions, options.seed))
    figures = {
        "connections": tally.n_cut,
        "cut_before_the_state": tally.n_cut_early,
        "messages": tally.messages,
        "sent_again": tally.n_sent - tally.messages // 2,
        "resyncs": tally.resyncs,
        "took_s": tally.took_s,
    }
    return kit.report("reconnects", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
