"""The limit: a bare loop over llama_decode, without queue, fairness, stop strings, detokenizer, process or socket.

It mixes decode and a chunk of prompt in one batch and keeps the prefix of a slot. One thread owns the context. Imports
llama_cpp (see the import contract): what it measures is llama.cpp itself.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import llama_cpp.llama_cpp as llama

from backend.llm.bench.engines import MIN_P, TOP_K, TOP_P, Job, Piece, Setup, chatml
from backend.llm.bench.threads import Channel

N_BATCH = 256
CHUNK_BESIDE_OTHERS = 96

# ctypes keeps no reference of its own to a callback that C holds.
_silence = llama.llama_log_callback(lambda level, text, _: None)


@dataclass(eq=False, slots=True)
class _Running:
    tokens: list[int]
    n_out: int
    channel: Channel
    temperature: float
    n_done: int = 0  # tokens that lie in the KV cache
    n_said: int = 0
    slot: int = -1
    sampler: Any = None


@dataclass(slots=True)
class _State:
    waiting: deque[_Running] = field(default_factory=deque)
    running: list[_Running] = field(default_factory=list)
    is_stopping: bool = False


class LoopEngine:
    name = "loop"

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._state = _State()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="raw loop", daemon=True)

    async def start(self) -> None:
        llama.llama_log_set(_silence, None)
        llama.llama_backend_init()
        self._model = llama.llama_model_load_from_file(
            str(self._setup.model).encode(), llama.llama_model_default_params()
        )
        params = llama.llama_context_default_params()
        params.n_ctx = self._setup.n_ctx * self._setup.n_slots
        params.n_seq_max = self._setup.n_slots
        params.n_batch = params.n_ubatch = N_BATCH
        params.n_threads = params.n_threads_batch = self._setup.n_threads
        params.kv_unified, params.no_perf = True, True
        self._context = llama.llama_init_from_model(self._model, params)
        if not self._context:
            raise RuntimeError(f"llama.cpp could not open {self._setup.model}")
        self._memory = llama.llama_get_memory(self._context)
        self._vocab = llama.llama_model_get_vocab(self._model)
        self._batch = llama.llama_batch_init(N_BATCH, 0, 1)
        self._held: list[list[int]] = [[] for _ in range(self._setup.n_slots)]
        self._thread.start()

    async def stop(self) -> None:
        with self._changed:
            self._state.is_stopping = True
            self._changed.notify()
        self._thread.join()
        llama.llama_batch_free(self._batch)
        llama.llama_free(self._context)
        llama.llama_model_free(self._model)

    async def stream(self, job: Job) -> AsyncGenerator[Piece]:
        channel = Channel()
        running = _Running(self._tokenize(chatml(job)), job.n_out, channel, job.temperature)
        with self._changed:
            self._state.waiting.append(running)
            self._changed.notify()
        async for piece in channel.pieces():
            yield piece

    # --- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._state.is_stopping or self._state.waiting or self._state.running):
                    self._changed.wait()
                if self._state.is_stopping:
                    return
                while self._state.waiting and len(self._state.running) < self._setup.n_slots:
                    self._admit(self._state.waiting.popleft())
            self._step()

    def _admit(self, one: _Running) -> None:
        """Into the free slot that shares the longest beginning with it."""
        free = set(range(self._setup.n_slots)) - {other.slot for other in self._state.running}
        one.slot = max(free, key=lambda slot: _n_common(self._held[slot], one.tokens))
        one.n_done = min(_n_common(self._held[one.slot], one.tokens), len(one.tokens) - 1)
        llama.llama_memory_seq_rm(self._memory, one.slot, one.n_done, -1)
        one.sampler = self._make_sampler(one.temperature)
        self._state.running.append(one)

    def _step(self) -> None:
        running = self._state.running
        decoding = [one for one in running if one.n_said]
        left = min(N_BATCH, len(decoding) + CHUNK_BESIDE_OTHERS) if decoding else N_BATCH
        at, sampled = 0, []
        for one in [*decoding, *(other for other in running if not other.n_said)]:
            n = min(len(one.tokens) - one.n_done, left)
            for token in one.tokens[one.n_done : one.n_done + n]:
                self._put(at, token, one)
                at, left = at + 1, left - 1
            if n and one.n_done == len(one.tokens):
                self._batch.logits[at - 1] = 1
                sampled.append((one, at - 1))
        self._batch.n_tokens = at
        if llama.llama_decode(self._context, self._batch):
            raise RuntimeError("llama_decode failed")
        for one, row in sampled:
            self._take(one, int(llama.llama_sampler_sample(one.sampler, self._context, row)))

    def _put(self, at: int, token: int, one: _Running) -> None:
        batch = self._batch
        batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, one.n_done, 1
        batch.seq_id[at][0], batch.logits[at] = one.slot, 0
        one.n_done += 1

    def _take(self, one: _Running, token: int) -> None:
        one.tokens.append(token)
        one.n_said += 1
        is_end = bool(llama.llama_vocab_is_eog(self._vocab, token))
        one.channel.put(Piece("" if is_end else self._piece(token)))
        if is_end or one.n_said >= one.n_out or one.channel.is_closed:
            self._held[one.slot] = one.tokens[: one.n_done]
            llama.llama_sampler_free(one.sampler)
            self._state.running.remove(one)
            one.channel.end()

    def _make_sampler(self, temperature: float) -> Any:
        chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        for sampler in (
            llama.llama_sampler_init_top_k(TOP_K),
            llama.llama_sampler_init_top_p(TOP_P, 1),
            llama.llama_sampler_init_min_p(MIN_P, 1),
            llama.llama_sampler_init_temp(temperature),
            llama.llama_sampler_init_dist(1),
        ):
            llama.llama_sampler_chain_add(chain, sampler)
        return chain

    def _tokenize(self, text: str) -> list[int]:
        encoded = text.encode()
        tokens = (llama.llama_token * (len(encoded) + 8))()
        n = llama.llama_tokenize(self._vocab, encoded, len(encoded), tokens, len(tokens), True, True)
        return list(tokens[:n])

    def _piece(self, token: int) -> str:
        buffer = ctypes.create_string_buffer(256)
        n = llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, n)].decode("utf-8", "ignore")


def _n_common(left: list[int], right: list[int]) -> int:
    n = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        n += 1
    return n
