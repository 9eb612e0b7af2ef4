"""Owns the model and its context, opened by loading.py. One of the few importers of llama_cpp; does what the scheduler
decided and decides nothing.

All methods that touch the context belong to the engine's thread. `tokenize` and `piece` only read the vocabulary and may
be called from any thread. ctypes lets go of the GIL during a call, so the socket lives on while the model computes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import llama_cpp.llama_cpp as llama

from backend.llm.engine.config import EngineConfig
from backend.llm.engine.constrained import DEAD_END, can_follow
from backend.llm.engine.loading import open_chat_model
from backend.llm.engine.runner_protocol import OK, Placed
from backend.llm.engine.samplers import Samplers, logprob_of
from backend.llm.engine.sampling import SamplerPlan
from backend.llm.engine.sequence import Key
from backend.llm.engine.slots import Placement
from backend.llm.engine.step import Chunk, Step
from backend.llm.engine.vision import Projector, RowsBatch
from backend.llm.output.families import MARKERS
from backend.llm.types import TokenLogprob

ATTR_UNKNOWN, ATTR_CONTROL, ATTR_RSTRIP = 1 << 0, 1 << 3, 1 << 8
VOCAB_SPM = 1


@dataclass(frozen=True, slots=True)
class SpecialToken:
    id: int
    text: str
    strips_right: bool


class LlamaRunner:
    def __init__(self, config: EngineConfig) -> None:
        """Load model and context. Raises LoadError."""
        opened = self._opened = open_chat_model(config)
        self._rows: dict[Key, int] = {}  # of the step that was sampled last
        self._pieces: dict[int, bytes] = {}
        self._states: dict[int, Any] = {}  # arrays of bytes
        self._model, self._context = opened.model, opened.context
        self._vocab = llama.llama_model_get_vocab(self._model)
        self.n_ctx, self.n_slots, self.n_cells = opened.n_ctx, opened.n_slots, opened.n_cells
        self.can_share = opened.can_share
        self.kv_bytes_per_token = opened.kv_bytes_per_token
        self._memory = llama.llama_get_memory(self._context)
        self._n_batch = config.n_batch
        self._batch = llama.llama_batch_init(config.n_batch, 0, 1)
        self._image_batch: RowsBatch | None = None  # made for the first image
        self.n_vocab = llama.llama_vocab_n_tokens(self._vocab)
        self.specials = self._special_tokens()
        # Tokens that stand for the tags of calls and thoughts are text: the answer is taken apart by them.
        shown = {special.id: special.text.encode() for special in self.specials if special.text in MARKERS}
        self._pieces.update(shown)
        hidden = [special.id for special in self.specials if special.id not in shown and not self.is_end(special.id)]
        self._samplers = Samplers(self._vocab, self.n_vocab, hidden)

    def close(self) -> None:
        self._samplers.close_all()
        llama.llama_batch_free(self._batch)
        if self._image_batch is not None:
            self._image_batch.close()
        self._opened.close()

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

    def open_projector(self, config: EngineConfig) -> Projector:
        """Raises LoadError, UnsoundFile, OSError."""
        return Projector(config, self._model, uses_gpu=self._opened.n_gpu_layers > 0)

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

    def vocabulary_digest(self) -> str:
        """The same for two models when each token is the same text in both."""
        digest = sha256()
        for token in range(self.n_vocab):
            digest.update(llama.llama_vocab_get_text(self._vocab, token) + b"\0")
        return digest.hexdigest()

    def is_end(self, token: int) -> bool:
        return token == DEAD_END or bool(llama.llama_vocab_is_eog(self._vocab, token))

    def can_follow(self, grammar: str) -> bool:
        """Whether llama.cpp itself reads the grammar, which was checked before."""
        return can_follow(grammar, self._vocab)

    def text_of(self, token: int) -> str:
        text = llama.llama_vocab_get_text(self._vocab, token) if token >= 0 else b""
        return str(text.decode("utf-8", "replace")) if text else ""

    # --- context: the engine's thread --------------------------------------------------------------------------------

    def place(self, placement: Placement) -> Placed:
        self.forget(placement.forget)  # first: what is given back may be needed for what is saved
        saved = placement.slot if placement.move is None else placement.move
        saved_bytes = 0 if placement.save_as is None else self._save(saved, placement.save_as)
        is_source = placement.move is not None and placement.move == placement.copy_from
        if placement.move is not None and not is_source:
            self.drop(placement.move)  # before: a state that comes back may need its cells
        n_kept = self._prepare(placement)
        if placement.move is not None and is_source:
            self.drop(placement.move)
        return Placed(n_kept, saved_bytes)

    def forget(self, states: Seq[int]) -> None:
        for state in states:
            self._states.pop(state, None)

    def _prepare(self, placement: Placement) -> int:
        """How many tokens the slot holds now."""
        slot, n_kept = placement.slot, placement.n_kept
        end = placement.sequence.position(n_kept)
        if placement.restore is not None and not self._restore(slot, placement.restore):
            self.drop(slot)
            return 0
        if placement.copy_from is not None:
            self.drop(slot)
            llama.llama_memory_seq_cp(self._memory, placement.copy_from, slot, 0, end)
            return n_kept
        if llama.llama_memory_seq_rm(self._memory, slot, end, -1):
            return n_kept
        self.drop(slot)
        return 0

    def _save(self, slot: int, state: int) -> int:
        """Keep a slot's KV; how many bytes that takes, 0 when llama.cpp cannot give it."""
        n_bytes = int(llama.llama_state_seq_get_size(self._context, slot))
        buffer = (ctypes.c_uint8 * n_bytes)()
        if not n_bytes or llama.llama_state_seq_get_data(self._context, buffer, n_bytes, slot) != n_bytes:
            return 0
        self._states[state] = buffer
        return n_bytes

    def _restore(self, slot: int, state: int) -> bool:
        self.drop(slot)
        buffer = self._states.get(state)
        if buffer is None:
            return False
        return bool(llama.llama_state_seq_set_data(self._context, buffer, len(buffer), slot))

    def drop(self, slot: int) -> None:
        llama.llama_memory_seq_rm(self._memory, slot, -1, -1)

    def decode(self, step: Step) -> int:
        images = [chunk for chunk in step.chunks if chunk.image is not None]
        result = OK
        for chunk in images:  # first: the logits that are sampled are those of the last call
            result = result or self._decode_image(chunk)
        if len(images) < len(step.chunks):
            result = result or self._decode_tokens(step)
        if result != OK:
            for chunk in images:  # the step did not come to its end: nothing of it may stay
                first = chunk.sequence.position(chunk.undone_to)
                llama.llama_memory_seq_rm(self._memory, chunk.sequence.slot, first, -1)
        return result

    def _decode_image(self, chunk: Chunk) -> int:
        if self._image_batch is None:
            self._image_batch = RowsBatch(self._n_batch, int(llama.llama_model_n_embd_inp(self._model)))
        return self._image_batch.decode(self._context, chunk)

    def _decode_tokens(self, step: Step) -> int:
        batch, at = self._batch, 0
        for chunk in step.chunks:
            if chunk.image is not None:
                continue
            slot, first = chunk.sequence.slot, chunk.sequence.position(chunk.start)
            for offset, token in enumerate(chunk.tokens):
                batch.token[at] = token
                batch.pos[at] = first + offset
                batch.n_seq_id[at] = 1
                batch.seq_id[at][0] = slot
                batch.logits[at] = 0
                at += 1
            for row in range(at - 1 - len(chunk.draft), at):
                batch.logits[row] = chunk.samples
        batch.n_tokens = at
        return int(llama.llama_decode(self._context, batch))

    def sample(self, step: Step) -> dict[Key, list[int]]:
        sampled, at = {}, 0
        self._rows.clear()
        for chunk in step.chunks:
            at += chunk.n_rows if chunk.image is None else 0
            if chunk.samples:
                sampled[chunk.sequence.key] = self._sample(chunk, at - 1 - len(chunk.draft))
        return sampled

    def _sample(self, chunk: Chunk, row: int) -> list[int]:
        """From the row of the last token that is known on, as long as the guesses come true. What they put into the KV
        cache beyond that is taken out again."""
        key, new = chunk.sequence.key, list[int]()
        for guess in (*chunk.draft, None):
            self._rows[key] = row + len(new)
            new.append(self._samplers.sample(key, self._context, row + len(new)))
            if new[-1] != guess or self.is_end(new[-1]):
                break
        if len(new) <= len(chunk.draft):
            llama.llama_memory_seq_rm(self._memory, chunk.sequence.slot, chunk.start + chunk.n + len(new) - 1, -1)
        return new

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

    def _special_tokens(self) -> list[SpecialToken]:
        found = []
        for token in range(self.n_vocab):
            attributes = llama.llama_vocab_get_attr(self._vocab, token)
            if attributes & (ATTR_CONTROL | ATTR_UNKNOWN) and (text := self.text_of(token)):
                found.append(SpecialToken(token, text, bool(attributes & ATTR_RSTRIP)))
        return found
