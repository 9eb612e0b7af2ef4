"""From messages to token ids, so that nothing a user typed can become a special token. Pure but for the vocabulary.

The template is rendered with a placeholder in place of each content; what lies between the placeholders is the template's
own and may hold special tokens, what stands for a placeholder never does. Then the text between two special tokens is tokenized
as one piece, template and content together, exactly as the model saw it in training. A template that changes contents
(Qwen drops what lies before `</think>`) is found by a second rendering, with the contents in place; there each text of a
special token inside a content is parted by a mark before, and joined again after the special tokens were found. The texts of
tools and of calls, which templates write as JSON, are always parted so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from backend.llm.engine.image_marks import SHOWN, check_all_stand, divided, marked
from backend.llm.engine.templates import ChatTemplate, TemplateError, TemplateRefused, parts_of, shows_parts_only
from backend.llm.engine.tool_prompt import Change, fold_tools, row_of, tool_rows
from backend.llm.output.families import GENERIC, family_of, reasoning_tags_of
from backend.llm.types import ChatMessage, Tool

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
    """`is_trusted`: written by the template, so special tokens in it are meant. With `tokens` the text only shows them."""

    text: str
    is_trusted: bool
    tokens: tuple[int, ...] = ()


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


@dataclass(frozen=True, slots=True)
class _Talk:
    """What a template is told."""

    messages: list[ChatMessage]
    tools: tuple[Tool, ...] = ()
    thinks: bool | None = None
    arguments_as_text: bool = False


class PromptBuilder:
    """`known_tokens` gives the tokens of a text that the model wrote itself: they are what its KV cache holds."""

    def __init__(
        self,
        template: ChatTemplate,
        vocabulary: Vocabulary,
        known_tokens: Callable[[str], Sequence[int] | None] = lambda text: None,
    ) -> None:
        self.template = template
        self.family = family_of(template.source)
        self.reasoning_tags = reasoning_tags_of(template.source)
        self._shows_parts_only = shows_parts_only(template)
        self._known_tokens = known_tokens
        self._vocabulary = vocabulary
        self._by_text = {special.text: special for special in vocabulary.specials}
        texts = sorted(self._by_text, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, texts))) if texts else None

    def build(
        self,
        messages: Sequence[ChatMessage],
        *,
        continue_last: bool = False,
        tools: Sequence[Tool] = (),
        thinks: bool | None = None,
        images: Sequence[Sequence[int]] = (),
    ) -> Prompt:
        """Raises TemplateError. `thinks` False: the answer begins at once, also where the template would open a thought.

        `images`: the tokens of those that the messages have, in their order.
        """
        is_open = continue_last and messages and messages[-1].role == "assistant"
        # An open answer stands where the model wrote it: after the generation prompt, with no end of turn.
        history = list(messages[:-1] if is_open else messages)
        mark = _unused_characters(_texts_of(_Talk(history, tuple(tools))))[0] if images else ""
        history = marked(history, mark) if images else history
        if self.family is GENERIC:
            history, tools = fold_tools(history, tools), ()
        parts = self._render(_Talk(history, tuple(tools), thinks))
        parts = _with_images(parts, mark, images) if images else parts
        if thinks is False and "".join(part.text for part in parts).rstrip().endswith(self.reasoning_tags[0]):
            parts.append(Part(f"\n{self.reasoning_tags[1]}\n\n", is_trusted=True))
        if is_open and messages[-1].content:
            parts.append(Part(messages[-1].content, is_trusted=False))
        return Prompt("".join(part.text for part in parts), self.tokens_of(parts))

    def raw(self, text: str) -> Prompt:
        """A prompt without a template: all of it is meant as it is written, special tokens too."""
        return Prompt(text, self.tokens_of([Part(text, is_trusted=True)]))

    # --- text ----------------------------------------------------------------------------------------------------------

    def _render(self, talk: _Talk) -> list[Part]:
        try:
            return self._render_folding(talk)
        except TemplateRefused:
            raise
        except TemplateError:
            if not any(message.tool_calls for message in talk.messages):
                raise
            # Most templates take arguments as an object, DeepSeek's as text.
            return self._render_folding(replace(talk, arguments_as_text=True))

    def _render_folding(self, talk: _Talk) -> list[Part]:
        try:
            return self._parts(talk)
        except TemplateRefused:
            folded = fold_system(talk.messages)
            if folded == talk.messages:
                raise
            return self._parts(replace(talk, messages=folded))

    def _parts(self, talk: _Talk) -> list[Part]:
        true_text = self._render_raw(talk, [one.content for one in talk.messages])
        try:
            parts = self._parts_by_placeholder(talk)
        except TemplateRefused:
            parts = []
        if "".join(part.text for part in parts) == true_text:
            return parts
        return self._parts_by_mark(talk)

    def _parts_by_placeholder(self, talk: _Talk) -> list[Part]:
        messages = talk.messages
        mark, parting = _unused_characters(_texts_of(talk))
        held = [f"{PAD}{mark}{n}{mark}{PAD}" if one.content else "" for n, one in enumerate(messages)]
        text = self._render_raw(talk, held, lambda one: self._part_specials(one, parting))
        parts: list[Part] = []
        at = 0
        for found in re.finditer(f"{mark}(\\d+){mark}", text):
            content = messages[int(found[1])].content
            start, end = found.span()
            is_padded = text[at:start].endswith(PAD), text[end:].startswith(PAD)
            start, end = start - len(PAD) * is_padded[0], end + len(PAD) * is_padded[1]
            content = content if is_padded[0] else content.lstrip()
            content = content if is_padded[1] else content.rstrip()
            parts += [*_trusted(text[at:start], parting), Part(content, is_trusted=False)]
            at = end
        return [*parts, *_trusted(text[at:], parting)]

    def _parts_by_mark(self, talk: _Talk) -> list[Part]:
        mark, _ = _unused_characters(_texts_of(talk))

        def part(text: str) -> str:
            return self._part_specials(text, mark)

        return _trusted(self._render_raw(talk, [part(one.content) for one in talk.messages], part), mark)

    def _part_specials(self, content: str, mark: str) -> str:
        """Put the mark behind the first character of whatever reads like a special token, overlaps included."""
        if self._pattern is None:
            return content
        starts = {found.start() for found in re.finditer(f"(?={self._pattern.pattern})", content)}
        return "".join(character + mark if at in starts else character for at, character in enumerate(content))

    def _render_raw(self, talk: _Talk, contents: Sequence[str], change: Change = str) -> str:
        rows = [
            row_of(
                message,
                parts_of(content) if self._shows_parts_only else content,
                change,
                arguments_as_text=talk.arguments_as_text,
            )
            for message, content in zip(talk.messages, contents, strict=True)
        ]
        # Two names for the same switch: Qwen's and GLM's, DeepSeek's and Granite's.
        thinking = {} if talk.thinks is None else {"enable_thinking": talk.thinks, "thinking": talk.thinks}
        return self.template.render(
            rows,
            add_generation_prompt=True,
            bos_token=self._vocabulary.bos_text,
            eos_token=self._vocabulary.eos_text,
            tools=tool_rows(talk.tools, change) or None,
            documents=None,
            **thinking,
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
            known = part.tokens or (None if part.is_trusted or not part.text else self._known_tokens(part.text))
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


def _with_images(parts: list[Part], mark: str, images: Sequence[Sequence[int]]) -> list[Part]:
    """Raises TemplateRefused."""
    with_images: list[Part] = []
    numbers: list[int] = []
    for part in parts:
        for piece in divided(part.text, mark, len(images)):
            if isinstance(piece, int):
                numbers.append(piece)
                with_images.append(Part(SHOWN, is_trusted=True, tokens=tuple(images[piece])))
            elif piece:
                with_images.append(replace(part, text=piece))
    check_all_stand(numbers, len(images))
    return with_images


def _trusted(text: str, mark: str) -> list[Part]:
    return [Part(part, is_trusted=True) for part in text.split(mark)]


def _texts_of(talk: _Talk) -> Iterable[str]:
    for message in talk.messages:
        yield from (message.content, message.tool_call_id, message.name)
        for call in message.tool_calls:
            yield from (call.id, call.name, call.arguments)
    for tool in talk.tools:
        yield from (tool.name, tool.description, tool.parameters)


def _unused_characters(texts: Iterable[str]) -> tuple[str, str]:
    """Two noncharacters that none of the texts holds. One that JSON escapes parts a text once more, and forges nothing."""
    held = set("".join(texts))
    unused = [chr(code) for code in range(0xFDD0, 0xFDF0) if chr(code) not in held]
    if len(unused) < 2:
        raise TemplateError("the messages hold every noncharacter of Unicode")
    return unused[0], unused[1]
