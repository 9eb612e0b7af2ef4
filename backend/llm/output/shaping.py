"""Takes a stream of events apart as its request wants it: thoughts as reasoning, calls as `ToolCall`s.

Where a request wants neither, the stream passes as it is. Pure but for the waiting.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from backend.llm.output.calls import CallParser
from backend.llm.output.families import FAMILIES, GENERIC
from backend.llm.output.reasoning import ReasoningSplitter
from backend.llm.types import Delta, Finished, GenerateRequest, Started, StreamEvent, TokenLogprob, ToolCall


@dataclass(frozen=True, slots=True)
class OutputStyle:
    """How a model writes; its card says it."""

    family: str = GENERIC.name
    reasoning: tuple[str, str] = ("<think>", "</think>")


def wants_shaping(request: GenerateRequest) -> bool:
    return request.splits_reasoning or bool(request.tools and request.tool_choice != "none")


async def shaped(
    events: AsyncGenerator[StreamEvent], request: GenerateRequest, style_of: Callable[[], OutputStyle]
) -> AsyncGenerator[StreamEvent]:
    """Owns `events`: closing this closes them. The style is asked for when the model is known, at the start."""
    shaper = _Shaper(request, OutputStyle())
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Started):
                shaper = _Shaper(request, style_of())
                shaper.begin(event)
            elif isinstance(event, Delta):
                for one in shaper.feed(event):
                    yield one
                continue
            elif isinstance(event, Finished):
                for one in shaper.end():
                    yield one
                if shaper.n_calls and event.finish_reason == "stop":
                    event = replace(event, finish_reason="tool_calls")
            yield event


class _Shaper:
    """Tokens and their log probabilities go with the next piece that comes out, so that none is counted twice or lost."""

    def __init__(self, request: GenerateRequest, style: OutputStyle) -> None:
        self._style, self._request = style, request
        self._splitter: ReasoningSplitter | None = None
        self._parser: CallParser | None = None
        if request.tools and request.tool_choice != "none":
            family = FAMILIES.get(style.family, GENERIC)
            self._parser = CallParser(family, request.tools, id_prefix=f"call_{uuid.uuid4().hex[:20]}")
        self._has_called = False
        self._n_tokens = 0
        self._logprobs: tuple[TokenLogprob, ...] = ()

    @property
    def n_calls(self) -> int:
        return self._parser.n_calls if self._parser else 0

    def begin(self, started: Started) -> None:
        opens = self._style.reasoning[0]
        if self._request.splits_reasoning:
            is_open = started.prompt.rstrip().endswith(opens)
            self._splitter = ReasoningSplitter(self._style.reasoning, is_open=is_open)

    def feed(self, delta: Delta) -> list[StreamEvent]:
        self._n_tokens += delta.n_tokens
        self._logprobs += delta.logprobs
        if self._splitter is None:
            return self._answered(delta.text)
        return [
            event
            for piece in self._splitter.feed(delta.text)
            for event in ([self._delta("", piece.text)] if piece.is_reasoning else self._answered(piece.text))
        ]

    def end(self) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for piece in self._splitter.flush() if self._splitter else ():
            events += [self._delta("", piece.text)] if piece.is_reasoning else self._answered(piece.text)
        events += self._parsed(self._parser.flush() if self._parser else [])
        return [*events, self._delta("")] if self._n_tokens else events

    def _answered(self, text: str) -> list[StreamEvent]:
        if self._parser is None:
            return [self._delta(text)] if text else []
        return self._parsed(self._parser.feed(text))

    def _parsed(self, found: list[str | ToolCall]) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for one in found:
            if isinstance(one, str):
                events.append(self._delta(one))
            elif self._request.parallel_tool_calls or not self._has_called:
                self._has_called = True
                events.append(one)
        return events

    def _delta(self, text: str, reasoning: str = "") -> Delta:
        delta = Delta(text, self._n_tokens, self._logprobs, reasoning)
        self._n_tokens, self._logprobs = 0, ()
        return delta
