"""What extraction hands on, and why it may refuse. Pure data.

A refusal is a code; its sentences in both languages are in memory/errors.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_CHARS = 2_000_000
MAX_PAGES = 5_000


class Refused(Exception):
    """`code` is stable and told to the user."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(slots=True)
class Extracted:
    """A text that grows. `pages` holds (offset in code points, number from 1) where pages, slides or sheets begin."""

    parts: list[str] = field(default_factory=list)
    pages: list[tuple[int, int]] = field(default_factory=list)
    n_chars: int = 0

    def page(self, number: int) -> None:
        if number > MAX_PAGES:
            raise Refused("document_too_long")
        self.pages.append((self.n_chars, number))

    def add(self, text: str, *, after: str = "\n\n") -> None:
        """Raises Refused for more text than a document may have."""
        text = text.replace("\x00", "").strip("\n")  # no Postgres keeps it, and no model reads it
        if not text.strip():
            return
        self.parts.append(text + after)
        self.n_chars += len(text) + len(after)
        if self.n_chars > MAX_CHARS:
            raise Refused("document_too_long")

    @property
    def text(self) -> str:
        return "".join(self.parts)

    @property
    def n_pages(self) -> int | None:
        return len(self.pages) or None
