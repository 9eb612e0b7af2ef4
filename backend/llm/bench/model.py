"""make-model: a GGUF of given dimensions with made weights, quantised by llama.cpp's own function. Imports llama_cpp for that.

    python -m backend.llm.bench make-model OUT.gguf [--layers 24 --width 896 --heads 14 --kv-heads 2 --ff 4864]
        [--vocabulary 151936] [--quantization Q4_K_M]

What a step costs depends on the shapes and the quantisation, not on what the weights say. The words are tiny_gguf's, so it
never ends by itself and every engine generates as many tokens as it was asked for.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama

from backend.llm import tiny_gguf
from backend.llm.tiny_gguf import Size

QUANTIZATIONS = {
    "F16": llama.LLAMA_FTYPE_MOSTLY_F16,
    "Q8_0": llama.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q6_K": llama.LLAMA_FTYPE_MOSTLY_Q6_K,
    "Q5_K_M": llama.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "Q4_K_M": llama.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}
# The shape of Qwen2.5 0.5B, which the known figures of issue 4 were measured with.
HALF_BILLION = Size(
    n_embd=896,
    n_layer=24,
    n_head=14,
    n_ff=4864,
    n_ctx=32768,
    can_end=False,
    name="bench-0.5b",
    n_head_kv=2,
    n_vocab=151_936,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    size = HALF_BILLION
    parser.add_argument("out", type=Path)
    parser.add_argument("--layers", type=int, default=size.n_layer)
    parser.add_argument("--width", type=int, default=size.n_embd)
    parser.add_argument("--heads", type=int, default=size.n_head)
    parser.add_argument("--kv-heads", type=int, default=size.n_head_kv)
    parser.add_argument("--ff", type=int, default=size.n_ff)
    parser.add_argument("--context", type=int, default=size.n_ctx)
    parser.add_argument("--vocabulary", type=int, default=size.n_vocab)
    parser.add_argument("--quantization", choices=sorted(QUANTIZATIONS), default="Q4_K_M")
    parser.add_argument("--seed", type=int, default=1)


def size_of(arguments: argparse.Namespace) -> Size:
    return Size(
        n_embd=arguments.width,
        n_layer=arguments.layers,
        n_head=arguments.heads,
        n_ff=arguments.ff,
        n_ctx=arguments.context,
        can_end=False,
        name=f"bench-{arguments.layers}x{arguments.width}",
        n_head_kv=arguments.kv_heads,
        n_vocab=arguments.vocabulary,
    )


def _only_errors(level: int, text: bytes, _: Any) -> None:
    if level == 4:
        print(text.decode("utf-8", "replace").strip(), file=sys.stderr)


# ctypes keeps no reference of its own to a callback that C holds.
_on_log = llama.llama_log_callback(_only_errors)


def make_model(out: Path, size: Size = HALF_BILLION, quantization: str = "Q4_K_M", seed: int = 1) -> Path:
    """Write it to `out`; whole, or not at all. Raises RuntimeError when llama.cpp cannot quantise it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".making-") as folder:
        full = tiny_gguf.build(Path(folder) / "full.gguf", size, seed)
        made = Path(folder) / "quantized.gguf"
        llama.llama_log_set(_on_log, None)
        params = llama.llama_model_quantize_default_params()
        params.ftype = QUANTIZATIONS[quantization]
        if llama.llama_model_quantize(str(full).encode(), str(made).encode(), params):
            raise RuntimeError(f"llama.cpp could not quantise to {quantization}")
        made.replace(out)
    return out
