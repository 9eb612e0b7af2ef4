"""A remote engine's chunks → our stream events. Pure: JSON in, deltas out; what a hostile server may send is checked here.

Understood: a first delta with a role only, chunks without choices that carry usage, `reasoning_content` (llama-server,
vLLM) and `reasoning` (vLLM since 0.9) beside `content`, log probabilities, an error object in the middle, usage in the last chunk
or in none.
"""

from __future__ import annotations

import math
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from backend.llm.errors import EngineMalformed
from backend.llm.types import Delta, FinishReason, TokenLogprob, ToolCall

MAX_CHARS = 4_000_000  # of one answer
MAX_CALLS = 64
_REASONS: dict[str, FinishReason] = {
    "stop": "stop", "eos": "stop", "tool_calls": "tool_calls", "function_call": "tool_calls",
    "content_filter": "stop", "length": "length", "abort": "abort", "error": "error",
    "insufficient_system_resource": "error",  # DeepSeek's
}  # fmt: skip


@dataclass(slots=True)
class Reading:
    """What was read of one answer so far. `calls` are whole when the answer has ended."""

    splits_reasoning: bool = False
    n_chars: int = 0
    n_deltas: int = 0
    is_reasoning: bool = False
    finish_reason: FinishReason | None = None
    prompt_tokens: int | None = None
    cached_tokens: int = 0
    completion_tokens: int | None = None
    calls: dict[int, ToolCall] = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)  # the engine's index → where in `calls` it is said of

    def take(self, chunk: object) -> Delta | None:
        """The new text of one chunk, if it has any. Raises EngineMalformed."""
        if not isinstance(chunk, Mapping):
            raise EngineMalformed(reason="a chunk is not an object")
        self._take_usage(chunk.get("usage"))
        choices = chunk.get("choices")
        if choices is None or choices == []:
            return None
        if not isinstance(choices, Sequence) or not isinstance(choices[0], Mapping):
            raise EngineMalformed(reason="choices is not a list of objects")
        return self._take_choice(choices[0])

    def _take_choice(self, choice: Mapping[str, Any]) -> Delta | None:
        if (reason := choice.get("finish_reason")) is not None:
            self.finish_reason = _REASONS.get(str(reason), "stop")
        delta = choice.get("delta")
        if delta is None and "text" in choice:
            delta = {"content": choice["text"]}
        if not isinstance(delta, Mapping):
            if delta is None:
                return None
            raise EngineMalformed(reason="a delta is not an object")
        self._take_calls(delta.get("tool_calls"))
        text, reasoning = self._texts_of(delta)
        self._count_chars(len(text) + len(reasoning))
        if not text and not reasoning:
            return None
        self.n_deltas += 1
        return Delta(text, 1, _logprobs(choice.get("logprobs")), reasoning)

    def _texts_of(self, delta: Mapping[str, Any]) -> tuple[str, str]:
        """(text, reasoning): where reasoning is not split, it is text between the tags that readers fold."""
        reasoning = _string(delta, "reasoning_content") or _string(delta, "reasoning")
        content = _string(delta, "content")
        if self.splits_reasoning:
            return _whole(content), _whole(reasoning)
        text = ""
        if reasoning:
            text += reasoning if self.is_reasoning else f"<think>\n{reasoning}"
            self.is_reasoning = True
        if content and self.is_reasoning:
            text += "\n</think>\n\n"
            self.is_reasoning = False
        return _whole(text + content), ""

    def _take_calls(self, parts: object) -> None:
        """A call comes in pieces, told apart by `index`; its id and name in the first, its arguments in all.

        HAZARD: Gemini's and Ollama's servers have said index 0 of all calls, and vLLM another id with each piece.
        """
        if not isinstance(parts, Sequence) or isinstance(parts, str):
            return
        for part in parts:
            function = part.get("function") if isinstance(part, Mapping) else None
            if not isinstance(function, Mapping):
                raise EngineMalformed(reason="a tool call is not an object")
            id, name = _string(part, "id")[:200], _string(function, "name")[:200]
            arguments = _string(function, "arguments")
            place = self._place_of(_count(part.get("index")), id, name)
            known = self.calls.get(place, ToolCall("", "", ""))
            self._count_chars(len(arguments))
            self.calls[place] = ToolCall(known.id or id, known.name or name, known.arguments + _whole(arguments))
            if len(self.calls) > MAX_CALLS:
                raise EngineMalformed(reason=f"more than {MAX_CALLS} tool calls")

    def _place_of(self, index: int | None, id: str, name: str) -> int:
        """Which of `calls` a piece belongs to, or the next one."""
        if index is None:
            return len(self.calls)
        known = self.calls.get(self._places.get(index, -1))
        is_another = known is not None and name and id and known.id not in ("", id)
        if known is None or is_another:
            self._places[index] = len(self.calls)
        return self._places[index]

    def _count_chars(self, n: int) -> None:
        self.n_chars += n
        if self.n_chars > MAX_CHARS:
            raise EngineMalformed(reason=f"an answer of more than {MAX_CHARS} characters")

    @property
    def why_it_ended(self) -> FinishReason:
        """Some servers say “stop” of an answer that calls."""
        return "tool_calls" if self.calls and self.finish_reason == "stop" else self.finish_reason or "stop"

    def whole_calls(self) -> Iterator[ToolCall]:
        """Once the answer has ended. Whoever tells the result of a call needs its id, which not every server gives."""
        for call in self.calls.values():
            yield call if call.id else replace(call, id=f"call_{uuid.uuid4().hex[:24]}")

    def flush(self) -> str:
        """What is to be said when the stream ends inside a reasoning."""
        return "\n</think>\n" if self.is_reasoning else ""

    def _take_usage(self, usage: object) -> None:
        if not isinstance(usage, Mapping):
            return
        prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
        self.prompt_tokens = self.prompt_tokens if prompt is None else prompt
        self.completion_tokens = self.completion_tokens if completion is None else completion
        details = usage.get("prompt_tokens_details")
        if isinstance(details, Mapping):
            self.cached_tokens = _count(details.get("cached_tokens")) or self.cached_tokens


def _string(delta: Mapping[str, Any], name: str) -> str:
    value = delta.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise EngineMalformed(reason=f"{name} is not a text")
    return value


def _whole(text: str) -> str:
    """JSON may spell half a surrogate pair; no store takes it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not text.isascii() else text


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def _logprobs(raw: object) -> tuple[TokenLogprob, ...]:
    """As chat completions have them, or as completions do."""
    if not isinstance(raw, Mapping):
        return ()
    tokens = raw.get("content")
    if not isinstance(tokens, list):
        return _old_logprobs(raw)
    found = []
    for token in tokens[:100]:
        if isinstance(token, Mapping) and isinstance(token.get("token"), str) and _is_number(token.get("logprob")):
            likely = token.get("top_logprobs")
            top = [
                (one["token"], float(one["logprob"]))
                for one in (likely if isinstance(likely, list) else [])[:20]
                if isinstance(one, Mapping) and isinstance(one.get("token"), str) and _is_number(one.get("logprob"))
            ]
            found.append(TokenLogprob(token["token"], float(token["logprob"]), tuple(top)))
    return tuple(found)


def _old_logprobs(raw: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Lists side by side. A token that begins an echo has no probability."""
    tokens, chosen, likely = raw.get("tokens"), raw.get("token_logprobs"), raw.get("top_logprobs")
    if not isinstance(tokens, list) or not isinstance(chosen, list):
        return ()
    likely = likely if isinstance(likely, list) else []
    found = []
    for token, logprob, others in zip_longest(tokens[:100], chosen[:100], likely[:100]):
        if isinstance(token, str) and _is_number(logprob):
            top = list(others.items())[:20] if isinstance(others, Mapping) else []
            numbers = tuple((text, float(value)) for text, value in top if isinstance(text, str) and _is_number(value))
            found.append(TokenLogprob(token, float(logprob), numbers))
    return tuple(found)


def _is_number(value: object) -> bool:
    """A whole one may have more digits than a float holds."""
    return isinstance(value, int | float) and abs(value) < sys.float_info.max


def vectors_of(answer: object, n_texts: int) -> tuple[list[list[float]], int]:
    """Vectors in the order of their texts, each of length 1, and the tokens of all. Raises EngineMalformed."""
    rows = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or len(rows) != n_texts:
        raise EngineMalformed(reason="it has not as many vectors as texts")
    vectors: dict[int, list[float]] = {}
    for n, row in enumerate(rows):
        vector = row.get("embedding") if isinstance(row, Mapping) else None
        if not isinstance(vector, list) or not vector or not all(map(_is_number, vector)):
            raise EngineMalformed(reason="a vector is not a list of numbers")
        length = math.hypot(*vector) or 1.0
        place = _count(row.get("index"))
        vectors[n if place is None else place] = [float(value) / length for value in vector]
    if sorted(vectors) != list(range(n_texts)):
        raise EngineMalformed(reason="its vectors have no order")
    usage = answer.get("usage") if isinstance(answer, Mapping) else None
    n_tokens = _count(usage.get("prompt_tokens")) if isinstance(usage, Mapping) else None
    return [vectors[n] for n in range(n_texts)], n_tokens or 0
