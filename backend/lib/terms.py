"""Text to search terms, and search words to places in a text. Pure functions; no database, no Django.

Hangul, Han and kana have no spaces between what people search for (particles stick to nouns), so runs of them are cut into
overlapping pairs, and the last character stands alone: every character begins a term, so that one syllable finds by
prefix and two syllables find exactly. Other letters and digits are whole words, found by their beginning.

Offsets count Unicode code points of the text as it was given, though matching is done on a folded copy (NFKC, case).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_TERM_CHARS = 32
MAX_QUERY_CHARS = 200
MAX_QUERY_WORDS = 8

# Hangul jamo and syllables, kana, bopomofo, Han with the extensions of the supplementary planes.
_PAIRED = (
    r"\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u318f\u31a0-\u31bf\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"(?P<paired>[{_PAIRED}]+)|(?P<word>[^\\W_{_PAIRED}]+)")
# A Hangul syllable is its initial, one of 21 vowels and one of 28 endings (Unicode, chapter 3.12).
_SYLLABLES, _PER_INITIAL, _INITIALS = range(0xAC00, 0xD7A4), 21 * 28, range(0x1100, 0x1113)
_WRAPPING = "\"'*()“”‘’「」『』"
_CLUSTERS = re.compile(r"[\s\S][\u0300-\u036f\u1160-\u11ff\u3099\u309a\ud7b0-\ud7ff]*")


@dataclass(frozen=True, slots=True)
class Query:
    """A search, ready for the index. `words` are folded; all of them must occur in one text."""

    words: tuple[str, ...]
    terms: tuple[str, ...]  # must be in the index as they are
    prefixes: tuple[str, ...]  # a term of the index must begin so


def fold(text: str) -> str:
    """One form for what readers take for the same: width, composition and case are levelled."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The folded runs of letters and digits in `text`, in order, each with whether it is of a script without spaces."""
    return ((run[0], run.lastgroup == "paired") for run in _RUNS.finditer(fold(text)))


def pairs(run: str) -> Iterator[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))


def index_terms(text: str) -> set[str]:
    """All terms of `text`, each once."""
    terms: set[str] = set()
    for run in _RUNS.finditer(fold(text)):
        if run.lastgroup == "word":
            terms.add(run[0][:MAX_TERM_CHARS])
        else:
            terms.update(pairs(run[0]))
            terms.add(run[0][-1])
    return terms


def initials(folded: str) -> str:
    """Each Hangul syllable as its initial consonant, all else as it is: one code point for one."""
    return "".join(
        chr(_INITIALS[0] + (ord(c) - _SYLLABLES[0]) // _PER_INITIAL) if ord(c) in _SYLLABLES else c for c in folded
    )


def initial_terms(text: str) -> set[str]:
    """The terms by which Hangul is found by its initials (초성), such as ㄱㅈ for 걱정."""
    return index_terms(initials(fold(text)))


def parse_query(text: str) -> Query | None:
    """What a user typed, as a query. None when it holds nothing that could be found. Syntax characters mean nothing."""
    bare = (word.strip(_WRAPPING) for word in fold(text[:MAX_QUERY_CHARS]).split())
    words = tuple(dict.fromkeys(word for word in bare if word))[:MAX_QUERY_WORDS]
    terms: dict[str, None] = {}
    prefixes: dict[str, None] = {}
    kept = []
    for word in words:
        runs = list(_RUNS.finditer(word))
        if runs:
            kept.append(word)
        for run in runs:
            if run.lastgroup == "paired" and len(run[0]) > 1:
                terms.update(dict.fromkeys(pairs(run[0])))
            else:
                prefixes[run[0][:MAX_TERM_CHARS]] = None
    return Query(tuple(kept), tuple(terms), tuple(prefixes)) if kept else None


def find_ranges(
    text: str, words: tuple[str, ...], max_ranges: int = 20, *, by_initials: bool = False
) -> list[tuple[int, int]]:
    """Where `words` stand in `text`: [start, end) in code points, in order, not overlapping. Empty if one word is absent.

    `by_initials`: a word of nothing but initial consonants also stands where syllables begin with them.
    """
    folded, starts, ends = _fold_with_places(text)
    found: list[tuple[int, int]] = []
    for word in words:
        places = list(_places(folded, word, max_ranges))
        if not places and by_initials and all(ord(c) in _INITIALS for c in word):
            places = list(_places(initials(folded), word, max_ranges))
        if not places:
            return []
        found += [(starts[at], ends[at + len(word) - 1]) for at in places]
    return _merged(sorted(found))[:max_ranges]


def snippet(text: str, ranges: list[tuple[int, int]], width: int = 160) -> tuple[str, list[tuple[int, int]]]:
    """A part of `text` around its first range on one line, and the ranges inside it. Plain text, never markup."""
    first = ranges[0][0] if ranges else 0
    start = max(0, min(first - width // 4, len(text) - width))
    end = min(len(text), start + width)
    # One code point for one: the offsets must stay true.
    line = re.sub(r"\s", " ", text[start:end])
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in ranges if a < end and b > start]
    return line, inside


def _places(folded: str, word: str, limit: int) -> Iterator[int]:
    at = folded.find(word)
    while at >= 0 and limit > 0:
        yield at
        limit -= 1
        at = folded.find(word, at + len(word))


def _fold_with_places(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The folded text, and for each of its code points where its origin starts and ends in `text`."""
    folded = fold(text)
    # HAZARD: equal lengths are not enough, what one code point adds (ﬁ) another may have taken (an accent, by composition).
    if len(folded) == len(text) and not _adds(text):
        return folded, range(len(text)), range(1, len(text) + 1)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _CLUSTERS.finditer(text):
        piece = fold(cluster[0])
        pieces.append(piece)
        starts += [cluster.start()] * len(piece)
        ends += [cluster.end()] * len(piece)
    return "".join(pieces), starts, ends


def _adds(text: str) -> bool:
    """Whether a code point of `text` is more than one when it is folded."""
    apart = "\n".join(set(text))  # nothing composes with a line feed
    return len(fold(apart)) > len(apart)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
