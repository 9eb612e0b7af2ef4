"""Turns the bytes of tokens into text, whole code points only. Pure; one per reply.

A code point split over tokens is held back until it is whole, so no false U+FFFD ever leaves. Bytes that can never
become text are replaced; an unfinished code point at the end is dropped. NUL is dropped: no database stores it.
"""

from __future__ import annotations

import codecs


class Detokenizer:
    def __init__(self, *, strips_first_space: bool = False) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._strips_first_space = strips_first_space

    @property
    def is_open(self) -> bool:
        """A part of a character is held back."""
        return bool(self._decoder.getstate()[0])

    def feed(self, piece: bytes) -> str:
        text = self._decoder.decode(piece).replace("\0", "")
        if text and self._strips_first_space:
            self._strips_first_space = False
            text = text.removeprefix(" ")
        return text
