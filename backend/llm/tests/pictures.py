"""Pictures for tests, and what a plain loop over llama.cpp and mtmd makes of them."""

from __future__ import annotations

import base64
import ctypes
import io
import struct
import zlib
from pathlib import Path

import llama_cpp.llama_cpp as llama
import llama_cpp.mtmd_cpp as mtmd
import numpy as np
from PIL import Image as Picture

from backend.llm.engine.loading import log_callback
from backend.llm.types import ChatMessage, GenerateRequest, Image, SamplingParams


def png(seed: int, width: int = 60, height: int = 40) -> bytes:
    """Noise, another for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes whose header promises so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def image(content: bytes, at: int = 0) -> Image:
    return Image(f"data:image/png;base64,{base64.b64encode(content).decode()}", at)


def showing(*images: Image, text: str = "what is it", user: str = "minji", **params: object) -> GenerateRequest:
    return asking(ChatMessage("user", text, images=images), user=user, **params)


def asking(*messages: ChatMessage, user: str = "minji", request_id: str = "1", **params: object) -> GenerateRequest:
    chosen = SamplingParams(**{"seed": 7, "temperature": 0.0, "max_tokens": 24, **params})  # type: ignore[arg-type]
    return GenerateRequest(request_id, messages, chosen, user=user)


def plain_loop(
    model: Path, projector: Path, prompt: str, pictures: list[bytes], n_tokens: int
) -> tuple[str, list[float]]:
    """Greedy, by mtmd's own helper on a context of its own: the text, and the log probability of each token.

    `prompt` has llama.cpp's marker for each picture.
    """
    mtmd.mtmd_helper_log_set(log_callback, None)
    loaded = llama.llama_model_load_from_file(str(model).encode(), llama.llama_model_default_params())
    params = llama.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = 2048, 512, 512
    context = llama.llama_init_from_model(loaded, params)
    options = mtmd.mtmd_context_params_default()
    options.use_gpu, options.print_timings = False, False
    eye = mtmd.mtmd_init_from_file(str(projector).encode(), loaded, options)
    bitmaps = (mtmd.mtmd_bitmap_p_ctypes * len(pictures))(
        *(
            mtmd.mtmd_helper_bitmap_init_from_buf(eye, (ctypes.c_uint8 * len(one))(*one), len(one), False)
            for one in pictures
        )
    )
    chunks, encoded, n_past = mtmd.mtmd_input_chunks_init(), prompt.encode(), llama.llama_pos(0)
    text = mtmd.mtmd_input_text(encoded, len(encoded), True, True)
    assert mtmd.mtmd_tokenize(eye, chunks, ctypes.byref(text), bitmaps, len(pictures)) == 0
    assert mtmd.mtmd_helper_eval_chunks(eye, context, chunks, 0, 0, 512, True, ctypes.byref(n_past)) == 0
    said = _greedy(loaded, context, n_past.value, n_tokens)
    mtmd.mtmd_input_chunks_free(chunks)
    for one in bitmaps:
        mtmd.mtmd_bitmap_free(one)
    mtmd.mtmd_free(eye)
    llama.llama_free(context)
    llama.llama_model_free(loaded)
    return said


def _greedy(model: object, context: object, at: int, n_most: int) -> tuple[str, list[float]]:
    vocab = llama.llama_model_get_vocab(model)
    n_vocab, logprobs = llama.llama_vocab_n_tokens(vocab), list[float]()
    sampler, said, buffer = llama.llama_sampler_init_greedy(), b"", ctypes.create_string_buffer(64)
    batch = llama.llama_batch_init(1, 0, 1)
    for n in range(n_most):
        token = llama.llama_sampler_sample(sampler, context, -1)
        if llama.llama_vocab_is_eog(vocab, token):
            break
        n_bytes = llama.llama_token_to_piece(vocab, token, buffer, len(buffer), 0, False)
        said += buffer.raw[:n_bytes]
        logits = np.ctypeslib.as_array(llama.llama_get_logits_ith(context, -1), shape=(n_vocab,)).astype(np.float64)
        logprobs.append(float(logits[token] - np.logaddexp.reduce(logits)))
        batch.n_tokens, batch.token[0], batch.pos[0], batch.n_seq_id[0], batch.logits[0] = 1, token, at + n, 1, 1
        batch.seq_id[0][0] = 0
        assert llama.llama_decode(context, batch) == 0
    llama.llama_batch_free(batch)
    llama.llama_sampler_free(sampler)
    return said.decode("utf-8", "ignore"), logprobs
