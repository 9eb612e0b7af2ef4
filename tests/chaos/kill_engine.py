"""`kill -9` of the engine in mid-reply: the web stays up, users are told within 2 s, the reply goes on by itself.

    python -m tests.chaos.kill_engine [--kills 3] [--seed 7]

Runs the real engine on a random-weight GGUF made here (slow enough to be hit in the middle). Prints its figures last.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import ROOT, House

NOTICE_LIMIT_S = 2.0
MAX_ON_ITS_WAY = 200  # characters of the killed engine that come after the notice


@dataclass
class Tally:
    kills: int = 0
    notice_s: list[float] = field(default_factory=list)
    recovered_s: list[float] = field(default_factory=list)
    n_probes: int = 0
    faults: list[str] = field(default_factory=list)


def engine_pids(house: House) -> list[int]:
    """Children of the server whose command line names the engine (Linux: /proc)."""
    assert house.process is not None
    children = subprocess.run(
        ["/usr/bin/pgrep", "-P", str(house.process.pid), "-f", "engine"], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in children.stdout.split()]


async def watch_web(house: House, tally: Tally, stop: asyncio.Event) -> None:
    """The web must answer all the time."""
    while not stop.is_set():
        tally.n_probes += 1
        if await asyncio.to_thread(house.status, "/healthz") != 200:
            tally.faults.append("the web did not answer /healthz")
        await asyncio.sleep(0.1)


async def one_kill(house: House, follower: Follower, chance: random.Random, tally: Tally) -> None:
    client_id = await follower.ask("please talk for a while")
    await follower.until(lambda: client_id in follower.pairs, 10)
    reply_id = follower.pairs[client_id][1]
    await follower.until(lambda: follower.texts.get(reply_id), 30)
    await asyncio.sleep(chance.uniform(0, 0.3))
    pids = engine_pids(house)
    if len(pids) != 1 or follower.statuses[reply_id] not in LIVE:
        tally.faults.append(f"no living engine in mid-reply to kill: pids {pids}, {follower.statuses[reply_id]}")
        return
    n_errors = len(follower.errors)
    began = time.monotonic()
    os.kill(pids[0], signal.SIGKILL)
    tally.kills += 1
    await follower.until(lambda: len(follower.errors) > n_errors, 10)
    tally.notice_s.append(time.monotonic() - began)
    if follower.errors[-1].get("code") != "engine_lost":
        tally.faults.append(f"the user was told {follower.errors[-1]}")
    await goes_on_by_itself(follower, reply_id, began, tally)


async def goes_on_by_itself(follower: Follower, reply_id: int, began: float, tally: Tally) -> None:
    """What the killed engine had said may still be on its way: the reply goes on when more than that has come."""
    n_said = len(follower.texts[reply_id])
    n_enough = n_said + MAX_ON_ITS_WAY
    await follower.until(
        lambda: len(follower.texts[reply_id]) > n_enough or follower.statuses[reply_id] not in LIVE, 40
    )
    tally.recovered_s.append(time.monotonic() - began)
    if follower.statuses[reply_id] not in LIVE:
        tally.faults.append(f"the reply ended as {follower.statuses[reply_id]} instead of going on")
    await follower.send({"type": "stop", "message_id": reply_id})
    await follower.until(lambda: follower.statuses[reply_id] not in LIVE, 10)


async def run(n_kills: int, seed: int) -> Tally:
    chance = random.Random(seed)
    house = House("local")
    model = house.folder / "babble.gguf"
    command = [sys.executable, "-m", "backend.llm.tiny_gguf", str(model), "--size", "slow"]
    await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=True, timeout=120)
    house.env["MODEL_PATH"] = str(model)
    tally, stop = Tally(), asyncio.Event()
    try:
        house.prepare()
        house.start()
        token = house.register("witness")
        session = house.request("POST", "/api/sessions/", {}, token)
        follower = Follower(house.url, token, session["id"])
        await follower.connect()
        watcher = asyncio.create_task(watch_web(house, tally, stop))
        for _ in range(n_kills):
            await one_kill(house, follower, chance, tally)
        stop.set()
        await watcher
        await follower.close()
        tally.faults += follower.faults
    finally:
        house.stop()
    if any(seconds > NOTICE_LIMIT_S for seconds in tally.notice_s):
        tally.faults.append(f"a user was told only after {max(tally.notice_s):.2f} s")
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    tally = asyncio.run(run(options.kills, options.seed))
    for fault in tally.faults[:20]:
        print("FAULT:", fault)
    print(
        f"kills {tally.kills}  told after {max(tally.notice_s, default=0):.2f} s at worst  "
        f"the reply went on after {max(tally.recovered_s, default=0):.1f} s at worst  "
        f"web probes {tally.n_probes}  faults {len(tally.faults)}"
    )
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
