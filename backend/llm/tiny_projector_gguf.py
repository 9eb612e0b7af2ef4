"""Builds a tiny projector (mmproj) for tests: a real vision transformer that makes rows for a model of a given width.

    python -m backend.llm.tiny_projector_gguf OUT.gguf [--kind mlp|gemma3|qwen2vl_merger] [--n-embd 128] [--image-size 56]

The weights are seeded random numbers, so what a model says about an image means nothing; but the same image gives the same
rows, another one others, and they are about as long as the model's own token embeddings. `mlp` is LLaVA's, `gemma3` wants the
rows of an image to see each other, `qwen2vl_merger` lays them in a grid. Development only (needs the `gguf` package).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

N_WIDTH, N_LAYER, N_HEAD, N_FF, PATCH = 64, 3, 4, 128, 14
MERGED = 2  # patches in a row that gemma3 makes one of

Tensors = Iterable[tuple[str, NDArray[np.float32]]]


def build(out: Path, kind: str = "mlp", *, n_embd: int = 128, image_size: int = 56, seed: int = 1) -> Path:
    """Write the projector to `out`. Deterministic for the same arguments. `image_size` in pixels, a multiple of 28."""
    import gguf

    out.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(out), "clip")
    writer.add_name(f"tiny-{kind}")
    writer.add_string("general.type", "mmproj")
    writer.add_file_type(0)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", kind)
    writer.add_bool("clip.use_gelu", True)
    for name, number in (
        ("image_size", image_size), ("patch_size", PATCH), ("embedding_length", N_WIDTH), ("feed_forward_length", N_FF),
        ("block_count", N_LAYER), ("projection_dim", n_embd), ("attention.head_count", N_HEAD),
        ("projector.scale_factor", MERGED),
    ):  # fmt: skip
        writer.add_uint32(f"clip.vision.{name}", number)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])
    for name, tensor in _tensors(kind, n_embd, (image_size // PATCH) ** 2, np.random.default_rng(seed)):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _tensors(kind: str, n_embd: int, n_patches: int, random: np.random.Generator) -> Tensors:
    def noise(*shape: int, scale: float) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    def linear(name: str, n_in: int, n_out: int, scale: float = 1.0) -> Tensors:
        yield f"{name}.weight", noise(n_out, n_in, scale=scale / np.sqrt(n_in))
        yield f"{name}.bias", np.zeros(n_out, dtype=np.float32)

    def norm(name: str) -> Tensors:
        yield f"{name}.weight", np.ones(N_WIDTH, dtype=np.float32)
        yield f"{name}.bias", np.zeros(N_WIDTH, dtype=np.float32)

    yield "v.patch_embd.weight", noise(N_WIDTH, 3, PATCH, PATCH, scale=1 / PATCH)
    if kind == "qwen2vl_merger":
        yield "v.patch_embd.weight.1", noise(N_WIDTH, 3, PATCH, PATCH, scale=1 / PATCH)
    else:
        yield "v.patch_embd.bias", np.zeros(N_WIDTH, dtype=np.float32)
        yield "v.position_embd.weight", noise(n_patches, N_WIDTH, scale=0.5)
    for layer in range(N_LAYER):
        block = f"v.blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            yield from linear(block + name, N_WIDTH, N_WIDTH)
        yield from norm(block + "ln1")
        yield from norm(block + "ln2")
        yield from linear(block + "ffn_up", N_WIDTH, N_FF)
        yield from linear(block + "ffn_down", N_FF, N_WIDTH)
    yield from norm("v.post_ln")
    if kind == "gemma3":
        yield "mm.soft_emb_norm.weight", np.ones(N_WIDTH, dtype=np.float32)
        yield "mm.input_projection.weight", noise(N_WIDTH, n_embd, scale=1 / np.sqrt(N_WIDTH * n_embd))
        return
    n_merged, n_hidden = (4 * N_WIDTH, 4 * N_WIDTH) if kind == "qwen2vl_merger" else (N_WIDTH, n_embd)
    yield from linear("mm.0", n_merged, n_hidden)
    yield from linear("mm.2", n_hidden, n_embd, 1 / np.sqrt(n_embd))


def main() -> None:
    parser = argparse.ArgumentParser(description="Build a tiny projector.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--kind", choices=("mlp", "gemma3", "qwen2vl_merger"), default="mlp")
    parser.add_argument("--n-embd", type=int, default=128)
    parser.add_argument("--image-size", type=int, default=56)
    arguments = parser.parse_args()
    path = build(arguments.out, arguments.kind, n_embd=arguments.n_embd, image_size=arguments.image_size)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
