"""Finds tool calls in a stream of text. A call comes out whole, when it is closed; what is no call stays text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from backend.llm.output.bodies import MAX_BODY_CHARS, Call, calls_in
from backend.llm.output.families import Family
from backend.llm.output.scanning import split_safe
from backend.llm.types import Tool, ToolCall


class CallParser:
    """`id_prefix` with a number after it makes the ids of the calls: unique within the conversation if the prefix is."""

    def __init__(self, family: Family, tools: Sequence[Tool], *, id_prefix: str) -> None:
        self._family, self._tools = family, tools
        self._names = {tool.name for tool in tools}
        self._id_prefix, self._numbers = id_prefix, count()
        self._held = ""
        self._body: list[str] | None = None  # inside a call: the parts of what it holds so far
        self._n_body_chars = 0
        # Llama writes a call without any mark, but then the whole answer is one.
        self._may_be_bare = family.name == "llama"
        self._blanks = ""  # between two calls they belong to nobody
        self.n_calls = 0

    def feed(self, text: str) -> list[str | ToolCall]:
        out: list[str | ToolCall] = []
        self._held += text
        while self._held:
            before = self._held
            out += self._read_body() if self._body is not None else self._read_text()
            if self._held == before:
                break
        return [one for one in out if one]

    def flush(self) -> list[str | ToolCall]:
        """The end of the stream: a call that was not closed is one if it can be read, else it is text."""
        body, held = self._body, self._held
        self._body, self._held = None, ""
        if body is not None:
            return self._closed("".join(body) + held, closes="")
        if self._may_be_bare and held:
            found = calls_in(held, self._family, self._tools)
            if found and all(name in self._names for name, _ in found):
                return list(self._calls(found))
        return [one for one in (self._blanks + held,) if one and (one.strip() or not self.n_calls)]

    def _read_text(self) -> list[str | ToolCall]:
        if self._may_be_bare:
            start = self._held.lstrip()
            if not start or (start.startswith("{") and len(start) < MAX_BODY_CHARS):
                return []
            self._may_be_bare = False
        text, opens, rest = self._held.partition(self._family.opens)
        if opens:
            self._body, self._n_body_chars, self._held = [], 0, rest
            return [self._shown(text)]
        text, self._held = split_safe(self._held, self._family.opens)
        return [self._shown(text)]

    def _shown(self, text: str) -> str:
        """Blanks wait until it shows whether text or a call follows."""
        text = self._blanks + text
        shown = text.rstrip()
        self._blanks = text[len(shown) :]
        if self._body is not None:
            self._blanks = ""
        return shown

    def _read_body(self) -> list[str | ToolCall]:
        assert self._body is not None
        closes = self._family.closes
        if closes:
            body, closed, rest = self._held.partition(closes)
            if closed:
                self._held = rest
                return self._closed("".join(self._body) + body, closes=closes)
            safe, self._held = split_safe(self._held, closes)
        else:
            safe, self._held = self._held, ""
        self._body.append(safe)
        self._n_body_chars += len(safe)
        if self._n_body_chars <= MAX_BODY_CHARS:
            return []
        return self._closed("".join(self._body), closes="")

    def _closed(self, body: str, *, closes: str) -> list[str | ToolCall]:
        self._body = None
        found = calls_in(body, self._family, self._tools)
        return list(self._calls(found)) if found else [self._family.opens + body + closes]

    def _calls(self, found: Sequence[Call]) -> list[ToolCall]:
        self.n_calls += len(found)
        return [ToolCall(f"{self._id_prefix}{next(self._numbers)}", name, arguments) for name, arguments in found]
