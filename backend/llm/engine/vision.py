"""A projector (mmproj) beside a model: makes rows out of an image, which the model reads like tokens. One of the few importers
of llama_cpp.

Opened in the engine's thread while the model is loaded; from then on it belongs to the thread that looks (sight.py). Its
compute is its own: it shares the weights' memory with nobody and touches no context, so the step loop goes on meanwhile.
"""

from __future__ import annotations

import ctypes
import re
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
import llama_cpp.mtmd_cpp as mtmd
import numpy as np

from backend.llm.engine.config import EngineConfig, n_physical_cores
from backend.llm.engine.facts import facts_of
from backend.llm.engine.gguf_header import read_header
from backend.llm.engine.images import Rows, Run, Seen, Unseen, image_token
from backend.llm.engine.loading import LoadError, last_error, log_callback
from backend.llm.engine.pixels import Pixels
from backend.llm.engine.step import Chunk

# What they put before or into an image depends on where it stands in the prompt; here an image is the same everywhere.
NOT_CARRIED = ("deepseek4v", "hunyuanvl")
PROBE = Pixels(64, 64, bytes(range(256)) * 48)
_WIDTHS = re.compile(r"\(n_embd = (\d+)\).*\(n_embd = (\d+)\)")


class Projector:
    def __init__(self, config: EngineConfig, model: Any, *, uses_gpu: bool) -> None:
        """Load it and look at one image. Raises LoadError, UnsoundFile, OSError."""
        path = Path(config.projector)
        self._n_batch = config.n_batch
        self._width = int(llama.llama_model_n_embd_inp(model))
        header = read_header(path)
        if facts_of(header).kind != "projector":
            raise LoadError("the file is no projector")
        names = {header.texts.get(f"clip.{key}projector_type", "") for key in ("", "vision.")}
        if not names.isdisjoint(NOT_CARRIED):
            raise LoadError("this kind of projector is not supported")
        self._context = _open(path, model, config, uses_gpu=uses_gpu)
        try:
            self._check()
        except LoadError:
            self.close()
            raise

    def close(self) -> None:
        mtmd.mtmd_free(self._context)

    def see(self, pixels: Pixels, digest: bytes) -> Seen:
        """Seconds of work. `digest` is the image's SHA-256. Raises Unseen."""
        rgb = (ctypes.c_uint8 * len(pixels.rgb)).from_buffer_copy(pixels.rgb)
        bitmap = mtmd.mtmd_bitmap_init(pixels.width, pixels.height, rgb)
        chunks = mtmd.mtmd_input_chunks_init()
        try:
            marker = mtmd.mtmd_default_marker()
            text = mtmd.mtmd_input_text(marker, len(marker), False, True)
            bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
            if mtmd.mtmd_tokenize(self._context, chunks, ctypes.byref(text), bitmaps, 1) != 0:
                raise Unseen(last_error("the projector does not take the image"))
            n = mtmd.mtmd_input_chunks_size(chunks)
            return Seen(tuple(self._piece(mtmd.mtmd_input_chunks_get(chunks, at), digest, at) for at in range(n)))
        finally:
            mtmd.mtmd_input_chunks_free(chunks)
            mtmd.mtmd_bitmap_free(bitmap)

    def _check(self) -> None:
        """Raises LoadError."""
        if not mtmd.mtmd_support_vision(self._context):
            raise LoadError("it is for sound, not for images")
        try:
            self.see(PROBE, b"probe")
        except Unseen as error:
            raise LoadError(str(error)) from error

    def _piece(self, chunk: Any, digest: bytes, number: int) -> tuple[int, ...] | Rows:
        """Raises Unseen."""
        if mtmd.mtmd_input_chunk_get_type(chunk) == mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT:
            n_tokens = ctypes.c_size_t()
            tokens = mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(n_tokens))
            return tuple(int(tokens[at]) for at in range(n_tokens.value))
        n = int(mtmd.mtmd_input_chunk_get_n_tokens(chunk))
        is_whole = bool(mtmd.mtmd_decode_use_non_causal(self._context, chunk))
        if is_whole and n > self._n_batch:  # HAZARD: llama.cpp aborts the process
            raise Unseen(f"an image is {n} tokens that must be read at once: set n_batch to {n} or more")
        if mtmd.mtmd_encode_chunk(self._context, chunk) != 0:
            raise Unseen(last_error("the projector failed"))
        values = (ctypes.c_float * (n * self._width))()
        ctypes.memmove(values, mtmd.mtmd_get_output_embd(self._context), ctypes.sizeof(values))
        if not np.isfinite(np.ctypeslib.as_array(values)).all():
            raise Unseen("the projector made no numbers of the image")
        return Rows(image_token(digest, number), n, self._width, values, is_whole, self._n_columns(chunk))

    def _n_columns(self, chunk: Any) -> int:
        if not mtmd.mtmd_decode_use_mrope(self._context):
            return 0
        return int(mtmd.mtmd_image_tokens_get_nx(mtmd.mtmd_input_chunk_get_tokens_image(chunk)))


class RowsBatch:
    """A batch of rows instead of tokens. Of the engine's thread."""

    def __init__(self, n_most: int, width: int) -> None:
        self._batch, self._row_bytes = llama.llama_batch_init(n_most, width, 1), width * 4
        # A row in a grid has four positions; llama.cpp's own batch has room for one of each.
        self._positions, self._own = (llama.llama_pos * (4 * n_most))(), self._batch.pos
        self._batch.pos = ctypes.cast(self._positions, ctypes.POINTER(llama.llama_pos))

    def close(self) -> None:
        self._batch.pos = self._own
        llama.llama_batch_free(self._batch)

    def decode(self, context: Any, chunk: Chunk) -> int:
        """What llama_decode answers. No logits are made."""
        assert chunk.image is not None
        rows, batch = chunk.image.rows, self._batch
        first = ctypes.addressof(rows.values) + (chunk.start - chunk.image.start) * self._row_bytes
        ctypes.memmove(batch.embd, first, chunk.n * self._row_bytes)
        self._place(chunk, chunk.image)
        for at in range(chunk.n):
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = chunk.sequence.slot
            batch.logits[at] = 0
        batch.n_tokens = chunk.n
        if not rows.is_whole:
            return int(llama.llama_decode(context, batch))
        llama.llama_set_causal_attn(context, False)
        result = int(llama.llama_decode(context, batch))
        llama.llama_set_causal_attn(context, True)
        return result

    def _place(self, chunk: Chunk, image: Run) -> None:
        first, done, n_columns = chunk.sequence.position(image.start), chunk.start - image.start, image.rows.n_columns
        for at in range(chunk.n):
            if not n_columns:
                self._positions[at] = first + done + at
                continue
            row, column = divmod(done + at, n_columns)
            for section, value in enumerate((first, first + row, first + column, 0)):
                self._positions[section * chunk.n + at] = value


def _open(path: Path, model: Any, config: EngineConfig, *, uses_gpu: bool) -> Any:
    """Raises LoadError."""
    mtmd.mtmd_log_set(log_callback, None)
    params = mtmd.mtmd_context_params_default()
    params.use_gpu = uses_gpu
    params.n_threads = config.n_threads or n_physical_cores()
    params.print_timings = False
    context = mtmd.mtmd_init_from_file(str(path).encode(), model, params)
    if context:
        return context
    why = last_error("llama.cpp could not load the file")
    if found := _WIDTHS.search(why):
        why = f"it makes rows of {found[2]} numbers, the model reads rows of {found[1]}"
    raise LoadError(why)
