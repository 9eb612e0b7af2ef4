"""Maru's engine as the chat uses it: a process of its own, asked over its socket by LocalLLM."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from backend.llm.bench.engines import MIN_P, TOP_K, TOP_P, Job, Piece, Setup
from backend.llm.config import LLMConfig
from backend.llm.process import LocalLLM
from backend.llm.types import Delta, Finished, GenerateRequest, SamplingParams


class MaruEngine:
    def __init__(self, setup: Setup, name: str = "maru") -> None:
        self.name = name
        self._folder = Path(tempfile.mkdtemp(prefix="maru-bench-"))
        defaults = LLMConfig()
        self._llm = LocalLLM(
            LLMConfig(
                model_path=setup.model,
                data_dir=self._folder,
                chat_template="chatml",
                n_ctx=setup.n_ctx,
                n_slots=setup.n_slots,
                n_parked=defaults.n_parked if setup.parks else 0,
                n_threads=setup.n_threads,
                target_itl_ms=setup.target_itl_ms,
                n_draft=defaults.n_draft if setup.guesses else 0,
                max_queued=256,
                ready_timeout_s=300,
            )
        )
        self._n_asked = 0

    async def start(self) -> None:
        await self._llm.start()
        await self._llm.count_tokens([""])  # returns when it is ready

    async def stop(self) -> None:
        await self._llm.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def stream(self, job: Job) -> AsyncGenerator[Piece]:
        self._n_asked += 1
        params = SamplingParams(
            temperature=job.temperature, top_k=TOP_K, top_p=TOP_P, min_p=MIN_P, max_tokens=job.n_out, seed=self._n_asked
        )
        request = GenerateRequest(f"bench-{self._n_asked}", job.messages, params, user=job.user)
        n_told = 0
        async with aclosing(self._llm.stream(request)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    n_told += event.n_tokens
                    yield Piece(event.text, event.n_tokens)
                elif isinstance(event, Finished) and event.completion_tokens > n_told:
                    yield Piece("", event.completion_tokens - n_told)
