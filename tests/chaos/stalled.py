"""R9: readers who do not read cost bounded memory, are closed, and nobody else notices.

    python -m tests.chaos.stalled [--readers 20]
    python -m tests.chaos.stalled --long      100 readers

All readers have one conversation open whose answer is longer than the credit of a socket. First all of them read; then, behind
a proxy that stops reading, none. Beside them five others follow answers of their own both times. Memory is the server's,
resident, from before the stall to its greatest; a stalled reader is closed 30 s after his credit has run out.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field

from backend.chat.delivery import STALL_S
from backend.chat.window import LIMIT_BYTES
from backend.llm.echo_words import echo_text
from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import House
from tests.chaos.proxy import FaultProxy
from tests.chaos.streams import lateness

N_TOKENS, RATE = 12_000, 1500
N_OTHERS = 5
N_CHARS = 9  # of a word, at least, once their numbers are long
READER_BYTES = 2**20
SPARE_S = 3.0  # the last look, the close frame that nobody takes


@dataclass
class Tally:
    late_before_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    bytes_per_reader: float = 0.0
    closed_after_s: float = 0.0
    faults: list[str] = field(default_factory=list)


async def talk(tab: Follower, late_s: list[float], faults: list[str]) -> None:
    client_id = await tab.ask("talk")
    await tab.until(lambda: client_id in tab.pairs, 30)
    reply_id = tab.pairs[client_id][1]
    await tab.until(lambda: tab.statuses[reply_id] not in LIVE, 60)
    late_s += lateness(tab.heard_s[reply_id], N_TOKENS, RATE)
    if (tab.statuses[reply_id], tab.texts[reply_id]) != ("complete", echo_text(N_TOKENS)):
        faults.append(f"another's reply: {tab.statuses[reply_id]}, {len(tab.texts[reply_id])} code points")


async def watch(house: House, n_base: int, began_s: float, tally: Tally) -> None:
    """Until the house has closed all that stalled."""
    before, most = kit.resident_bytes(house.pid), 0
    n_stalled = await asyncio.to_thread(house.metric, "maru_sockets") - n_base
    while await asyncio.to_thread(house.metric, "maru_sockets") > n_base:
        most = max(most, kit.resident_bytes(house.pid) - before)
        if time.monotonic() - began_s > 2 * STALL_S:
            tally.faults.append("stalled readers are still there")
            break
        await asyncio.sleep(0.2)
    tally.closed_after_s = time.monotonic() - began_s
    tally.bytes_per_reader = most / max(1, n_stalled)


async def run(n_readers: int) -> Tally:
    tally = Tally()
    with House(f"echo://?tokens={N_TOKENS}&rate={RATE}") as house:
        people = await asyncio.to_thread(house.people, N_OTHERS + 1)
        *others, asker = [Follower(house.url, token, ids[0]) for token, ids in people]
        for tab in (*others, asker):
            address = f"/api/sessions/{tab.session_id}/config/"
            await asyncio.to_thread(house.request, "PATCH", address, {"max_tokens": N_TOKENS}, tab.token)
            await tab.connect()
        async with FaultProxy(house.port) as proxy:
            readers = [Follower(proxy.url, asker.token, asker.session_id, ping_s=None) for _ in range(n_readers)]
            for reader in readers:
                await reader.connect()
            await asyncio.gather(*(talk(tab, tally.late_before_s, tally.faults) for tab in (*others, asker)))
            for connection in proxy.connections:
                connection.stall()
            began_s = time.monotonic()
            watching = asyncio.create_task(watch(house, N_OTHERS + 1, began_s, tally))
            await asyncio.gather(*(talk(tab, tally.late_s, tally.faults) for tab in (*others, asker)))
            await watching
            for reader in readers:
                await reader.cut()
        for tab in (*others, asker):
            await tab.close()
            tally.faults += tab.faults
    judge(tally)
    return tally


def judge(tally: Tally) -> None:
    if tally.bytes_per_reader > READER_BYTES:
        tally.faults.append(f"a stalled reader costs {tally.bytes_per_reader / 1024:.0f} KiB")
    filled_s = LIMIT_BYTES / (RATE * N_CHARS)
    if tally.closed_after_s > filled_s + STALL_S + SPARE_S:
        tally.faults.append(f"stalled readers are closed only after {tally.closed_after_s:.1f} s")


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--readers", type=int, default=20)
    options = parser.parse_args()
    if options.long:
        options.readers = 100
    tally = asyncio.run(run(options.readers))
    figures = {
        "stalled_readers": options.readers,
        "kib_per_stalled_reader": tally.bytes_per_reader / 1024,
        "all_closed_after_s": tally.closed_after_s,
        "others_p99_s_when_all_read": kit.percentile(tally.late_before_s, 0.99),
        "others_p99_s_when_stalled": kit.percentile(tally.late_s, 0.99),
    }
    return kit.report("stalled", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
