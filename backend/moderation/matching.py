"""Rules as they are applied to a text. Pure; no database. Every search has a time limit, so that no pattern holds up the house.

Python's own `re` cannot be interrupted; `regex` can. A search that takes too long counts as no match, and is told in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import regex

logger = logging.getLogger(__name__)

SEARCH_S = 0.05  # of one rule over one text
PROBE_S = 0.1
MASK = "***"
_PROBES = (
    "a" * 4_000 + "!",
    "ab" * 2_000 + "!",
    " " * 4_000 + "!",
    "1" * 4_000 + "x",
    "가" * 4_000 + "!",
    "a1 가-" * 800 + "!",
)


class BadPattern(ValueError):
    """`args[0]` says what is wrong: a word of ours ("empty", "slow", "matches_nothing") or the regex compiler's sentence."""


@dataclass(frozen=True, slots=True)
class Compiled:
    id: int
    action: str
    pattern: Any
    n_chars: int  # the longest match, with what must follow it, that is surely found in a text that comes in pieces

    def matches(self, text: str, start: int = 0) -> Iterator[tuple[int, int]]:
        """(begin, end) of each match at or after `start`; none, or no more, once the time is up."""
        try:
            for found in self.pattern.finditer(text, start, timeout=SEARCH_S):
                if found.end() > found.start():
                    yield found.start(), found.end()
        except TimeoutError:
            logger.warning("moderation rule %d took too long and was passed over", self.id)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refused_by` is a rule's id; `found` are the ids of all that met."""

    text: str
    refused_by: int | None
    found: tuple[int, ...]


REGEX_CHARS = 200


def compiled(id: int, kind: str, pattern: str, action: str) -> Compiled:
    """Raises BadPattern."""
    if not pattern.strip():
        raise BadPattern("empty")
    source, n_chars = (_word(pattern), 3 * len(pattern)) if kind == "word" else (pattern, REGEX_CHARS)
    try:
        made = regex.compile(source, regex.IGNORECASE | regex.V1)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise BadPattern(str(error)[:200]) from error
    return Compiled(id, action, made, n_chars)


def check_speed(rule: Compiled) -> None:
    """Raises BadPattern for one that a hostile text could hold up: it is tried on some, with a time limit."""
    try:
        for probe in _PROBES:
            rule.pattern.search(probe, timeout=PROBE_S)
    except TimeoutError:
        raise BadPattern("slow") from None


def judge(text: str, rules: Sequence[Compiled]) -> Verdict:
    """A whole text, such as a question. Every rule is asked of the text as it came, so that none hides a match of another."""
    found: list[int] = []
    hidden: list[tuple[int, int]] = []
    refused_by: int | None = None
    for rule in rules:
        places = list(rule.matches(text))
        if not places:
            continue
        found.append(rule.id)
        if rule.action == "refuse":
            refused_by = refused_by or rule.id
        elif rule.action == "mask":
            hidden += places
    return Verdict(masked(text, hidden), refused_by, tuple(found))


def masked(text: str, places: Sequence[tuple[int, int]]) -> str:
    """Places that overlap are blacked out as one."""
    out, at = [], 0
    for begin, end in sorted(places):
        out += [text[at:begin], MASK] if begin >= at else []
        at = max(at, end)
    return "".join([*out, text[at:]])


def _word(word: str) -> str:
    """Whole words of alphabets that part words by spaces; Korean words carry endings, so there the beginning is enough."""
    escaped = r"\s{1,3}".join(regex.escape(part) for part in word.split())
    begin = r"(?<!\w)" if word.strip()[0].isalnum() else ""
    end = r"(?!\w)" if word.strip()[-1].isascii() and word.strip()[-1].isalnum() else ""
    return f"{begin}{escaped}{end}"
