"""Finds a marker in a text that comes in pieces, and holds back what may become one."""

from __future__ import annotations


def held_back(text: str, marker: str) -> int:
    """How many characters at the end of `text` may be the beginning of `marker`."""
    for n in range(min(len(marker) - 1, len(text)), 0, -1):
        if text.endswith(marker[:n]):
            return n
    return 0


def split_safe(text: str, marker: str) -> tuple[str, str]:
    """(what surely holds no part of the marker, what may be its beginning)"""
    n = held_back(text, marker)
    return (text[:-n], text[-n:]) if n else (text, "")
