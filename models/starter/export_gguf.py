"""Writes the trained weights as starter.gguf (f16, norms f32), with vocabulary, merges and chat template inside.

python export_gguf.py              build/weights.pt + build/tokenizer.json -> starter.gguf
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from model import Shape
from tokenizer import CHAT_TEMPLATE, END_OF_TEXT, IM_END, SPECIALS

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
BLOCK_NAMES = {
    "attention_norm": "attn_norm", "attention.q": "attn_q", "attention.k": "attn_k", "attention.v": "attn_v",
    "attention.out": "attn_output", "feed_norm": "ffn_norm", "feed.gate": "ffn_gate", "feed.up": "ffn_up",
    "feed.down": "ffn_down",
}  # fmt: skip


def gguf_name(name: str) -> str:
    name = name.removesuffix(".weight")
    if name == "embedding":
        return "token_embd.weight"
    if name == "output":
        return "output.weight"
    if name == "norm":
        return "output_norm.weight"
    _, index, part = name.split(".", 2)
    return f"blk.{index}.{BLOCK_NAMES[part]}.weight"


def write_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(shape.n_ctx)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.n_layers)
    writer.add_feed_forward_length(shape.n_hidden)
    writer.add_head_count(shape.n_heads)
    writer.add_head_count_kv(shape.n_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_eps)
    writer.add_vocab_size(shape.n_vocab)


def write_tokenizer(writer: gguf.GGUFWriter, path: Path) -> None:
    model = json.loads(path.read_text(encoding="utf-8"))["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([control if t in SPECIALS else normal for t in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(model["vocab"][END_OF_TEXT])
    writer.add_eos_token_id(model["vocab"][IM_END])
    writer.add_pad_token_id(model["vocab"][END_OF_TEXT])
    writer.add_eot_token_id(model["vocab"][IM_END])
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export(state: dict[str, Any], tokenizer: Path, target: Path) -> None:
    writer = gguf.GGUFWriter(target, "llama")
    writer.add_name("Maru starter")
    writer.add_author("The Maru project")
    writer.add_description("The small built-in guide of Maru, in Korean and English. Not a general assistant.")
    writer.add_languages(["ko", "en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    write_shape(writer, Shape(**state["shape"]))
    write_tokenizer(writer, tokenizer)
    net = dict(state["net"])
    net["output.weight"] = net["embedding.weight"]
    net["embedding.weight"] = net["embedding.weight"] * Shape(**state["shape"]).input_scale
    for name, tensor in net.items():
        dtype = np.float32 if tensor.ndim == 1 else np.float16
        writer.add_tensor(gguf_name(name), tensor.float().numpy().astype(dtype))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=BUILD / "weights.pt")
    parser.add_argument("--tokenizer", type=Path, default=BUILD / "tokenizer.json")
    parser.add_argument("--out", type=Path, default=HERE / "starter.gguf")
    args = parser.parse_args()
    state = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
    export(state, args.tokenizer, args.out)
    print(f"{args.out}: {args.out.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
