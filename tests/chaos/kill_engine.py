"""R6: `kill -9` of the engine in mid-reply, and hangs of it (SIGSTOP): the web stays up, users are told, the reply goes on.

    python -m tests.chaos.kill_engine [--kills 3] [--hangs 1] [--seed 7]
    python -m tests.chaos.kill_engine --long      200 kills, 50 hangs, each 11 s after the one before

A death is told within 2 s, a hang while decoding is found within 10 s. Runs the real engine on a random-weight GGUF made here
(slow enough to be hit in the middle). Engines that die sooner than 10 s after their start are restarted later and later, so that
many blows want a pause between them (--apart).
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import ROOT, House

NOTICE_LIMIT_S = {signal.SIGKILL: 2.0, signal.SIGSTOP: 10.0}
MAX_ON_ITS_WAY = 200  # characters of the killed engine that come after the notice


@dataclass
class Tally:
    kills: int = 0
    hangs: int = 0
    notice_s: list[float] = field(default_factory=list)  # of kills
    found_s: list[float] = field(default_factory=list)  # of hangs
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


async def one_blow(house: House, follower: Follower, blow: signal.Signals, chance: random.Random, tally: Tally) -> None:
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
    os.kill(pids[0], blow)
    await follower.until(lambda: len(follower.errors) > n_errors, 30)
    took_s = time.monotonic() - began
    if blow == signal.SIGKILL:
        tally.kills += 1
        tally.notice_s.append(took_s)
    else:
        tally.hangs += 1
        tally.found_s.append(took_s)
    if took_s > NOTICE_LIMIT_S[blow]:
        tally.faults.append(f"{blow.name}: told only after {took_s:.2f} s")
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


async def run(n_kills: int, n_hangs: int, seed: int, apart_s: float = 0.0) -> Tally:
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
        watcher = asyncio.create_task(watch_web(house, tally, stop))
        blows = [signal.SIGKILL] * n_kills + [signal.SIGSTOP] * n_hangs
        chance.shuffle(blows)
        for blow in blows:
            # Each in a conversation of its own: a long one would have to be read again after every blow.
            session = await asyncio.to_thread(house.request, "POST", "/api/sessions/", {}, token)
            follower = Follower(house.url, token, session["id"])
            await follower.connect()
            await one_blow(house, follower, blow, chance, tally)
            await follower.close()
            tally.faults += follower.faults
            await asyncio.sleep(apart_s)
        stop.set()
        await watcher
    finally:
        house.stop()
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--hangs", type=int, default=1)
    parser.add_argument("--apart", type=float, default=0.0, help="seconds between two blows")
    options = parser.parse_args()
    if options.long:
        options.kills, options.hangs, options.apart = 200, 50, 11.0
    tally = asyncio.run(run(options.kills, options.hangs, options.seed, options.apart))
    figures = {
        "kills": tally.kills,
        "hangs": tally.hangs,
        "told_max_s": max(tally.notice_s, default=0.0),
        "hang_found_max_s": max(tally.found_s, default=0.0),
        "went_on_max_s": max(tally.recovered_s, default=0.0),
        "web_probes": tally.n_probes,
    }
    return kit.report("kill_engine", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
