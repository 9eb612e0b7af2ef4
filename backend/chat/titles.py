"""Titles of sessions, out of a question or out of what a model said. Pure; titling.py asks the model."""

from __future__ import annotations

import re

from backend.lib.text import has_hangul, shorten

MAX_TITLE_CHARS = 60

_MARKDOWN = re.compile(r"[`*_#>|]+")
_LABEL = re.compile(r"^\s*(?:title|제목)\s*[:：]\s*", re.IGNORECASE)
_SYLLABLE = re.compile(r"[가-힣]")
_QUOTES = " \t\"'“”‘’「」『』《》"


def first_words(question: str) -> str:
    """At most 60 code points, one line, without Markdown's marks. Cut between words where there are any."""
    line = " ".join(_MARKDOWN.sub(" ", question[:2000]).split())
    if len(line) <= MAX_TITLE_CHARS:
        return line
    head, space, _ = line[:MAX_TITLE_CHARS].rpartition(" ")
    return f"{head}…" if space and len(head) > MAX_TITLE_CHARS // 2 else shorten(line, MAX_TITLE_CHARS)


def clean(said: str) -> str:
    """A model's answer as a title: one line, without label, quotes and Markdown."""
    line = next(filter(None, map(str.strip, said.replace("\x00", "").splitlines())), "")
    return first_words(_LABEL.sub("", line.strip(_QUOTES)).strip(_QUOTES)).rstrip(". ")


def fits(title: str, question: str) -> bool:
    """Whether who asked can read it: small models call a Korean conversation by English words, mostly wrong ones."""
    return bool(_SYLLABLE.search(title)) or not has_hangul(question)
