"""Cuts a text where it has its joints: headings, paragraphs, sentences. The chunks joined give the text back, whole.

Sizes are tokens of the model that will read them, estimated by its own ratio of characters to tokens in Hangul and in other
text (`Sizes`), which the parent has measured by asking the engine.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from semantic_text_splitter import MarkdownSplitter

from backend.memory.extract.text import Extracted

_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3]")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Characters per token, and how many tokens a chunk should and may have."""

    wide_chars: float = 1.2
    other_chars: float = 4.0
    wanted_tokens: int = 110
    max_tokens: int = 200


@dataclass(frozen=True, slots=True)
class Chunk:
    text: str
    page: int | None
    heading: str


def cut(extracted: Extracted, sizes: Sizes) -> list[Chunk]:
    text = extracted.text
    n_wide = len(_WIDE.findall(text))
    n_tokens = n_wide / sizes.wide_chars + (len(text) - n_wide) / sizes.other_chars
    per_token = len(text) / max(1.0, n_tokens)
    capacity = (max(20, int(sizes.wanted_tokens * per_token)), max(40, int(sizes.max_tokens * per_token)))
    pieces = _with_headings(MarkdownSplitter(capacity, trim=False).chunk_indices(text), capacity[0])
    headings = [(found.start(), found[1].strip()[:200]) for found in _HEADING.finditer(text)]
    starts, firsts = [at for at, _ in headings], [at for at, _ in extracted.pages]
    chunks = []
    for n, start in enumerate(pieces):
        end = pieces[n + 1] if n + 1 < len(pieces) else len(text)
        # What follows the last joint before the chunk's middle names it: it may begin with its own heading.
        under = bisect_right(starts, (start + end) // 2)
        page = bisect_right(firsts, start)
        chunks.append(
            Chunk(
                text[start:end],
                extracted.pages[page - 1][1] if page else None,
                headings[under - 1][1] if under else "",
            )
        )
    return chunks


def _with_headings(pieces: list[tuple[int, str]], most_chars: int) -> list[int]:
    """Where chunks start. A heading does not stand alone: it begins the chunk below it. Of headings alone, as of slides with
    pictures, no more than `most_chars` come together."""
    starts: list[int] = []
    is_heading = False
    for start, piece in pieces:
        if not is_heading or start - starts[-1] >= most_chars:
            starts.append(start)
        lines = [line for line in piece.splitlines() if line.strip()]
        is_heading = all(_HEADING.match(line) for line in lines)
    return starts
