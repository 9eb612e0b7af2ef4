"""From messages to token ids, so that nothing a user typed can become a special token. Pure but for the vocabulary.

The template is rendered with a placeholder in place of each content; what lies between the placeholders is the template's
own and may hold special tokens, what stands for a placeholder never does. Then the text between two special tokens is tokenized
as one piece, template and content together, exactly as the model saw it in training. A template that changes contents
(Qwen drops what lies before `</think>`) is found by a second rendering, with the contents in place; there each text of a
special token inside a content is parted by a mark before, and joined again after the special tokens were found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.llm.engine.templates import ChatTemplate, TemplateError, TemplateRefused
from backend.llm.types import ChatMessage

# Whitespace that no template writes: when it is gone, the template strips its contents.
PAD = " \t \t  \t"


class Special(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def strips_right(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Part:
    """`is_trusted`: written by the template, so special tokens in it are meant."""

    text: str
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    tokenize: Callable[[str], list[int]]  # plain text only
    specials: Sequence[Special]
    bos: int = -1
    bos_text: str = ""
    eos_text: str = ""
    adds_bos: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    text: str
    tokens: list[int]


class PromptBuilder:
    """`known_tokens` gives the tokens of a text that the model wrote itself: they are what its KV cache holds."""

    def __init__(
        self,
        template: ChatTemplate,
        vocabulary: Vocabulary,
        known_tokens: Callable[[str], Sequence[int] | None] = lambda text: None,
    ) -> None:
        self.template = template
        self._known_tokens = known_tokens
        self._vocabulary = vocabulary
        self._by_text = {special.text: special for special in vocabulary.specials}
        texts = sorted(self._by_text, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, texts))) if texts else None

    def build(self, messages: Sequence[ChatMessage], *, continue_last: bool = False) -> Prompt:
        """Raises TemplateError."""
        is_open = continue_last and messages and messages[-1].role == "assistant"
        # An open answer stands where the model wrote it: after the generation prompt, with no end of turn.
        history = list(messages[:-1] if is_open else messages)
        parts = self._render(history)
        if is_open and messages[-1].content:
            parts.append(Part(messages[-1].content, is_trusted=False))
        return Prompt("".join(part.text for part in parts), self.tokens_of(parts))

    # --- text ----------------------------------------------------------------------------------------------------------

    def _render(self, messages: list[ChatMessage]) -> list[Part]:
        try:
            return self._parts(messages)
        except TemplateRefused:
            folded = fold_system(messages)
            if folded == messages:
                raise
            return self._parts(folded)

    def _parts(self, messages: list[ChatMessage]) -> list[Part]:
        true_text = self._render_raw([(one.role, one.content) for one in messages])
        try:
            parts = self._parts_by_placeholder(messages)
        except TemplateRefused:
            parts = []
        if "".join(part.text for part in parts) == true_text:
            return parts
        return self._parts_by_mark(messages)

    def _parts_by_placeholder(self, messages: list[ChatMessage]) -> list[Part]:
        mark = _unused_character(one.content for one in messages)
        held = [f"{PAD}{mark}{n}{mark}{PAD}" if one.content else "" for n, one in enumerate(messages)]
        text = self._render_raw([(one.role, held[n]) for n, one in enumerate(messages)])
        parts: list[Part] = []
        at = 0
        for found in re.finditer(f"{mark}(\\d+){mark}", text):
            content = messages[int(found[1])].content
            start, end = found.span()
            is_padded = text[at:start].endswith(PAD), text[end:].startswith(PAD)
            start, end = start - len(PAD) * is_padded[0], end + len(PAD) * is_padded[1]
            content = content if is_padded[0] else content.lstrip()
            content = content if is_padded[1] else content.rstrip()
            parts += [Part(text[at:start], is_trusted=True), Part(content, is_trusted=False)]
            at = end
        return [*parts, Part(text[at:], is_trusted=True)]

    def _parts_by_mark(self, messages: list[ChatMessage]) -> list[Part]:
        mark = _unused_character(one.content for one in messages)
        parted = [(one.role, self._part_specials(one.content, mark)) for one in messages]
        return [Part(text, is_trusted=True) for text in self._render_raw(parted).split(mark)]

    def _part_specials(self, content: str, mark: str) -> str:
        """Put the mark behind the first character of whatever reads like a special token, overlaps included."""
        if self._pattern is None:
            return content
        starts = {found.start() for found in re.finditer(f"(?={self._pattern.pattern})", content)}
        return "".join(character + mark if at in starts else character for at, character in enumerate(content))

    def _render_raw(self, messages: Iterable[tuple[str, str]]) -> str:
        return self.template.render(
            [{"role": role, "content": content} for role, content in messages],
            add_generation_prompt=True,
            bos_token=self._vocabulary.bos_text,
            eos_token=self._vocabulary.eos_text,
            tools=None,
            documents=None,
        )

    # --- tokens --------------------------------------------------------------------------------------------------------

    def tokens_of(self, parts: Iterable[Part]) -> list[int]:
        tokens: list[int] = []
        plain = ""
        for piece in self._pieces(parts):
            if isinstance(piece, str):
                plain += piece
                continue
            tokens += self._vocabulary.tokenize(plain) if plain else []
            tokens += piece
            plain = ""
        tokens += self._vocabulary.tokenize(plain) if plain else []
        if self._vocabulary.adds_bos and self._vocabulary.bos >= 0 and tokens[:1] != [self._vocabulary.bos]:
            tokens.insert(0, self._vocabulary.bos)
        return tokens

    def _pieces(self, parts: Iterable[Part]) -> Iterable[str | Sequence[int]]:
        """Ids of the special tokens that are meant and of what the model wrote, and the text between them."""
        for part in parts:
            known = None if part.is_trusted or not part.text else self._known_tokens(part.text)
            if known is not None:
                yield known
                continue
            if not part.is_trusted or self._pattern is None:
                yield part.text
                continue
            at = 0
            for found in self._pattern.finditer(part.text):
                yield part.text[at : found.start()]
                special = self._by_text[found[0]]
                yield [special.id]
                at = found.end()
                if special.strips_right:
                    at += len(part.text[at:]) - len(part.text[at:].lstrip())
            yield part.text[at:]


def fold_system(messages: list[ChatMessage]) -> list[ChatMessage]:
    """For templates without a system role: its text opens the first user message."""
    system = [one.content for one in messages if one.role == "system"]
    rest = [one for one in messages if one.role != "system"]
    if not system or not rest or rest[0].role != "user":
        return messages
    return [ChatMessage("user", "\n\n".join([*system, rest[0].content])), *rest[1:]]


def _unused_character(contents: Iterable[str]) -> str:
    """A noncharacter that none of the contents holds."""
    held = set("".join(contents))
    for code in range(0xFDD0, 0xFDF0):
        if chr(code) not in held:
            return chr(code)
    raise TemplateError("the messages hold every noncharacter of Unicode")
