"""R9: readers who do not read cost bounded memory, are closed, and nobody else notices.

    python -m tests.chaos.stalled [--readers 20] [--rounds 1]
    python -m tests.chaos.stalled --long      100 readers, 2 rounds

Each round twice the same: five people follow answers of their own and a sixth one's is longer than the credit of a socket. The
first time nobody else is there; the second time the sixth one's conversation is open at all the readers, behind a proxy that
stops reading before the answer begins. What the five hear is compared, both times in conversations that are new. Memory is the
server's, resident, from before the stall to its greatest; a stalled reader is closed 30 s after his credit has run out.
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

N_TOKENS, RATE = 12_000, 500
N_OTHERS = 5
N_CHARS = 9  # of a word, at least, once their numbers are long
READER_BYTES = 2**20
SPARE_S = 3.0  # the last look, the close frame that nobody takes
LATER = 1.10  # of the others' p99
LOOK_S = 0.2


@dataclass
class Tally:
    late_alone_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    bytes_per_reader: float = 0.0
    closed_after_s: float = 0.0
    server_cores: float = 0.0
    faults: list[str] = field(default_factory=list)


async def talk(tab: Follower, late_s: list[float], faults: list[str], n_tokens: int) -> None:
    client_id = await tab.ask("talk")
    await tab.until(lambda: client_id in tab.pairs, 30)
    reply_id = tab.pairs[client_id][1]
    await tab.until(lambda: tab.statuses[reply_id] not in LIVE, 60 + 3 * n_tokens / RATE)
    late_s += lateness(tab.heard_s[reply_id], n_tokens, RATE)
    if (tab.statuses[reply_id], tab.texts[reply_id]) != ("complete", echo_text(n_tokens)):
        faults.append(f"another's reply: {tab.statuses[reply_id]}, {len(tab.texts[reply_id])} code points")


async def all_talk(
    house: House, people: list[tuple[str, int]], late_s: list[float], tally: Tally, n_tokens: int = N_TOKENS
) -> None:
    """The last one's answer is the one that others have open; his own lateness is not counted."""
    tabs = [Follower(house.url, token, session_id) for token, session_id in people]
    for tab in tabs:
        address = f"/api/sessions/{tab.session_id}/config/"
        await asyncio.to_thread(house.request, "PATCH", address, {"max_tokens": n_tokens}, tab.token)
        await tab.connect()
    cpu_s, began_s = kit.cpu_s(house.pid), time.monotonic()
    await asyncio.gather(*(talk(tab, late_s if tab is not tabs[-1] else [], tally.faults, n_tokens) for tab in tabs))
    tally.server_cores = (kit.cpu_s(house.pid) - cpu_s) / (time.monotonic() - began_s)
    for tab in tabs:
        await tab.close()
        tally.faults += tab.faults


async def greatest(house: House, work: asyncio.Task[None]) -> int:
    """Resident bytes until `work` has ended. Looks from outside, so that the looking costs the server nothing."""
    most = 0
    while not work.done():
        most = max(most, kit.resident_bytes(house.pid))
        await asyncio.sleep(LOOK_S)
    return most


async def with_readers(house: House, people: list[tuple[str, int]], n_readers: int, tally: Tally) -> None:
    token, session_id = people[-1]
    async with FaultProxy(house.port) as proxy:
        readers = [Follower(proxy.url, token, session_id, ping_s=None) for _ in range(n_readers)]
        for reader in readers:
            await reader.connect()
        before = kit.resident_bytes(house.pid)
        for connection in proxy.connections:
            connection.stall()
        began_s = time.monotonic()
        talking = asyncio.create_task(all_talk(house, people, tally.late_s, tally))
        most = await greatest(house, talking)
        await talking
        while await asyncio.to_thread(house.metric, "maru_sockets"):
            most = max(most, kit.resident_bytes(house.pid))
            if time.monotonic() - began_s > 60 + 2 * STALL_S:
                tally.faults.append("stalled readers are still there")
                break
            await asyncio.sleep(LOOK_S)
        tally.closed_after_s = max(tally.closed_after_s, time.monotonic() - began_s)
        tally.bytes_per_reader = max(tally.bytes_per_reader, (most - before) / n_readers)
        for reader in readers:
            await reader.cut()


async def run(n_readers: int, n_rounds: int, *, is_compared: bool = True) -> Tally:
    """Without the comparison nobody waits for what is heard while the readers are not there."""
    tally = Tally()
    with House(f"echo://?tokens={N_TOKENS}&rate={RATE}") as house:
        people = await asyncio.to_thread(house.people, N_OTHERS + 1, 1 + 2 * n_rounds)

        def sessions(n: int) -> list[tuple[str, int]]:
            return [(token, ids[n]) for token, ids in people]

        # What is done for the first time is in nobody's figures.
        await all_talk(house, sessions(0), [], tally, N_TOKENS if is_compared else N_TOKENS // 10)
        for n in range(n_rounds):
            if is_compared:
                await all_talk(house, sessions(1 + 2 * n), tally.late_alone_s, tally)
            await with_readers(house, sessions(2 + 2 * n), n_readers, tally)
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
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if options.long:
        options.readers, options.rounds = 100, 2
    tally = asyncio.run(run(options.readers, options.rounds))
    alone_s, stalled_s = (kit.percentile(late_s, 0.99) for late_s in (tally.late_alone_s, tally.late_s))
    if stalled_s > LATER * alone_s:
        tally.faults.append("the others' p99 has grown by more than a tenth")
    figures = {
        "stalled_readers": options.readers,
        "kib_per_stalled_reader": tally.bytes_per_reader / 1024,
        "all_closed_after_s": tally.closed_after_s,
        "rounds": options.rounds,
        "others_p99_s_alone": alone_s,
        "others_p99_s_beside_stalled": stalled_s,
        "ratio": stalled_s / max(alone_s, 1e-6),
        "server_cores": tally.server_cores,
    }
    return kit.report("stalled", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
