"""What /v1 costs beside the engine itself: the same engine process asked by /v1 streams and over its own socket, in turns.

    python -m backend.llm.bench.overhead http://127.0.0.1:8000 maru-… DATA_DIR/engine-1.sock [--users 8] [--rounds 5]

Raw sockets read the streams, so that no client library is measured. Prints one line of JSON. Development only.

Without more, all users ask in the same moment, once: over its own socket the engine then reads all prompts in one step, and who
comes some milliseconds later waits for the end of that step. `--apart S`: every user asks `--visits` times, after a pause
between 0 and 2 S seconds that is the same on both sides, as people do: what is left is the cost of /v1 itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from backend.llm.client import EngineClient
from backend.llm.types import ChatMessage, Delta, Finished, GenerateRequest, SamplingParams

Round = tuple[float, list[float]]  # tokens/s of all users together, ms to the first token of each
Ask = Callable[[int], Awaitable[tuple[int, float]]]  # a user's number: tokens told, ms to the first of them


@dataclass(frozen=True)
class Crowd:
    """Who asks, how often, and how far apart: seconds on average between an answer and the same user's next question."""

    users: int
    tokens: int
    visits: int = 1
    apart_s: float = 0.0

    async def round(self, ask: Ask) -> Round:
        answers: list[tuple[int, float]] = []

        async def user(number: int) -> None:
            rng = random.Random(number)
            for _ in range(self.visits):
                await asyncio.sleep(rng.uniform(0, 2 * self.apart_s))
                answers.append(await ask(number))

        began_s = time.monotonic()
        await asyncio.gather(*(user(number) for number in range(self.users)))
        return sum(n for n, _ in answers) / (time.monotonic() - began_s), [first_ms for _, first_ms in answers]


def prompt_of(number: int) -> str:
    return f"{number}: " + "tell me about the small things on the warm floor. " * 4


async def by_socket(path: Path, crowd: Crowd) -> Round:
    client = await EngineClient.connect(path)
    changed = asyncio.Event()
    reading = asyncio.create_task(client.run(changed))
    while client.state != "ready":
        changed.clear()
        await changed.wait()

    async def ask(number: int) -> tuple[int, float]:
        params = SamplingParams(max_tokens=crowd.tokens, temperature=0, logit_bias=())
        request = GenerateRequest(
            f"bench-{number}", (ChatMessage("user", prompt_of(number)),), params, user=str(number)
        )
        began_s, first_s, n = time.monotonic(), 0.0, 0
        stream = client.open(request)
        async for event in stream.events():
            if isinstance(event, Delta):
                first_s = first_s or time.monotonic()
            elif isinstance(event, Finished):
                n = event.completion_tokens
        client.close(stream)
        return n, (first_s - began_s) * 1000

    measured = await crowd.round(ask)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return measured


async def by_v1(url: str, key: str, crowd: Crowd) -> Round:
    place = urlsplit(url)

    async def ask(number: int) -> tuple[int, float]:
        body = {
            "messages": [{"role": "user", "content": prompt_of(number)}],
            "stream": True,
            "max_tokens": crowd.tokens,
            "temperature": 0,
            "stream_options": {"include_usage": True},
        }
        raw = json.dumps(body).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
        )
        began_s, first_s, told = time.monotonic(), 0.0, b""
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(head.encode() + raw)
        while data := await reader.read(65536):
            told += data
            if not first_s and b'"delta":{"content":"' in told.replace(b'"content":""', b""):
                first_s = time.monotonic()
        writer.close()
        assert b" 200 " in told[:20], told[:40] + told[-400:]
        n = int(told.rsplit(b'"completion_tokens":', 1)[1].split(b",")[0])
        return n, (first_s - began_s) * 1000

    return await crowd.round(ask)


def _cpu_s(pids: list[int] | None) -> list[float]:
    """Processor time so far; it does not depend on who else wants the processor."""
    times = [psutil.Process(pid).cpu_times() for pid in pids or ()]
    return [one.user + one.system for one in times]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the overhead of /v1.")
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("socket", type=Path)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--visits", type=int, default=1, help="questions of each user a round")
    parser.add_argument("--apart", type=float, default=0.0, help="seconds between them, on average")
    parser.add_argument(
        "--pids", type=int, nargs=2, metavar=("WEB", "ENGINE"), help="also their processor time a token"
    )
    return parser


async def main() -> None:
    given = _parser().parse_args()
    crowd = Crowd(given.users, given.tokens, given.visits, given.apart)
    await by_socket(given.socket, Crowd(given.users, 8))  # warms the prompts' prefixes for both alike
    ratios, extra_ms, own, v1 = [], [], [], []
    own_first: list[float] = []
    cpu_ms: list[list[float]] = []
    for _ in range(given.rounds):
        own_tps, own_ms = await by_socket(given.socket, crowd)
        before_s = _cpu_s(given.pids)
        v1_tps, v1_ms = await by_v1(given.url, given.key, crowd)
        n_tokens = given.users * given.tokens * given.visits
        cpu_ms.append([(now - then) * 1000 / n_tokens for now, then in zip(_cpu_s(given.pids), before_s, strict=True)])
        ratios.append(v1_tps / own_tps)
        extra_ms.append(statistics.median(v1_ms) - statistics.median(own_ms))
        own.append(own_tps)
        own_first += own_ms
        v1.append(v1_tps)
    figures = {
        "users": given.users,
        "apart_s": given.apart,
        "visits": given.visits,
        "engine_tps": round(statistics.median(own), 2),
        "v1_tps": round(statistics.median(v1), 2),
        "ratio_median": round(statistics.median(ratios), 4),
        "ratios": [round(ratio, 4) for ratio in ratios],
        "web_and_engine_cpu_ms_per_token": [round(statistics.median(one), 3) for one in zip(*cpu_ms, strict=True)],
        "extra_ttft_ms_median": round(statistics.median(extra_ms), 1),
        "engine_ttft_ms_median": round(statistics.median(own_first), 1),
        "extra_ttft_ms": [round(ms, 1) for ms in extra_ms],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main())
