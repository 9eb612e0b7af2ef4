"""What the engine's priority gives a process that wakes often and works shortly, as the web process does, and what it costs.

    python -m backend.llm.bench.niceness MODEL [--niceness 0 5 10] [--neighbours 1] [--seconds 3] [--rounds 3]

An engine of its own for each, with four replies running; in turns, forth and back. Beside it a process that sleeps 8 ms and
computes 0.5 ms (how late it is), and --neighbours that compute without end (what they get). One line of JSON for each
niceness, medians of the rounds. Development only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import aclosing
from pathlib import Path

import psutil

from backend.lib.clock import monotonic_s
from backend.llm.config import LLMConfig
from backend.llm.process import LocalLLM
from backend.llm.types import ChatMessage, Delta, GenerateRequest, SamplingParams

N_REPLIES = 4
WAKER = """
import sys, time
late, ends_s = [], time.monotonic() + float(sys.argv[1])
while time.monotonic() < ends_s:
    due_s = time.monotonic() + 0.0085
    time.sleep(0.008)
    began_s = time.thread_time()
    while time.thread_time() - began_s < 0.0005: pass
    late.append((time.monotonic() - due_s) * 1000)
late.sort()
print(*(late[int(len(late) * share)] for share in (0.5, 0.95, 0.99)))
"""
NAMES = ("late_ms_p50", "late_ms_p95", "late_ms_p99", "tokens_per_s", "neighbours_cores")


class Replies:
    """That never end; how many tokens have come."""

    def __init__(self, llm: LocalLLM) -> None:
        self.n_tokens = 0
        self._llm = llm
        self._tasks = [asyncio.create_task(self._write(number)) for number in range(N_REPLIES)]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, number: int) -> None:
        n = 0
        while True:
            n += 1
            params = SamplingParams(max_tokens=400, seed=n)
            request = GenerateRequest(
                f"{number}-{n}", (ChatMessage("user", "count on"),), params, user=str(number), session=str(number)
            )
            async with aclosing(self._llm.stream(request)) as events:
                async for event in events:
                    self.n_tokens += event.n_tokens if isinstance(event, Delta) else 0


async def measured(model: Path, niceness: int, n_neighbours: int, seconds: float) -> list[float]:
    """As NAMES."""
    neighbours: list[psutil.Popen] = []
    with tempfile.TemporaryDirectory(prefix="maru-niceness-") as folder:
        llm = LocalLLM(LLMConfig(model_path=model, data_dir=Path(folder), niceness=niceness, ready_timeout_s=300))
        await llm.start()
        try:
            await llm.count_tokens([""])  # returns when it is ready
            replies = Replies(llm)
            while replies.n_tokens < 4 * N_REPLIES:  # noqa: ASYNC110 - until all of them are under way; nothing else tells
                await asyncio.sleep(0.05)
            neighbours = [psutil.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_neighbours)]
            began_s, n_before, cpu_s = monotonic_s(), replies.n_tokens, _cpu_s(neighbours)
            waker = await asyncio.create_subprocess_exec(
                sys.executable, "-c", WAKER, str(seconds), stdout=subprocess.PIPE
            )
            told, _ = await waker.communicate()
            took_s = monotonic_s() - began_s
            n_tokens, cpu_s = replies.n_tokens - n_before, _cpu_s(neighbours) - cpu_s
            await replies.close()
        finally:
            for neighbour in neighbours:
                neighbour.kill()
                neighbour.wait()
            await llm.stop()
    return [*map(float, told.split()), n_tokens / took_s, cpu_s / took_s]


def _cpu_s(processes: list[psutil.Popen]) -> float:
    return float(sum(process.cpu_times().user for process in processes))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--niceness", type=int, nargs="+", default=[0, 5, 10])
    parser.add_argument("--neighbours", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found: dict[int, list[list[float]]] = {niceness: [] for niceness in given.niceness}
    for number in range(given.rounds):
        for niceness in given.niceness if number % 2 == 0 else given.niceness[::-1]:
            found[niceness].append(await measured(given.model, niceness, given.neighbours, given.seconds))
    for niceness, rounds in found.items():
        medians = [round(statistics.median(figures), 2) for figures in zip(*rounds, strict=True)]
        told = {"niceness": niceness, "neighbours": given.neighbours, **dict(zip(NAMES, medians, strict=True))}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
