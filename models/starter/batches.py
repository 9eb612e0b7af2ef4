"""The tokenised corpus in batches: dialogues of like length, never joined, in an order that depends on the seed alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# Of a step, padding included: many steps at first, sure gradients later.
FIRST_TOKENS, BATCH_TOKENS = 2048, 8192
N_FIRST = 5000  # so many of the early dialogues (short, mostly copying) come before all others
PAD_TO = 32  # tokens
POOL = 2000  # dialogues of which batches of like length are made
OTHERS_WEIGHT = 0.5  # of what users and the system say, when an answer's words count 1 or more

Batch = tuple[Tensor, Tensor]  # tokens, and how much each is learnt


def padded(length: int) -> int:
    """One token more than a multiple of PAD_TO, because the last is only foretold: few shapes, for which a GPU plans once."""
    return -(-(length - 1) // PAD_TO) * PAD_TO + 1


class Dialogues:
    """The tokenised corpus, cut into batches of like length in a fixed shuffled order."""

    def __init__(self, path: Path, seed: int) -> None:
        data = np.load(path)
        self.ids, self.weight, self.ends = (data[k] for k in ("ids", "weight", "ends"))
        self.parts = [min(int(n), len(self.ends)) for n in data["parts"]]  # where each begins, and the end
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self.batches = self._plan()

    def _plan(self) -> list[list[int]]:
        """Some of the early part; the rest of it with the main part; the wide and the weak together."""
        lengths = np.diff(self.ends, prepend=0)
        _, main, wide, _, end = self.parts
        first = self.rng.permutation(main)[:N_FIRST]
        order = self.rng.permutation(wide)
        rest = order[~np.isin(order, first)]
        plain = self._batches_of(first, lengths, FIRST_TOKENS) + self._pooled(rest, lengths, BATCH_TOKENS)
        # A stream of its own: the order that the shipped weights have seen.
        later = wide + np.random.default_rng(self.seed).permutation(end - wide)
        return plain + self._pooled(later, lengths, BATCH_TOKENS)

    def _pooled(self, order: np.ndarray, lengths: np.ndarray, n_tokens: int) -> list[list[int]]:
        pools = np.array_split(order, max(1, len(order) // POOL))
        return [batch for pool in pools for batch in self._batches_of(pool, lengths, n_tokens)]

    def _batches_of(self, pool: np.ndarray, lengths: np.ndarray, n_tokens: int) -> list[list[int]]:
        """Neighbours in length together, and the batches in a random order."""
        batches: list[list[int]] = [[]]
        for index in pool[np.argsort(lengths[pool], kind="stable")]:
            if batches[-1] and (len(batches[-1]) + 1) * padded(int(lengths[index])) > n_tokens:
                batches.append([])
            batches[-1].append(int(index))
        return [batches[i] for i in self.rng.permutation(len(batches)) if batches[i]]

    def batch(self, number: int) -> Batch:
        """Tokens and loss weights, padded on the right (causal attention never looks there)."""
        members = self.batches[number]
        starts = [int(self.ends[i - 1]) if i else 0 for i in members]
        length = padded(max(int(self.ends[i]) - s for i, s in zip(members, starts, strict=True)))
        tokens = np.zeros((len(members), length), dtype=np.int64)
        weights = np.zeros((len(members), length), dtype=np.float32)
        for row, (i, start) in enumerate(zip(members, starts, strict=True)):
            size = int(self.ends[i]) - start
            tokens[row, :size] = self.ids[start : start + size]
            weights[row, :size] = np.where((own := self.weight[start : start + size]) > 0, own, OTHERS_WEIGHT)
        return torch.from_numpy(tokens), torch.from_numpy(weights)
