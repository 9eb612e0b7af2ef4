"""Splits what a model thinks from what it answers, in a stream of text."""

from __future__ import annotations

from dataclasses import dataclass

from backend.llm.output.scanning import split_safe


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    is_reasoning: bool


class ReasoningSplitter:
    """A thought stands at the beginning of an answer, between two tags; `is_open`: the prompt ended with the first of them.

    The tags and the blanks beside them are left out; every other character comes out once, in order.
    """

    def __init__(self, tags: tuple[str, str], *, is_open: bool = False) -> None:
        self._opens, self._closes = tags
        self._state = "thinking" if is_open else "before"
        self._held = ""
        self._at_beginning = True  # of a thought or an answer: blanks are dropped

    def feed(self, text: str) -> list[Piece]:
        self._held += text
        pieces: list[Piece] = []
        if self._state == "before":
            self._look_for_beginning()
        if self._state == "thinking":
            pieces += self._think()
        if self._state == "answering":
            pieces += self._out(self._take_all(), is_reasoning=False)
        return pieces

    def flush(self) -> list[Piece]:
        """The end of the stream: what was held back."""
        is_thought = self._state == "thinking"
        text = self._take_all()
        return self._out(text.rstrip() if is_thought else text, is_reasoning=is_thought)

    def _look_for_beginning(self) -> None:
        start = self._held.lstrip()
        if start.startswith(self._opens):
            self._state, self._held = "thinking", start[len(self._opens) :]
        elif not self._opens.startswith(start):
            self._state, self._at_beginning = "answering", False

    def _think(self) -> list[Piece]:
        thought, closes, rest = self._held.partition(self._closes)
        if closes:
            pieces = self._out(thought.rstrip(), is_reasoning=True)
            self._state, self._held, self._at_beginning = "answering", rest, True
            return pieces
        safe, _ = split_safe(self._held, self._closes)
        safe = safe.rstrip()  # blanks may stand before the closing tag
        self._held = self._held[len(safe) :]
        return self._out(safe, is_reasoning=True)

    def _take_all(self) -> str:
        text, self._held = self._held, ""
        return text

    def _out(self, text: str, *, is_reasoning: bool) -> list[Piece]:
        if self._at_beginning:
            text = text.lstrip()
            self._at_beginning = not text
        return [Piece(text, is_reasoning)] if text else []
