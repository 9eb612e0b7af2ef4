"""Gives a session its title when the first reply has ended: the first words of the question. Pure.

A title made by the model comes with its own issue: as a continuation of the same prompt (prompt.TITLE_REQUEST), asked for by
the turn after `finish`, so that it never evicts the chat's KV cache. This function stays its fallback.
"""

from __future__ import annotations

import re

from backend.lib.text import shorten

MAX_TITLE_CHARS = 60
_MARKDOWN = re.compile(r"[`*_#>|]+")


def first_words(question: str) -> str:
    """At most 60 code points, one line, without Markdown's marks. Cut between words where there are any."""
    line = " ".join(_MARKDOWN.sub(" ", question[:2000]).split())
    if len(line) <= MAX_TITLE_CHARS:
        return line
    head, space, _ = line[:MAX_TITLE_CHARS].rpartition(" ")
    return f"{head}…" if space and len(head) > MAX_TITLE_CHARS // 2 else shorten(line, MAX_TITLE_CHARS)
