"""What reading and indexing documents costs the streams that run meanwhile (issue 6: at most 50 ms more at p99).

    python -m tests.load.indexing [--streams 4] [--documents 60] [--rounds 3] [--engines echo://?tokens=600&rate=50]
    MODEL_PATH=bench05.gguf python -m tests.load.indexing --engines "" [--tokens 150] [--seconds 150]

One real server. Each round measures the same streams twice, with nothing else to do and while documents of 60 KB are uploaded,
read in the child, cut, embedded and indexed one after the other; so what else the machine does falls on both. A gap is the time
between two pieces as a client hears them. `--engines ""` with MODEL_PATH set: the local engine, which wants both cores; a model
that never ends by itself (`python -m backend.llm.bench make-model`) answers as many tokens as it is asked for. No round is begun
that would not end within `--seconds`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import statistics
import sys
import time
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import ROOT, House

N_WORDS = 8_000  # of a document, about 60 KB
ENDED = ("ready", "failed")
ENDED_S = 120.0
MORE_MS = 50.0
TITLES_S = 8.0  # the model is asked for four of them after the first replies, by a local engine


@dataclass
class Gaps:
    """Milliseconds between two pieces of one reply, of all replies."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    n_rounds: int = 0
    n_indexed: int = 0
    indexing_s: float = 0.0
    faults: list[str] = field(default_factory=list)


def text(rng: random.Random) -> str:
    folder = ROOT / "backend" / "memory" / "bench"
    words = [word for name in ("en.txt", "ko.txt") for word in (folder / name).read_text("utf-8").split()]
    chosen = rng.choices(words, k=N_WORDS)
    return "\n\n".join(" ".join(chosen[at : at + 80]) for at in range(0, N_WORDS, 80))


async def stream(tab: Follower, gaps: list[float]) -> None:
    client_id = await tab.ask("Tell me something long.")
    await tab.until(lambda: client_id in tab.pairs, 60)
    reply_id = tab.pairs[client_id][1]
    await tab.until(lambda: tab.statuses.get(reply_id, "queued") not in LIVE, 180)
    heard = [when for when, _ in tab.heard_s[reply_id]]
    gaps += [(later - earlier) * 1000 for earlier, later in itertools.pairwise(heard)]


async def index(house: House, token: str, texts: list[str], gaps: Gaps, ended: asyncio.Event) -> None:
    """One document after the other until the streams have ended; at least one. Told by events, as a browser is."""
    began_s = time.monotonic()
    url = f"{house.url.replace('http', 'ws', 1)}/ws/events/"
    async with connect(url, subprotocols=["maru.v1", f"bearer.{token}"]) as socket:  # type: ignore[list-item]
        for content in texts:
            row = await asyncio.to_thread(
                house.request, "POST", "/api/documents/", {"title": "x", "text": content}, token
            )
            if await told(socket, row["id"]) == "failed":
                gaps.faults.append(f"document {row['id']} failed")
            gaps.n_indexed += 1
            if ended.is_set():
                break
    gaps.indexing_s += time.monotonic() - began_s


async def told(socket: ClientConnection, document_id: int) -> str:
    """How the reading of a document ended."""
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), ENDED_S))
        if frame.get("document_id") == document_id and frame["status"] in ENDED:
            return str(frame["status"])


async def measure(house: House, options: argparse.Namespace, gaps: Gaps) -> None:
    rng = random.Random(options.seed)
    people = await asyncio.to_thread(house.people, options.streams + 1)
    tabs = [Follower(house.url, token, sessions[0]) for token, sessions in people[1:]]
    for tab, (token, sessions) in zip(tabs, people[1:], strict=True):
        config = f"/api/sessions/{sessions[0]}/config/"
        # Without memory: an answer that is recalled for the next question would make that one longer, round after round.
        wanted = {"max_tokens": options.tokens, "memory_enabled": False}
        await asyncio.to_thread(house.request, "PATCH", config, wanted, token)
        await tab.connect()
    await asyncio.gather(*(stream(tab, []) for tab in tabs))  # what happens only once
    await asyncio.sleep(TITLES_S)
    began_s, longest_s = time.monotonic(), 0.0
    while gaps.n_rounds < options.rounds and time.monotonic() - began_s + longest_s <= options.seconds:
        round_s = time.monotonic()
        await asyncio.gather(*(stream(tab, gaps.alone) for tab in tabs))
        ended = asyncio.Event()
        texts = [text(rng) for _ in range(options.documents)]
        indexing = asyncio.create_task(index(house, people[0][0], texts, gaps, ended))
        await asyncio.sleep(0.2)
        await asyncio.gather(*(stream(tab, gaps.beside) for tab in tabs))
        ended.set()
        await indexing
        gaps.n_rounds += 1
        longest_s = max(longest_s, time.monotonic() - round_s)
    gaps.faults += [fault for tab in tabs for fault in tab.faults]


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--documents", type=int, default=60, help="at most so many a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default="echo://?tokens=600&rate=50")
    parser.add_argument("--tokens", type=int, default=1024, help="of an answer, at most")
    parser.add_argument("--seconds", type=float, default=150, help="no round is begun that would end later")
    options = parser.parse_args()
    gaps = Gaps()
    with House(options.engines) as house:
        asyncio.run(measure(house, options, gaps))
    p99_alone, p99_beside = kit.percentile(gaps.alone, 0.99), kit.percentile(gaps.beside, 0.99)
    if p99_beside - p99_alone > MORE_MS:
        gaps.faults.append(f"{p99_beside - p99_alone:.0f} ms more at p99")
    figures = {
        "streams": options.streams,
        "engines": options.engines or "local",
        "rounds": gaps.n_rounds,
        "documents": gaps.n_indexed,
        "s_a_document": gaps.indexing_s / max(1, gaps.n_indexed),
        "gaps": len(gaps.beside),
        "p50_ms_alone": statistics.median(gaps.alone),
        "p50_ms_beside": statistics.median(gaps.beside),
        "p99_ms_alone": p99_alone,
        "p99_ms_beside": p99_beside,
        "worst_ms_alone": max(gaps.alone),
        "worst_ms_beside": max(gaps.beside),
    }
    return kit.report("indexing", figures, gaps.faults)


if __name__ == "__main__":
    sys.exit(main())
