"""What a first version would do: `llama_cpp.Llama` behind a lock, one answer after the other. Imports llama_cpp."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator

from llama_cpp import Llama

from backend.llm.bench.engines import MIN_P, TOP_K, TOP_P, Job, Piece, Setup, chatml
from backend.llm.bench.threads import Channel


class PackagedEngine:
    name = "packaged"

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._lock = threading.Lock()

    async def start(self) -> None:
        self._llama = Llama(
            str(self._setup.model),
            n_ctx=self._setup.n_ctx,
            n_threads=self._setup.n_threads,
            n_threads_batch=self._setup.n_threads,
            verbose=False,
        )

    async def stop(self) -> None:
        with self._lock:
            self._llama.close()

    async def stream(self, job: Job) -> AsyncGenerator[Piece]:
        channel = Channel()
        threading.Thread(target=channel.run, args=(lambda: self._answer(job, channel),), daemon=True).start()
        async for piece in channel.pieces():
            yield piece

    def _answer(self, job: Job, channel: Channel) -> None:
        with self._lock:
            tokens = self._llama.tokenize(chatml(job).encode(), add_bos=False, special=True)
            written: list[int] = []
            for token in self._llama.generate(tokens, top_k=TOP_K, top_p=TOP_P, min_p=MIN_P, temp=job.temperature):
                written.append(token)
                channel.put(Piece(self._llama.detokenize([token]).decode("utf-8", "ignore")))
                is_end = token == self._llama.token_eos()
                if is_end or len(written) >= job.n_out or channel.is_closed:
                    return
