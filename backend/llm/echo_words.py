"""What the echo engine says: numbered words, how they go on after a text that was cut, and vectors. Pure."""

from __future__ import annotations

import math
import zlib

N_DIMENSIONS = 64


def echo_text(n_tokens: int) -> str:
    """What a reply of `n_tokens` reads."""
    return " ".join(f"word{n}" for n in range(1, n_tokens + 1))


def echo_words(given: str, n_tokens: int) -> list[str]:
    """The deltas that are still to come when `given` is there already."""
    whole = echo_text(n_tokens)
    if whole.startswith(given):
        rest = whole[len(given) :]
    else:  # somebody else's beginning: number on from its words
        n_given = len(given.split())
        rest = "".join(f" word{n}" for n in range(n_given + 1, n_tokens + 1))
    words = rest.split(" ")
    deltas = [words[0], *(f" {word}" for word in words[1:])]
    return [delta for delta in deltas if delta]


def echo_vector(text: str) -> list[float]:
    """Of length 1; the same for the same text in any process, and near for texts that share words."""
    vector = [0.0] * N_DIMENSIONS
    for word in text.lower().split() or [""]:
        vector[zlib.crc32(word.encode("utf-8", "replace")) % N_DIMENSIONS] += 1.0
    length = math.hypot(*vector)
    return [value / length for value in vector]
