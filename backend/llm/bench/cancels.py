"""Asks and cancels at random moments, and looks at what stays behind: slots, KV cells, memory.

    python -m backend.llm.bench.cancels [--n 1000] [--model FILE]

Starts an engine of its own. Development only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from backend.lib.clock import monotonic_s
from backend.llm import tiny_gguf
from backend.llm.bench.figures import percentile
from backend.llm.config import LLMConfig
from backend.llm.errors import QueueFull
from backend.llm.process import LocalLLM
from backend.llm.types import ChatMessage, Delta, GenerateRequest, SamplingParams

N_AT_ONCE = 12
WORDS = ["안녕", "마루", "오늘", "이야기", "하나", "둘", "셋", "넷"]


@dataclass(slots=True)
class Outcome:
    n_cancelled: int = 0
    n_finished: int = 0
    n_refused: int = 0
    free_ms_p50: float | None = None  # from the last cancel of a handful to no slot in use
    free_ms_max: float | None = None
    rss_mib_first: float | None = None  # after a tenth, when all buffers have been touched
    rss_mib_last: float | None = None


async def cancel_at_random(llm: LocalLLM, n: int, seed: int) -> Outcome:
    """In handfuls of N_AT_ONCE; after each the engine must be at rest again."""
    choice, outcome, freed_ms = random.Random(seed), Outcome(), list[float]()
    for first in range(0, n, N_AT_ONCE):
        numbers = range(first, min(first + N_AT_ONCE, n))
        await asyncio.gather(*(_ask(llm, number, choice, outcome) for number in numbers))
        began_s = monotonic_s()
        while (stats := await llm.stats()).n_slots_used or stats.n_queued:  # noqa: ASYNC110 - another process's state has no event
            await asyncio.sleep(0.002)
        freed_ms.append((monotonic_s() - began_s) * 1000)
        rss_mib = round((stats.rss_bytes or 0) / 1024**2, 1)
        if first <= n // 10:
            outcome.rss_mib_first = rss_mib
        outcome.rss_mib_last = rss_mib
    outcome.free_ms_p50, outcome.free_ms_max = percentile(freed_ms, 50), percentile(freed_ms, 100)
    return outcome


async def _ask(llm: LocalLLM, number: int, choice: random.Random, outcome: Outcome) -> None:
    """Cancelled in the queue, while its prompt is read, or after some tokens; some come to their end."""
    text = " ".join(choice.choices(WORDS, k=choice.choice((3, 40, 200))))
    after_s, n_tokens = choice.random() * 0.05, choice.choice((0, 0, 1, 5, 30))
    params = SamplingParams(max_tokens=20, seed=number)
    request = GenerateRequest(f"cancel-{number}", (ChatMessage("user", text),), params, user=str(number % 7))
    n_heard = 0
    try:
        async with asyncio.timeout(after_s if n_tokens == 0 else None), aclosing(llm.stream(request)) as stream:
            async for event in stream:
                n_heard += isinstance(event, Delta)
                if n_tokens and n_heard >= n_tokens:
                    outcome.n_cancelled += 1
                    return
    except TimeoutError:
        outcome.n_cancelled += 1
        return
    except QueueFull:
        outcome.n_refused += 1
        return
    outcome.n_finished += 1


async def _main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="maru-cancels-") as folder:
        model = arguments.model or tiny_gguf.build(Path(folder) / "endless.gguf", "endless")
        # A small store of saved conversations: it is full after a tenth of the run, so that what grows later is a leak.
        llm = LocalLLM(LLMConfig(model_path=model, data_dir=Path(folder), n_slots=4, n_parked=4, max_saved_mib=16))
        await llm.start()
        try:
            outcome = await cancel_at_random(llm, arguments.n, seed=1)
        finally:
            await llm.stop()
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m backend.llm.bench.cancels")
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--model", type=Path)
    asyncio.run(_main(parser.parse_args()))
