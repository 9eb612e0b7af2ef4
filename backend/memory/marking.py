"""Where the words of a question stand in a passage. Pure."""

from __future__ import annotations

from backend.lib.terms import find_ranges
from backend.memory.terms import content_runs, stem

MAX_RANGES = 60
_LEAST_KOREAN = 2


def ranges(text: str, question: str) -> list[tuple[int, int]]:
    """[start, end) in code points of `text`, in order, not overlapping. A Korean word is found without its particles."""
    found: list[tuple[int, int]] = []
    for run, is_paired in dict.fromkeys(content_runs(question)):
        shortest = _LEAST_KOREAN if is_paired else len(stem(run))
        for length in range(len(run), min(shortest, len(run)) - 1, -1):
            if places := find_ranges(text, (run[:length],)):
                found += places
                break
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged[:MAX_RANGES]
