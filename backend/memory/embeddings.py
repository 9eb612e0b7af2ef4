"""Vectors of texts. The default needs nothing to download: character n-grams, hashed into a few hundred places.

It is lexical: it finds what is spelled alike (endings, particles, typing errors), not what is meant alike. A model that an
administrator chooses does that; it is asked through `use_engine`, which the composition root puts in place, since memory
knows no engines. A vector is of unit length, float32; cosine is its dot product.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.memory.terms import content_runs

HASH = "hash:1"  # the name of the default, with its version: vectors of another version must not be compared
DIMENSION = 512  # measured: docs/retrieval.md
_SIZES = (2, 3, 4)  # of the n-grams, in letters or jamo
_MAX_CHARS = 8_000

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedded:
    """`model` and the vectors' width go into the index's row; others are never mixed in."""

    vectors: Vectors
    model: str


Engine = Callable[[Sequence[str], str], Awaitable[Any]]  # gives an object with `vectors` and `model`
_engine: Engine | None = None


class NoEngine(Exception):
    """An index by a model is active, and nothing here can ask that model."""


def use_engine(engine: Engine | None) -> None:
    """Put in place what embeds by a model: `await engine(texts, model)`. May raise AppError."""
    global _engine
    _engine = engine


async def embed(texts: Sequence[str], model: str) -> Embedded:
    """Vectors of `texts` by `model` (HASH, or an engine's). Raises NoEngine, AppError of the engine, ValueError."""
    if model == HASH:
        # Not on the event loop for a batch: some 4 ms for two dozen passages.
        return Embedded(await asyncio.to_thread(hash_vectors, texts) if len(texts) > 1 else hash_vectors(texts), HASH)
    if _engine is None:
        raise NoEngine(model)
    result = await _engine(texts, model)
    return Embedded(_unit(np.asarray(result.vectors, dtype=np.float32), len(texts)), model)


def hash_vectors(texts: Sequence[str], dimension: int = DIMENSION) -> Vectors:
    """The default embedding. The same text gives the same vector in every process, on every machine."""
    vectors = np.zeros((len(texts), dimension), dtype=np.float32)
    for row, text in enumerate(texts):
        hashes, counts = np.unique(_ngrams(text), return_counts=True)
        signs = np.where(hashes >> np.uint64(63), 1.0, -1.0)
        weights = (1.0 + np.log(counts)) * signs
        vectors[row] = np.bincount((hashes % np.uint64(dimension)).astype(np.int64), weights, dimension)
    return _unit(vectors, len(texts))


def _ngrams(text: str) -> npt.NDArray[np.uint64]:
    """Hashes of all n-grams inside words; a word's ends count as letters. Hangul is taken apart into jamo.

    FNV-1a over code points, then a finaliser, all in numpy: no step of it holds the interpreter for long.
    """
    words = " ".join(run for run, _ in content_runs(text[:_MAX_CHARS]))
    points = np.frombuffer(unicodedata.normalize("NFD", f" {words} ").encode("utf-32-le"), dtype=np.uint32)
    is_space = points == 32
    found = []
    for size in _SIZES:
        n = len(points) - size + 1
        if n <= 0:
            continue
        value = np.full(n, np.uint64(0xCBF29CE484222325) + np.uint64(size))
        inner = np.zeros(n, dtype=bool)
        for at in range(size):
            value = (value ^ points[at : at + n].astype(np.uint64)) * np.uint64(0x100000001B3)
            if 0 < at < size - 1:
                inner |= is_space[at : at + n]
        both_ends = is_space[:n] & is_space[size - 1 : size - 1 + n] if size == 2 else inner
        found.append(value[~(inner | both_ends)])
    if not found:
        return np.zeros(0, dtype=np.uint64)
    mixed = np.concatenate(found)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    return mixed ^ (mixed >> np.uint64(33))


def _unit(vectors: Vectors, n_rows: int) -> Vectors:
    if vectors.ndim != 2 or vectors.shape[0] != n_rows or not np.isfinite(vectors).all():
        raise ValueError("an embedding is not one finite vector for each text")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return unit
