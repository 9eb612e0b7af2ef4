"""1,000 random socket cuts and resumes: what is shown at the end equals what is stored, code point by code point.

    python -m tests.chaos.cuts [--cuts 1000] [--sessions 40] [--seed 7]     (--long: 20,000 cuts)

Every session asks again and again; its socket is torn down at random moments, also between sending and the
acknowledgement, and then the same client_id is sent again. Prints its figures last; exit status 1 when anything was lost,
doubled or moved.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import House

N_TOKENS, RATE = 150, 60
MEAN_GAP_S = 0.05  # between two cuts of one session
QUESTIONS = ("first question", "두 번째 질문 🙂")


@dataclass
class Shown:
    """What `compare` adds to."""

    messages: int = 0
    resyncs: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class Tally(Shown):
    cuts: int = 0
    resends: int = 0


async def ask_surely(follower: Follower, text: str, chance: random.Random, tally: Tally, cuts_left: list[int]) -> int:
    """Send until acknowledged, always under the same client_id; the reply's id."""
    client_id = str(uuid.uuid4())
    while True:
        try:
            await follower.ask(text, client_id)
            if chance.random() < 0.3 and cuts_left[0] > 0:
                cuts_left[0] -= 1
                tally.cuts += 1
                await follower.cut()
                await follower.come_back(chance)
            if client_id in follower.pairs:
                return follower.pairs[client_id][1]
            with contextlib.suppress(TimeoutError):
                await follower.until(lambda: client_id in follower.pairs, 2)
                return follower.pairs[client_id][1]
        except ConnectionClosed:
            await follower.come_back(chance)
        tally.resends += 1


async def one_session(house: House, token: str, n_cuts: int, seed: int, tally: Tally) -> None:
    """Ask until this session's share of cuts is used up; each reply takes as many as fit into it."""
    chance = random.Random(seed)
    session = await asyncio.to_thread(house.request, "POST", "/api/sessions/", {"title": f"cuts {seed}"}, token)
    follower = Follower(house.url, token, session["id"])
    await follower.connect()
    cuts_left = [n_cuts]
    n_questions = 0
    while cuts_left[0] > 0:
        text = QUESTIONS[n_questions % len(QUESTIONS)]
        n_questions += 1
        reply_id = await ask_surely(follower, text, chance, tally, cuts_left)
        while cuts_left[0] > 0 and follower.statuses.get(reply_id, "queued") in LIVE:
            await asyncio.sleep(chance.uniform(0, MEAN_GAP_S * 2))
            await follower.cut()
            await follower.come_back(chance)
            tally.cuts += 1
            cuts_left[0] -= 1
        await follower.until(lambda reply_id=reply_id: follower.statuses.get(reply_id, "queued") not in LIVE, 60)
    await follower.close()
    stored = await asyncio.to_thread(house.messages, session["id"], token)
    compare(follower, stored, n_questions, tally)


def compare(follower: Follower, stored: list[dict[str, Any]], n_questions: int, tally: Shown) -> None:
    tally.resyncs += follower.n_resyncs
    tally.messages += len(stored)
    tally.faults += follower.faults
    if len(stored) != 2 * n_questions:
        tally.faults.append(f"session {follower.session_id}: {len(stored)} stored for {n_questions} questions")
    for row in stored:
        if row["status"] != "complete":
            tally.faults.append(f"message {row['id']} ended as {row['status']}")
        if follower.texts.get(row["id"]) != row["content"]:
            tally.faults.append(f"message {row['id']}: shown text differs from the stored one")


async def run(n_cuts: int, n_sessions: int, seed: int) -> Tally:
    house = House(f"echo://?tokens={N_TOKENS}&rate={RATE}")
    tally = Tally()
    try:
        house.prepare()
        house.start()
        token = house.register("cutter")
        began = time.monotonic()
        per_session = [n_cuts // n_sessions + (i < n_cuts % n_sessions) for i in range(n_sessions)]
        await asyncio.gather(*(one_session(house, token, n, seed * 1000 + i, tally) for i, n in enumerate(per_session)))
        print(
            f"{n_sessions} sessions, {time.monotonic() - began:.1f} s, {tally.resends} resends, {tally.resyncs} resyncs"
        )
    finally:
        house.stop()
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=40)
    options = parser.parse_args()
    if options.long:
        options.cuts = 20_000
    tally = asyncio.run(run(options.cuts, options.sessions, options.seed))
    figures = {"cuts": tally.cuts, "messages": tally.messages, "resends": tally.resends, "resyncs": tally.resyncs}
    return kit.report("cuts", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
