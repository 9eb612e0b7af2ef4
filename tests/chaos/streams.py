"""R2: many streams at once from one web process; how late each piece of text reaches its reader, and that none is lost.

    python -m tests.chaos.streams [--streams 50] [--rate 30] [--seconds 10]
    python -m tests.chaos.streams --long      300 streams, 30 s

The echo engine's word n is due at a known time after the first. A piece is late by as much as its last word comes after that
time, counted from the quickest piece of the same stream. Readers acknowledge as the browser does. The client shares the
machine's cores with the server.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field

from backend.llm.echo_words import echo_text
from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import House

LATE_S = 0.2
N_TO_A_USER = 5  # so that no user's limits are met


@dataclass
class Tally:
    late_s: list[float] = field(default_factory=list)
    took_s: float = 0.0
    n_frames: int = 0
    n_resyncs: int = 0
    server_cpu_s: float = 0.0
    faults: list[str] = field(default_factory=list)


def lateness(heard_s: list[tuple[float, int]], n_tokens: int, rate: float) -> list[float]:
    """Of each piece, by the last word that was whole in it."""
    n_chars, ends = 0, []
    for n in range(1, n_tokens + 1):
        n_chars += len(f"word{n}") + (n > 1)
        ends.append(n_chars)
    after_due_s, n_words = [], 0
    for at_s, length in heard_s:
        while n_words < n_tokens and ends[n_words] <= length:
            n_words += 1
        if n_words:
            after_due_s.append(at_s - (n_words - 1) / rate)
    quickest_s = min(after_due_s, default=0.0)
    return [each - quickest_s for each in after_due_s]


async def follow(tab: Follower, n_tokens: int, rate: float, tally: Tally) -> None:
    client_id = await tab.ask("talk")
    await tab.until(lambda: client_id in tab.pairs, 60)
    reply_id = tab.pairs[client_id][1]
    await tab.until(lambda: tab.statuses[reply_id] not in LIVE or tab.is_lost, 60 + 3 * n_tokens / rate)
    tally.late_s += lateness(tab.heard_s.get(reply_id, []), n_tokens, rate)
    tally.n_frames += tab.history.n_frames
    tally.n_resyncs += tab.n_resyncs
    tally.faults += tab.faults
    if tab.texts[reply_id] != echo_text(n_tokens):
        tally.faults.append(f"reply {reply_id}: {len(tab.texts[reply_id])} code points, {tab.statuses[reply_id]}")


async def tabs_of(house: House, n: int) -> list[Follower]:
    people = await asyncio.to_thread(house.people, -(-n // N_TO_A_USER), N_TO_A_USER)
    places = [(token, session_id) for token, ids in people for session_id in ids]
    tabs = [Follower(house.url, token, session_id, ping_s=None) for token, session_id in places[:n]]
    for tab in tabs:
        await tab.connect()
    return tabs


async def run(n_streams: int, rate: float, seconds: float) -> Tally:
    tally, n_tokens = Tally(), int(seconds * rate)
    with House(f"echo://?tokens={n_tokens}&rate={rate:g}") as house:
        tabs = await tabs_of(house, n_streams)
        before_s, began_s = kit.cpu_s(house.pid), time.monotonic()
        await asyncio.gather(*(follow(tab, n_tokens, rate, tally) for tab in tabs))
        tally.took_s, tally.server_cpu_s = time.monotonic() - began_s, kit.cpu_s(house.pid) - before_s
        for tab in tabs:
            await tab.close()
    return tally


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--rate", type=float, default=30.0, help="tokens a second, each stream")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    if options.long:
        options.streams, options.seconds = 300, 30.0
    tally = asyncio.run(run(options.streams, options.rate, options.seconds))
    p99_s = kit.percentile(tally.late_s, 0.99)
    if p99_s > LATE_S:
        tally.faults.append(f"p99 of the delivery is {p99_s:.3f} s")
    figures = {
        "streams": options.streams,
        "tokens_per_s_each": options.rate,
        "late_p50_s": kit.percentile(tally.late_s, 0.5),
        "late_p99_s": p99_s,
        "frames": tally.n_frames,
        "frames_per_s": tally.n_frames / max(tally.took_s, 0.001),
        "resyncs": tally.n_resyncs,
        "took_s": tally.took_s,
        "server_cores": tally.server_cpu_s / max(tally.took_s, 0.001),
    }
    return kit.report("streams", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
