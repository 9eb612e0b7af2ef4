"""Builds a tiny embedding GGUF for tests: real BERT architecture, WordPiece vocabulary, pooling and all.

    python -m backend.llm.tiny_embedding_gguf OUT.gguf [--pooling mean|cls]

The weights are seeded random numbers, with layers so quiet that a text's vector is near the mean of its words' own vectors:
texts that share words are near each other, which is all that a test needs. Development only (needs the `gguf` package).
"""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WORDS = (
    "the", "moon", "house", "river", "old", "warm", "tea", "probe", "a", "over", "rises", "quiet", "evening",
    "따뜻한", "차", "를", "마시며", "달", "이", "오래된", "집", "강", "저녁", "조용한", "한", "잔",
)  # fmt: skip
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
N_EMBD, N_LAYER, N_HEAD, N_FF, N_CTX = 64, 2, 4, 128, 512


def build(out: Path, pooling: str = "mean", seed: int = 1) -> Path:
    """Write the model to `out`. Deterministic for the same arguments."""
    import gguf

    # WordPiece sees decomposed text: Hangul as its letters.
    words = [unicodedata.normalize("NFD", f"▁{word}") for word in WORDS]
    tokens = [*SPECIALS, *words, *"abcdefghijklmnopqrstuvwxyz"]
    out.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(out), "bert")
    writer.add_name("tiny-vectors")
    writer.add_description("Makes vectors for tests.")
    writer.add_context_length(N_CTX)
    writer.add_embedding_length(N_EMBD)
    writer.add_block_count(N_LAYER)
    writer.add_feed_forward_length(N_FF)
    writer.add_head_count(N_HEAD)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type({"mean": gguf.PoolingType.MEAN, "cls": gguf.PoolingType.CLS}[pooling])
    writer.add_file_type(0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_list(tokens)
    types = [gguf.TokenType.CONTROL] * len(SPECIALS) + [gguf.TokenType.NORMAL] * (len(tokens) - len(SPECIALS))
    writer.add_token_types([int(one) for one in types])
    writer.add_token_type_count(2)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_eos_token_id(3)
    writer.add_pad_token_id(0)
    for name, tensor in _tensors(len(tokens), np.random.default_rng(seed)):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _tensors(n_vocab: int, random: np.random.Generator) -> Iterable[tuple[str, NDArray[np.float32]]]:
    def noise(*shape: int, scale: float) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    def norm(name: str) -> Iterable[tuple[str, NDArray[np.float32]]]:
        yield f"{name}.weight", np.ones(N_EMBD, dtype=np.float32)
        yield f"{name}.bias", np.zeros(N_EMBD, dtype=np.float32)

    def linear(name: str, n_in: int, n_out: int, scale: float) -> Iterable[tuple[str, NDArray[np.float32]]]:
        yield f"{name}.weight", noise(n_out, n_in, scale=scale / np.sqrt(n_in))
        yield f"{name}.bias", np.zeros(n_out, dtype=np.float32)

    yield "token_embd.weight", noise(n_vocab, N_EMBD, scale=1.0)
    yield "token_types.weight", np.zeros((2, N_EMBD), dtype=np.float32)
    yield "position_embd.weight", noise(N_CTX, N_EMBD, scale=0.05)
    yield from norm("token_embd_norm")
    for layer in range(N_LAYER):
        block = f"blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v"):
            yield from linear(block + name, N_EMBD, N_EMBD, 1.0)
        yield from linear(block + "attn_output", N_EMBD, N_EMBD, 0.1)
        yield from norm(block + "attn_output_norm")
        yield from linear(block + "ffn_up", N_EMBD, N_FF, 1.0)
        yield from linear(block + "ffn_down", N_FF, N_EMBD, 0.1)
        yield from norm(block + "layer_output_norm")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build a tiny GGUF that makes vectors.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--pooling", choices=("mean", "cls"), default="mean")
    arguments = parser.parse_args()
    path = build(arguments.out, arguments.pooling)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
