"""What one generation has given so far, and how much was read and written by all of a call. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.llm.types import Delta, Finished, Started, StreamEvent, TokenLogprob, ToolCall

REASONS = {"stop": "stop", "length": "length", "tool_calls": "tool_calls"}


@dataclass(slots=True)
class Choice:
    """Fed with every event of its stream."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    model: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    finish_reason: str = "stop"

    def feed(self, event: StreamEvent) -> None:
        if isinstance(event, Delta):
            self.texts.append(event.text)
            self.thoughts.append(event.reasoning)
            self.logprobs += event.logprobs
            self.reasoning_tokens += event.n_tokens if event.reasoning else 0
        elif isinstance(event, ToolCall):
            self.calls.append(event)
        elif isinstance(event, Started):
            self.model = event.model
        elif isinstance(event, Finished):
            self.model = event.model
            self.prompt_tokens, self.cached_tokens = event.prompt_tokens, event.cached_tokens
            self.completion_tokens = event.completion_tokens
            self.finish_reason = REASONS.get(event.finish_reason, "stop")

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def reasoning(self) -> str:
        return "".join(self.thoughts)


def usage_of(choices: Sequence[Choice], n_per_prompt: int = 1) -> dict[str, Any]:
    """Of `n_per_prompt` choices for the same prompt it is counted once."""
    prompts = choices[::n_per_prompt]
    prompt_tokens = sum(choice.prompt_tokens for choice in prompts)
    completion_tokens = sum(choice.completion_tokens for choice in choices)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": sum(choice.cached_tokens for choice in prompts), "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": sum(choice.reasoning_tokens for choice in choices),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def call_of(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def logprobs_of(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    """As chat completions have them."""
    return {
        "content": [
            {**_token(one.text, one.logprob), "top_logprobs": [_token(text, logprob) for text, logprob in one.top]}
            for one in tokens
        ],
        "refusal": None,
    }


def _token(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode("utf-8", "replace"))}


def old_logprobs_of(tokens: Sequence[TokenLogprob], offset: int) -> dict[str, Any]:
    """As completions have them. `offset`: code points before the first token."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token.text)
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [dict(token.top) for token in tokens],
        "text_offset": offsets,
    }
