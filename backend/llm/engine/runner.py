"""Owns the model and its context. With samplers.py the only importer of llama_cpp; does what the
scheduler decided and decides nothing.

All methods that touch the context belong to the engine's thread. `tokenize` and `piece` only read the vocabulary and may
be called from any thread. ctypes lets go of the GIL during a call, so the socket lives on while the model computes.
"""

from __future__ import annotations

import ctypes
import logging
from collections import deque
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import llama_cpp.llama_cpp as llama

from backend.llm.engine.config import EngineConfig, n_physical_cores
from backend.llm.engine.constrained import DEAD_END, can_follow
from backend.llm.engine.memory import lack_of_memory, n_cells_affordable, n_tokens_saved_affordable
from backend.llm.engine.samplers import Samplers, logprob_of
from backend.llm.engine.sampling import SamplerPlan
from backend.llm.engine.scheduler import Step
from backend.llm.engine.sequence import Key
from backend.llm.engine.slots import Placement
from backend.llm.types import TokenLogprob

log = logging.getLogger(__name__)

ATTR_UNKNOWN, ATTR_CONTROL, ATTR_RSTRIP = 1 << 0, 1 << 3, 1 << 8
VOCAB_SPM = 1


class LoadError(Exception):
    """The model cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class SpecialToken:
    id: int
    text: str
    strips_right: bool


_log_lines: deque[str] = deque(maxlen=20)


def _on_log(level: int, text: bytes, _: Any) -> None:
    # 3 is a warning, 4 an error, 5 goes on with the line before.
    line = text.decode("utf-8", "replace").strip()
    if level == 4 and line:
        _log_lines.append(line)
        log.error("llama.cpp: %s", line)


# ctypes keeps no reference of its own to a callback that C holds.
_log_callback = llama.llama_log_callback(_on_log)


class LlamaRunner:
    def __init__(self, config: EngineConfig) -> None:
        """Load model and context. Raises LoadError."""
        llama.llama_log_set(_log_callback, None)
        llama.llama_backend_init()
        self._rows: dict[Key, int] = {}  # of the step that was sampled last
        self._pieces: dict[int, bytes] = {}
        self._states: dict[int, bytes] = {}
        self._model = self._load_model(config)
        self._vocab = llama.llama_model_get_vocab(self._model)
        n_train = llama.llama_model_n_ctx_train(self._model) or config.n_ctx
        self.n_ctx = min(config.n_ctx, n_train)
        is_recurrent = llama.llama_model_is_recurrent(self._model) or llama.llama_model_is_hybrid(self._model)
        self.can_share = not is_recurrent
        self.n_slots = config.n_slots + (config.n_parked if self.can_share else 0)
        self.n_cells = n_cells_affordable(self._kv_bytes_per_token(), self.n_ctx, config.n_slots)
        if not self.can_share:
            self.n_ctx = min(self.n_ctx, self.n_cells // self.n_slots)  # each slot has its own part of the cells
        if config.n_gpu_layers == 0:
            # The weights are mapped already, but few of their pages are in memory yet.
            kv_bytes = self._kv_bytes_per_token() * self.n_ctx
            if lack := lack_of_memory(int(llama.llama_model_size(self._model)), kv_bytes):
                raise LoadError(lack)
        self.n_saved_tokens = n_tokens_saved_affordable(self._kv_bytes_per_token())
        self._context = self._open_context(config)
        self._memory = llama.llama_get_memory(self._context)
        self._n_batch = config.n_batch
        self._batch = llama.llama_batch_init(config.n_batch, 0, 1)
        self.n_vocab = llama.llama_vocab_n_tokens(self._vocab)
        self.specials = self._special_tokens()
        hidden = [special.id for special in self.specials if not self.is_end(special.id)]
        self._samplers = Samplers(self._vocab, self.n_vocab, hidden)

    def close(self) -> None:
        self._samplers.close_all()
        llama.llama_batch_free(self._batch)
        llama.llama_free(self._context)
        llama.llama_model_free(self._model)

    # --- the model's own figures -----------------------------------------------------------------------------------

    @property
    def n_params(self) -> int:
        return int(llama.llama_model_n_params(self._model))

    @property
    def description(self) -> str:
        buffer = ctypes.create_string_buffer(256)
        llama.llama_model_desc(self._model, buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace")

    def meta(self, key: str) -> str | None:
        """A text of the GGUF header."""
        n_bytes = llama.llama_model_meta_val_str(self._model, key.encode(), None, 0)
        if n_bytes < 0:
            return None
        buffer = ctypes.create_string_buffer(n_bytes + 1)
        llama.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace")

    @property
    def bos(self) -> int:
        return int(llama.llama_vocab_bos(self._vocab))

    @property
    def eos(self) -> int:
        return int(llama.llama_vocab_eos(self._vocab))

    @property
    def adds_bos(self) -> bool:
        return bool(llama.llama_vocab_get_add_bos(self._vocab))

    @property
    def has_space_prefix(self) -> bool:
        """Pieces of this vocabulary carry a space before the first word (SentencePiece)."""
        return int(llama.llama_vocab_type(self._vocab)) == VOCAB_SPM

    # --- vocabulary: any thread ------------------------------------------------------------------------------------

    def tokenize(self, text: str) -> list[int]:
        """Plain text: what looks like a special token stays text. Lone surrogates become U+FFFD."""
        encoded = text.encode("utf-8", "replace")
        n_most = len(encoded) + 8
        tokens = (llama.llama_token * n_most)()
        n = llama.llama_tokenize(self._vocab, encoded, len(encoded), tokens, n_most, False, False)
        if n < 0:
            tokens = (llama.llama_token * -n)()
            n = llama.llama_tokenize(self._vocab, encoded, len(encoded), tokens, -n, False, False)
        return list(tokens[:n])

    def piece(self, token: int) -> bytes:
        """Bytes of a token; none for a special one."""
        known = self._pieces.get(token)
        if known is not None:
            return known
        buffer = ctypes.create_string_buffer(64)
        n = llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        if n < 0:
            buffer = ctypes.create_string_buffer(-n)
            n = llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        self._pieces[token] = buffer.raw[:n]
        return self._pieces[token]

    def is_end(self, token: int) -> bool:
        return token == DEAD_END or bool(llama.llama_vocab_is_eog(self._vocab, token))

    def can_follow(self, grammar: str) -> bool:
        """Whether llama.cpp itself reads the grammar, which was checked before."""
        return can_follow(grammar, self._vocab)

    def text_of(self, token: int) -> str:
        text = llama.llama_vocab_get_text(self._vocab, token) if token >= 0 else b""
        return str(text.decode("utf-8", "replace")) if text else ""

    # --- context: the engine's thread --------------------------------------------------------------------------------

    def place(self, placement: Placement) -> int:
        slot, n_kept = placement.slot, placement.n_kept
        if placement.save_as is not None:
            self._states[placement.save_as] = self._save(slot)
        for state in placement.forget:
            self._states.pop(state, None)
        if placement.restore is not None and not self._restore(slot, self._states.get(placement.restore, b"")):
            self.drop(slot)
            return 0
        if placement.copy_from is not None:
            self.drop(slot)
            llama.llama_memory_seq_cp(self._memory, placement.copy_from, slot, 0, n_kept)
            return n_kept
        if llama.llama_memory_seq_rm(self._memory, slot, n_kept, -1):
            return n_kept
        self.drop(slot)
        return 0

    def _save(self, slot: int) -> bytes:
        """A slot's KV as bytes; none when llama.cpp cannot give it."""
        n_bytes = llama.llama_state_seq_get_size(self._context, slot)
        buffer = (ctypes.c_uint8 * n_bytes)()
        n_written = llama.llama_state_seq_get_data(self._context, buffer, n_bytes, slot)
        return bytes(buffer[:n_written]) if n_written < n_bytes else bytes(buffer)

    def _restore(self, slot: int, state: bytes) -> bool:
        self.drop(slot)
        if not state:
            return False
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        return bool(llama.llama_state_seq_set_data(self._context, buffer, len(state), slot))

    def drop(self, slot: int) -> None:
        llama.llama_memory_seq_rm(self._memory, slot, -1, -1)

    def decode(self, step: Step) -> int:
        batch, at = self._batch, 0
        for chunk in step.chunks:
            slot = chunk.sequence.slot
            for offset, token in enumerate(chunk.tokens):
                batch.token[at] = token
                batch.pos[at] = chunk.start + offset
                batch.n_seq_id[at] = 1
                batch.seq_id[at][0] = slot
                batch.logits[at] = 0
                at += 1
            batch.logits[at - 1] = chunk.samples
        batch.n_tokens = at
        return int(llama.llama_decode(self._context, batch))

    def sample(self, step: Step) -> dict[Key, int]:
        sampled, at = {}, 0
        self._rows.clear()
        for chunk in step.chunks:
            at += chunk.n
            if chunk.samples:
                key = chunk.sequence.key
                self._rows[key] = at - 1
                sampled[key] = self._samplers.sample(key, self._context, at - 1)
        return sampled

    def open_sampler(self, key: Key, plan: SamplerPlan, prompt_tail: Seq[int]) -> None:
        self._samplers.open(key, plan, prompt_tail)

    def close_sampler(self, key: Key) -> None:
        self._samplers.close(key)

    def logprobs(self, key: Key, token: int, n_top: int) -> TokenLogprob:
        logits = llama.llama_get_logits_ith(self._context, self._rows[key])
        return logprob_of(logits, self.n_vocab, token, n_top, self._shown)

    def _shown(self, token: int) -> str:
        """A token as text: parts of code points, and specials, show as what they are."""
        return self.piece(token).decode("utf-8", "replace") or self.text_of(token)

    # --- loading ---------------------------------------------------------------------------------------------------

    def _load_model(self, config: EngineConfig) -> Any:
        params = llama.llama_model_default_params()
        params.n_gpu_layers = config.n_gpu_layers
        model = llama.llama_model_load_from_file(config.model.encode(), params)
        if not model:
            raise LoadError(_log_lines[-1] if _log_lines else "llama.cpp could not load the file")
        return model

    def _open_context(self, config: EngineConfig) -> Any:
        params = llama.llama_context_default_params()
        n_threads = config.n_threads or n_physical_cores()
        params.n_ctx = self.n_cells
        params.n_seq_max = self.n_slots
        params.n_batch = params.n_ubatch = config.n_batch
        params.n_threads = params.n_threads_batch = n_threads
        # One pool of cells: a prefix is shared without being copied, and a long conversation may use what others leave.
        params.kv_unified = self.can_share
        params.swa_full = True
        params.no_perf = True
        context = llama.llama_init_from_model(self._model, params)
        if not context:
            llama.llama_model_free(self._model)
            raise LoadError(_log_lines[-1] if _log_lines else "llama.cpp could not make a context for the model")
        return context

    def _kv_bytes_per_token(self) -> int:
        n_layer = llama.llama_model_n_layer(self._model)
        n_head, n_head_kv = llama.llama_model_n_head(self._model), llama.llama_model_n_head_kv(self._model)
        width = llama.llama_model_n_embd(self._model) // max(1, n_head) * n_head_kv
        return max(1, int(n_layer * width * 2 * 2))

    def _special_tokens(self) -> list[SpecialToken]:
        found = []
        for token in range(self.n_vocab):
            attributes = llama.llama_vocab_get_attr(self._vocab, token)
            if attributes & (ATTR_CONTROL | ATTR_UNKNOWN) and (text := self.text_of(token)):
                found.append(SpecialToken(token, text, bool(attributes & ATTR_RSTRIP)))
        return found
