"""The network: a small llama (RMSNorm, RoPE, SwiGLU, tied embeddings), exactly as llama.cpp computes it.

RoPE turns *neighbouring* pairs of a head's dimensions (llama.cpp's order for `llama`), so export needs no permutation.
Knows nothing of text, files or training.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    n_vocab: int = 3072
    n_layers: int = 8
    width: int = 256
    n_heads: int = 4
    n_hidden: int = 640  # of the feed-forward part; a multiple of 32, so that Q8_0 fits
    n_ctx: int = 2048  # tokens
    rope_base: float = 10_000.0
    norm_eps: float = 1e-5

    @property
    def input_scale(self) -> float:
        """Of the embedding where it enters, so that the blocks do not drown it; the file has it multiplied in."""
        return float(self.width**0.5)

    @property
    def head_width(self) -> int:
        return self.width // self.n_heads


def rope_table(shape: Shape) -> Tensor:
    """Cosine and sine of each pair's turn at each position, (2, n_ctx, head_width / 2)."""
    pairs = torch.arange(0, shape.head_width, 2, dtype=torch.float32)
    frequencies = shape.rope_base ** (-pairs / shape.head_width)
    angles = torch.outer(torch.arange(shape.n_ctx, dtype=torch.float32), frequencies)
    return torch.stack([angles.cos(), angles.sin()])


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Turn each pair (x[2i], x[2i+1]) of a head by the angle of its position. x is (batch, head, position, width)."""
    cosine, sine = table[:, : x.shape[2]]
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2).to(x.dtype)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention. Short bf16 sequences on a CPU take plain products: a third of the time of torch's own."""
    n_tokens, width = q.shape[2:]
    if q.device.type != "cpu" or q.dtype != torch.bfloat16 or n_tokens > 512:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    with torch.autocast("cpu", enabled=False):
        flat_q, flat_k, flat_v = (x.flatten(0, 1) for x in (q, k, v))
        later = torch.full((n_tokens, n_tokens), float("-inf"), dtype=q.dtype).triu(1)
        scores = torch.baddbmm(later.expand(len(flat_q), -1, -1), flat_q, flat_k.transpose(1, 2), alpha=width**-0.5)
        return torch.bmm(torch.softmax(scores, -1), flat_v).view_as(q)


class Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.n_heads = shape.n_heads
        self.q = nn.Linear(shape.width, shape.width, bias=False)
        self.k = nn.Linear(shape.width, shape.width, bias=False)
        self.v = nn.Linear(shape.width, shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        n_batch, n_tokens, width = x.shape
        q, k, v = (
            part(x).view(n_batch, n_tokens, self.n_heads, -1).transpose(1, 2) for part in (self.q, self.k, self.v)
        )
        q, k = rotate(torch.cat([q, k]), table).chunk(2)
        mixed = attend(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(n_batch, n_tokens, width))


class FeedForward(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate = nn.Linear(shape.width, shape.n_hidden, bias=False)
        self.up = nn.Linear(shape.width, shape.n_hidden, bias=False)
        self.down = nn.Linear(shape.n_hidden, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.norm_eps)
        self.attention = Attention(shape)
        self.feed_norm = nn.RMSNorm(shape.width, eps=shape.norm_eps)
        self.feed = FeedForward(shape)

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), table)
        return x + self.feed(self.feed_norm(x))


class Starter(nn.Module):
    rope: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.n_vocab, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.n_layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.norm_eps)
        self.register_buffer("rope", rope_table(shape), persistent=False)
        self.apply(self._init)
        for block in self.blocks:  # the residual stream starts undisturbed
            nn.init.zeros_(block.attention.out.weight)
            nn.init.zeros_(block.feed.down.weight)

    @staticmethod
    def _init(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02 if isinstance(module, nn.Embedding) else 0.04)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits for the next token at every position of (batch, position)."""
        x = self.embedding(tokens) * self.shape.input_scale
        for block in self.blocks:
            x = block(x, self.rope)
        return F.linear(self.norm(x), self.embedding.weight)
