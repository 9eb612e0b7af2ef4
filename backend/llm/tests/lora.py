"""A LoRA adapter for the tests' tiny models: strong noise on the attention of the first layer."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np


def build_lora(out: Path, model: Path, rank: int = 4, seed: int = 3, architecture: str = "llama") -> Path:
    reader = gguf.GGUFReader(str(model))
    target = next(tensor for tensor in reader.tensors if tensor.name == "blk.0.ffn_down.weight")
    n_in, n_out = (int(n) for n in target.shape[:2])
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(str(out), architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(rank))
    writer.add_tensor("blk.0.ffn_down.weight.lora_a", random.standard_normal((rank, n_in)).astype(np.float32))
    writer.add_tensor("blk.0.ffn_down.weight.lora_b", random.standard_normal((n_out, rank)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out
