"""Makes vectors with an embedding model: pooling as its header says, length 1. One of the few importers of llama_cpp.

The context belongs to the engine's thread, which runs `EmbeddingEngine.run`; others put work in by `submit`. Texts of several
requests do not share a batch: each request's texts fill as few batches as they can.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np

from backend.llm.engine.config import EngineConfig, n_physical_cores
from backend.llm.engine.loading import LoadError, load_model, open_context, start_llama
from backend.llm.engine.measure import Latencies, on_the_wire
from backend.llm.engine.requests import Refusal

log = logging.getLogger(__name__)

N_SEQUENCES = 64  # texts of one batch
MIN_BATCH = 512
IDLE_WAIT_S = 1.0
Answer = Callable[["Vectors | None"], None]


@dataclass(frozen=True, slots=True)
class Vectors:
    """Little-endian float32 each."""

    vectors: list[bytes]
    n_tokens: int


@dataclass(slots=True)
class _Work:
    connection: int
    texts: list[list[int]]
    answer: Answer
    arrived_s: float


class Embedder:
    """Model and context. `n_ctx`: tokens of the longest text."""

    def __init__(self, config: EngineConfig) -> None:
        """Raises LoadError."""
        start_llama()
        self._model = load_model(config.model, config.n_gpu_layers)
        self._vocab = llama.llama_model_get_vocab(self._model)
        self.n_ctx = min(config.n_ctx, int(llama.llama_model_n_ctx_train(self._model)) or config.n_ctx)
        self.n_batch = max(MIN_BATCH, self.n_ctx)
        self.n_embd = int(llama.llama_model_n_embd_out(self._model))
        self._context = open_context(self._model, self._params(config))
        self.pooling = int(llama.llama_pooling_type(self._context))
        if self.pooling not in (
            llama.LLAMA_POOLING_TYPE_MEAN,
            llama.LLAMA_POOLING_TYPE_CLS,
            llama.LLAMA_POOLING_TYPE_LAST,
        ):
            raise LoadError("its header does not say how a text becomes one vector")
        self._is_encoder = bool(llama.llama_model_has_encoder(self._model))
        self._batch = llama.llama_batch_init(self.n_batch, 0, 1)

    def _params(self, config: EngineConfig) -> Any:
        params = llama.llama_context_default_params()
        # An encoder sees a text whole: the physical batch has to hold the longest.
        params.n_ctx = params.n_batch = params.n_ubatch = self.n_batch
        params.n_seq_max = N_SEQUENCES
        # Half the cores: a model of texts, which has all of them, runs beside.
        params.n_threads = params.n_threads_batch = config.n_threads or max(1, n_physical_cores() // 2)
        params.embeddings = True
        params.kv_unified = True
        params.no_perf = True
        return params

    def close(self) -> None:
        llama.llama_batch_free(self._batch)
        llama.llama_free(self._context)
        llama.llama_model_free(self._model)

    @property
    def n_params(self) -> int:
        return int(llama.llama_model_n_params(self._model))

    def tokenize(self, text: str) -> list[int]:
        """With the tokens that this model puts around a text; what looks like one inside it stays text. Any thread."""
        encoded = text.encode("utf-8", "replace")
        n_most = len(encoded) + 8
        tokens = (llama.llama_token * n_most)()
        n = llama.llama_tokenize(self._vocab, encoded, len(encoded), tokens, n_most, True, False)
        return list(tokens[: max(0, n)]) or [max(0, int(llama.llama_vocab_bos(self._vocab)))]

    def embed(self, texts: list[list[int]]) -> list[bytes]:
        """One batch: at most N_SEQUENCES texts of together at most `n_batch` tokens. Raises RuntimeError."""
        batch, at = self._batch, 0
        for sequence, tokens in enumerate(texts):
            for position, token in enumerate(tokens):
                batch.token[at], batch.pos[at], batch.logits[at] = token, position, 1
                batch.n_seq_id[at], batch.seq_id[at][0] = 1, sequence
                at += 1
        batch.n_tokens = at
        memory = llama.llama_get_memory(self._context)
        if memory:
            llama.llama_memory_clear(memory, True)
        run = llama.llama_encode if self._is_encoder else llama.llama_decode
        if (result := run(self._context, batch)) != 0:
            raise RuntimeError(f"the batch of {at} tokens could not be computed ({result})")
        return [self._vector(sequence) for sequence in range(len(texts))]

    def _vector(self, sequence: int) -> bytes:
        raw = llama.llama_get_embeddings_seq(self._context, sequence)
        values = np.ctypeslib.as_array(raw, shape=(self.n_embd,)).astype(np.float32)
        length = float(np.linalg.norm(values))
        return bytes((values / length if length > 0 else values).tobytes())


class EmbeddingEngine:
    """The loop of an engine that makes vectors. `abort_connection`, `ask_stats` and `stop` may be called from any thread,
    `submit` from one: the loop of the socket."""

    def __init__(self, embedder: Embedder, beat: Callable[[str], None]) -> None:
        self._embedder, self._beat = embedder, beat
        self._inbox: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._gone: set[int] = set()
        # Written by those who submit; the others by the engine's thread: no count has two writers.
        self._n_submitted = 0
        self._n_taken = self._n_requests = self._n_failed = self._n_tokens = 0
        self._latencies = Latencies()

    def submit(self, connection: int, texts: list[list[int]], answer: Answer) -> None:
        """`answer` is called in the engine's thread: with None when it could not be computed."""
        self._n_submitted += 1
        work = _Work(connection, texts, answer, time.monotonic())
        self._inbox.put(lambda: self._do(work))

    def abort_connection(self, connection: int) -> None:
        self._gone.add(connection)

    def ask_stats(self, answer: Callable[[dict[str, Any]], None]) -> None:
        self._inbox.put(lambda: answer(self._stats()))

    def stop(self) -> None:
        self._inbox.put(None)

    def run(self) -> None:
        """Until `stop`."""
        while True:
            self._beat("idle")
            try:
                command = self._inbox.get(timeout=IDLE_WAIT_S)
            except Empty:
                continue
            if command is None:
                return
            command()

    def _do(self, work: _Work) -> None:
        self._n_taken += 1
        if work.connection in self._gone:
            return
        self._n_requests += 1
        began_s = time.monotonic()
        self._latencies.queue.add((began_s - work.arrived_s) * 1000)
        vectors: list[bytes] = []
        try:
            for group in batches(work.texts, self._embedder.n_batch, N_SEQUENCES):
                self._beat("prefill")
                vectors += self._embedder.embed(group)
        except RuntimeError as error:
            log.error("%s", error)
            self._n_failed += 1
            work.answer(None)
            return
        n_tokens = sum(map(len, work.texts))
        self._n_tokens += n_tokens
        self._latencies.ttft.add((time.monotonic() - began_s) * 1000)
        work.answer(Vectors(vectors, n_tokens))

    def _stats(self) -> dict[str, Any]:
        return {
            "n_queued": self._n_submitted - self._n_taken,
            "requests_total": self._n_requests,
            "requests_failed_total": self._n_failed,
            "prompt_tokens_total": self._n_tokens,
            **on_the_wire(self._latencies.stats()),
        }


def batches(texts: list[list[int]], n_tokens_max: int, n_texts_max: int) -> list[list[list[int]]]:
    """In order, each as full as it can be."""
    groups: list[list[list[int]]] = []
    n_tokens = 0
    for text in texts:
        if not groups or len(groups[-1]) == n_texts_max or n_tokens + len(text) > n_tokens_max:
            groups.append([])
            n_tokens = 0
        groups[-1].append(text)
        n_tokens += len(text)
    return groups


def texts_to_embed(texts: Any, embedder: Embedder) -> list[list[int]]:
    """Tokens of each text. Any thread. Raises Refusal: bad_parameters, context_length_exceeded."""
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise Refusal("bad_parameters", param="input", reason="must be a list of texts that is not empty")
    tokens = [embedder.tokenize(text) for text in texts]
    longest = max(map(len, tokens))
    if longest > embedder.n_ctx:
        raise Refusal("context_length_exceeded", n_tokens=longest, n_ctx=embedder.n_ctx)
    return tokens
