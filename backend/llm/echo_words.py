"""What the echo engine says: numbered words or Markdown, how they go on after a text that was cut, and vectors. Pure."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable

from backend.llm.echo_markdown import PIECE, markdown_text

N_DIMENSIONS = 64


def echo_text(n_tokens: int) -> str:
    """What a reply of `n_tokens` reads."""
    return " ".join(f"word{n}" for n in range(1, n_tokens + 1))


TEXTS: dict[str, Callable[[int], str]] = {"words": echo_text, "markdown": markdown_text}


def echo_words(given: str, n_tokens: int, text: str = "words") -> list[str]:
    """The deltas that are still to come when `given` is there already. `text` is a key of TEXTS."""
    whole = TEXTS[text](n_tokens)
    if not whole.startswith(given):  # somebody else's beginning: number on from its words
        n_given = len(given.split())
        whole = given + "".join(f" word{n}" for n in range(n_given + 1, n_tokens + 1))
    return PIECE.findall(whole[len(given) :])


def echo_vector(text: str) -> list[float]:
    """Of length 1; the same for the same text in any process, and near for texts that share words."""
    vector = [0.0] * N_DIMENSIONS
    for word in text.lower().split() or [""]:
        vector[zlib.crc32(word.encode("utf-8", "replace")) % N_DIMENSIONS] += 1.0
    length = math.hypot(*vector)
    return [value / length for value in vector]
