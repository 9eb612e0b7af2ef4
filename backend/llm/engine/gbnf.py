"""Reads GBNF, llama.cpp's notation for grammars, as strictly as llama.cpp and with bounds. Pure.

    root ::= "yes" | "no" | [1-9] [0-9]{0,3} (", " word)*

Token elements (<[12]>) are not taken: a grammar is about text.
"""

from __future__ import annotations

import re

from backend.llm.engine.grammar import (
    MAX_CODE,
    MAX_ELEMENTS,
    Alternate,
    Element,
    Grammar,
    GrammarError,
    literal,
    ranges_of,
)
from backend.llm.engine.grammar_check import check

MAX_CHARS = 32_768
MAX_NESTING = 64
MAX_RULES = 1000

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_HEAD = re.compile(r"[A-Za-z0-9_-]+[ \t]*::=")
_REPEAT = re.compile(r"\{\s*(\d{1,9})\s*(,?)\s*(\d{1,9})?\s*\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_HEX = {"x": 2, "u": 4, "U": 8}


def grammar_of(text: str) -> Grammar:
    """Read and checked. Raises GrammarError."""
    if len(text) > MAX_CHARS:
        raise GrammarError(f"it has more than {MAX_CHARS:,} characters")
    try:
        grammar = _Reader(text).read()
        check(grammar)
    except RecursionError:
        raise GrammarError("it is nested too deep") from None
    return grammar


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._grammar = Grammar()
        self._numbers = {"root": 0}
        self._defined: set[int] = set()

    def read(self) -> Grammar:
        self._skip()
        while self._at < len(self._text):
            self._rule()
        missing = [name for name, rule in self._numbers.items() if rule not in self._defined]
        if missing:
            raise GrammarError(f"there is no rule “{missing[0][:60]}”")
        self._grammar.names = {rule: name[:60] for name, rule in self._numbers.items()}
        return self._grammar

    def _rule(self) -> None:
        name = self._match(_NAME, "the name of a rule")
        self._skip()
        if not self._text.startswith("::=", self._at):
            raise self._error("::=")
        self._at += 3
        rule = self._number(name)
        if rule in self._defined:
            raise GrammarError(f"the rule “{name[:60]}” is there twice")
        self._defined.add(rule)
        self._grammar.define(rule, self._alternates(0))

    def _alternates(self, nesting: int) -> list[Alternate]:
        if nesting > MAX_NESTING:
            raise GrammarError(f"it is nested more than {MAX_NESTING} deep")
        alternates = [self._sequence(nesting)]
        while self._peek() == "|":
            self._at += 1
            alternates.append(self._sequence(nesting))
        return alternates

    def _sequence(self, nesting: int) -> Alternate:
        sequence: Alternate = []
        while True:
            self._skip()
            if self._peek() in ("", "|", ")") or _HEAD.match(self._text, self._at):
                return sequence
            sequence += self._repeated(self._item(nesting))
            if len(sequence) > MAX_ELEMENTS:
                raise GrammarError("it is too large")

    def _item(self, nesting: int) -> list[Alternate]:
        """Parts; a repetition holds for the last one."""
        character = self._peek()
        if character == '"':
            return [[one] for one in literal(self._quoted())]
        if character == "[":
            return [[self._class()]]
        if character == ".":
            self._at += 1
            return [[ranges_of([(0, MAX_CODE)])]]
        if character == "(":
            self._at += 1
            alternates = self._alternates(nesting + 1)
            if self._peek() != ")":
                raise self._error(")")
            self._at += 1
            return [alternates[0] if len(alternates) == 1 else [self._grammar.add(alternates)]]
        return [[self._number(self._match(_NAME, "a rule, a text, or a set of characters"))]]

    def _repeated(self, parts: list[Alternate]) -> Alternate:
        self._skip()
        bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._peek())
        found = _REPEAT.match(self._text, self._at)
        if bounds is not None:
            self._at += 1
        elif found:
            self._at = found.end()
            least = int(found[1])
            bounds = (least, int(found[3]) if found[3] else None if found[2] else least)
        if bounds is not None and parts:
            parts = [*parts[:-1], self._grammar.repeat(parts[-1], *bounds)]
        return [one for part in parts for one in part]

    def _quoted(self) -> str:
        self._at += 1
        characters = []
        while self._peek() != '"':
            characters.append(self._character())
        self._at += 1
        return "".join(characters)

    def _class(self) -> Element:
        self._at += 1
        negated = self._peek() == "^"
        self._at += negated
        pairs = []
        while self._peek() != "]":
            low = high = ord(self._character())
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("", "]"):
                self._at += 1
                high = ord(self._character())
            pairs.append((low, high))
        self._at += 1
        return ranges_of(pairs, negated=negated)

    def _character(self) -> str:
        character = self._peek()
        if character == "":
            raise self._error("the end of a text or a set")
        self._at += 1
        if character != "\\":
            return character
        escaped = self._peek()
        self._at += 1
        if escaped not in _HEX:
            return _ESCAPES.get(escaped, escaped) or "\\"
        digits = self._text[self._at : self._at + _HEX[escaped]]
        self._at += len(digits)
        if not re.fullmatch(f"[0-9a-fA-F]{{{_HEX[escaped]}}}", digits) or int(digits, 16) > MAX_CODE:
            raise self._error("hexadecimal digits of a character")
        return chr(int(digits, 16))

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            if len(self._numbers) >= MAX_RULES:
                raise GrammarError(f"it has more than {MAX_RULES:,} rules")
            self._numbers[name] = self._grammar.add()
        return self._numbers[name]

    def _match(self, pattern: re.Pattern[str], expected: str) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self._error(expected)
        self._at = found.end()
        return found[0]

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _error(self, expected: str) -> GrammarError:
        line = self._text.count("\n", 0, self._at) + 1
        return GrammarError(f"line {line}: expected {expected}")
