"""The two courses of the training, and the question that the second asks beside the next token: which passage is this?

A cited number needs three steps: each word of a passage knows its `[n]`, a word that is copied takes that along, and the
bracket at the end collects it. The number itself is one token of an answer, too rare a teacher for the first two steps.
So in the second course two linear heads read it off the stream; they are thrown away afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from model import Shape, Starter
from torch import Tensor, nn

N_PLACES = 6  # passages 1 to 5; 0 is never asked
PASSAGES_AFTER, ANSWERS_AFTER = 2, 4  # index of the block after which words of passages, and of answers, are asked


@dataclass(frozen=True)
class Course:
    checkpoint: str  # in build/; the second begins with the weights of the first
    muon_lr: float
    adam_lr: float
    rates: tuple[tuple[int, float], ...]  # share of the learning rates at some steps, in straight lines between them
    asks_places: bool = False

    @property
    def n_steps(self) -> int:
        return self.rates[-1][0]

    def rate(self, step: int) -> float:
        return float(np.interp(step, *zip(*self.rates, strict=True)))


COURSES = {
    # 8,732 of 9,142 batches: so many fitted into the time of the GPU that trained the weights.
    1: Course("checkpoint.pt", 0.012, 0.003, ((0, 0.01), (99, 1.0), (3493, 1.0), (8732, 0.0))),
    # Not yet trained to its end, see the card.
    2: Course("second.pt", 0.005, 0.001, ((0, 0.03), (30, 1.0), (700, 1.0), (2200, 0.0)), asks_places=True),
}


class PlaceHeads(nn.Module):
    """Two linear readings of the residual stream of `net`, which must have run just before `losses` is called."""

    def __init__(self, net: Starter) -> None:
        super().__init__()
        self.of_passages = nn.Linear(net.shape.width, N_PLACES)
        self.of_answers = nn.Linear(net.shape.width, N_PLACES)
        self.seen: dict[int, Tensor] = {}
        for index in (PASSAGES_AFTER, ANSWERS_AFTER):
            net.blocks[index].register_forward_hook(lambda _m, _i, out, index=index: self.seen.update({index: out}))

    def losses(self, places: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Sums over the asked tokens of passages and of answers (batch, position): `places` is 0 where none is asked."""
        places, is_answer = places[:, :-1], weights[:, :-1] >= 1.0  # the last token was not given to the network
        sums = []
        for head, index, asked in (
            (self.of_passages, PASSAGES_AFTER, (places > 0) & ~is_answer),
            (self.of_answers, ANSWERS_AFTER, (places > 0) & is_answer),
        ):
            stream = F.layer_norm(self.seen[index][asked].float(), (head.in_features,))
            sums.append(F.cross_entropy(head(stream), places[asked], reduction="sum"))
        return sums[0], sums[1]


def n_asked(places: Tensor, weights: Tensor) -> tuple[int, int]:
    """How many tokens of passages, and of answers, are asked (never 0, so that one can divide by it)."""
    places, is_answer = places[:, :-1], weights[:, :-1] >= 1.0
    return max(1, int(((places > 0) & ~is_answer).sum())), max(1, int(((places > 0) & is_answer).sum()))


def load_gguf(path: str) -> dict[str, Tensor]:
    """The weights of a starter.gguf (f16), to begin the second course where the first one's checkpoint is gone."""
    import gguf
    from export_gguf import gguf_name

    found = {t.name: np.array(t.data, dtype=np.float32) for t in gguf.GGUFReader(path).tensors}
    names = {k: "output.weight" if k == "embedding.weight" else gguf_name(k) for k in Starter(Shape()).state_dict()}
    return {ours: torch.from_numpy(found[theirs]) for ours, theirs in names.items()}
