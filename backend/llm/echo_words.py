"""What the echo engine says: numbered words, and how they go on after a text that was cut. Pure."""

from __future__ import annotations


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
