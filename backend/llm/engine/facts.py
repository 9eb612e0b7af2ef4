"""What a GGUF header says of its model, in figures that decide: what it is for, how large, what its memory costs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend.llm.engine.gguf_header import Header

Kind = Literal["chat", "embedding", "reranker", "projector", "adapter"]

# Encoders without a decoder: they can make vectors and nothing else.
ENCODERS = frozenset(
    ("bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3", "modern-bert", "eurobert",
     "gemma-embedding", "t5encoder")
)  # fmt: skip
POOLING = {0: "none", 1: "mean", 2: "cls", 3: "last", 4: "rank"}
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`kv_values_per_token`: numbers that the KV cache holds for each token, whatever their type. 0: not told."""

    kind: Kind
    architecture: str
    name: str
    description: str
    quantization: str
    n_params: int
    weight_bytes: int
    n_ctx_train: int
    n_vocab: int
    n_embd: int
    kv_values_per_token: int
    pooling: str
    has_template: bool


def facts_of(header: Header) -> ModelFacts:
    prefix = f"{header.architecture}."
    pooling = (
        POOLING.get(_number(header, prefix + "pooling_type"), "") if prefix + "pooling_type" in header.numbers else ""
    )
    return ModelFacts(
        kind=_kind(header, pooling),
        architecture=header.architecture[:64],
        name=header.name[:200],
        description=header.description[:500],
        quantization=FILE_TYPES.get(_number(header, "general.file_type", -1), ""),
        n_params=header.n_params,
        weight_bytes=header.tensor_bytes,
        n_ctx_train=_number(header, prefix + "context_length"),
        n_vocab=header.lengths.get("tokenizer.ggml.tokens", 0),
        n_embd=_number(header, prefix + "embedding_length"),
        kv_values_per_token=_kv_values(header, prefix),
        pooling=pooling,
        has_template=bool(header.chat_template),
    )


def _kind(header: Header, pooling: str) -> Kind:
    if header.architecture == "clip" or header.texts.get("general.type") == "mmproj":
        return "projector"
    if "adapter.type" in header.texts or header.texts.get("general.type") == "adapter":
        return "adapter"
    if pooling == "rank":
        return "reranker"
    return "embedding" if header.architecture in ENCODERS or pooling in ("mean", "cls", "last") else "chat"


def _kv_values(header: Header, prefix: str) -> int:
    n_layer, n_head = _number(header, prefix + "block_count"), _number(header, prefix + "attention.head_count")
    if not n_head:
        return 0  # recurrent: its state has one size, whatever the length
    n_head_kv = _number(header, prefix + "attention.head_count_kv", n_head)
    width = _number(header, prefix + "embedding_length") // n_head
    key = _number(header, prefix + "attention.key_length", width)
    value = _number(header, prefix + "attention.value_length", width)
    return n_layer * n_head_kv * (key + value)


def _number(header: Header, key: str, default: int = 0) -> int:
    value = header.numbers.get(key, default)
    # A file of a stranger: a figure out of any range must not become the size of something.
    return int(value) if value == value and 0 <= value <= 1 << 40 else default
