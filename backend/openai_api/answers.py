"""Answers of /v1/chat/completions and /v1/completions: whole, or as server-sent events. Translates; generates nothing."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from django.http import JsonResponse
from django.http.response import HttpResponseBase

from backend.lib.async_view import event_stream
from backend.lib.errors import AppError
from backend.llm.generations import Batch
from backend.llm.types import Delta, Finished, Started, StreamEvent, TokenLogprob, ToolCall
from backend.openai_api.choices import Choice, call_of, logprobs_of, old_logprobs_of, usage_of
from backend.openai_api.errors import body_of

DONE = "data: [DONE]\n\n"
KEEP_ALIVE = ": still here\n\n"


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sse(value: Any) -> str:
    return f"data: {dumps(value)}\n\n"


class Running(Protocol):
    """What is being made, to be read once: `Generations`, or the turn of a session."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def begin(self) -> None: ...
    async def close(self) -> None: ...
    def batches(self) -> AsyncIterator[Batch]: ...


class Answer(ABC):
    """`n` choices, `n_per_prompt` of them for each prompt. `tells_usage`: in a last chunk of its own."""

    prefix: str
    object: str
    chunk_object: str

    def __init__(
        self, call_id: str, created: int, n: int, *, n_per_prompt: int, tells_usage: bool, has_logprobs: bool
    ) -> None:
        self._id, self._created = f"{self.prefix}-{call_id}", created
        self._n_per_prompt, self._tells_usage, self._has_logprobs = n_per_prompt, tells_usage, has_logprobs
        self.choices = [Choice() for _ in range(n)]
        self._usage = ',"usage":null' if tells_usage else ""
        self._begins = ""  # of each chunk: id, time and model do not change

    async def whole(self, running: Running) -> HttpResponseBase:
        async with running:
            async for batch in running.batches():
                for number, event in batch:
                    self.choices[number].feed(event)
        body = {
            **self._head(self.object),
            "choices": [self.choice(number, choice) for number, choice in enumerate(self.choices)],
            "usage": usage_of(self.choices, self._n_per_prompt),
        }
        return JsonResponse(body, json_dumps_params={"ensure_ascii": False})

    async def streamed(self, running: Running) -> HttpResponseBase:
        """Raises the AppError of what is refused at once."""
        await running.begin()
        return event_stream(self._frames(running), running.close)

    async def _frames(self, running: Running) -> AsyncIterator[str]:
        try:
            async for batch in running.batches():
                yield "".join([self._fed(number, event) for number, event in batch]) if batch else KEEP_ALIVE
            if self._tells_usage:
                usage = usage_of(self.choices, self._n_per_prompt)
                yield sse({**self._head(self.chunk_object), "choices": [], "usage": usage})
            yield DONE
        except AppError as error:
            yield sse(body_of(error)) + DONE
        finally:
            await running.close()

    def _fed(self, number: int, event: StreamEvent) -> str:
        choice = self.choices[number]
        choice.feed(event)
        if isinstance(event, Started):
            self._begins = f"data: {dumps(self._head(self.chunk_object))[:-1]}"
        return self.chunks(number, choice, event)

    def chunk(
        self, number: int, content: str, logprobs: Sequence[TokenLogprob] = (), finish_reason: str | None = None
    ) -> str:
        """`content` is JSON already: this is written for every token."""
        told = dumps(self.logprobs(number, logprobs)) if logprobs else "null"
        return (
            f'{self._begins},"choices":[{{"index":{number},{content},"logprobs":{told},'
            f'"finish_reason":{dumps(finish_reason)}}}]{self._usage}}}\n\n'
        )

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self.choices[0].model or next((one.model for one in self.choices if one.model), ""),
            "system_fingerprint": None,
        }

    @abstractmethod
    def choice(self, number: int, choice: Choice) -> dict[str, Any]:
        """One of the whole answer."""

    @abstractmethod
    def chunks(self, number: int, choice: Choice, event: StreamEvent) -> str:
        """What an event, already fed to its choice, adds to the stream."""

    @abstractmethod
    def logprobs(self, number: int, tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
        """Those of a chunk, in order."""


class ChatAnswer(Answer):
    prefix, object, chunk_object = "chatcmpl", "chat.completion", "chat.completion.chunk"

    def choice(self, number: int, choice: Choice) -> dict[str, Any]:
        calls = [call_of(call) for call in choice.calls]
        message: dict[str, Any] = {
            "role": "assistant",
            "content": choice.text or (None if calls else ""),
            "refusal": None,
            "annotations": [],
        }
        if choice.reasoning:
            message["reasoning_content"] = choice.reasoning
        if calls:
            message["tool_calls"] = calls
        return {
            "index": number,
            "message": message,
            "logprobs": logprobs_of(choice.logprobs) if self._has_logprobs else None,
            "finish_reason": choice.finish_reason,
        }

    def chunks(self, number: int, choice: Choice, event: StreamEvent) -> str:
        if isinstance(event, Delta):
            return self._delta(number, event)
        if isinstance(event, Started):
            return self.chunk(number, '"delta":{"role":"assistant","content":""}')
        if isinstance(event, ToolCall):
            call = {"index": len(choice.calls) - 1, **call_of(event)}
            return self.chunk(number, f'"delta":{{"tool_calls":[{dumps(call)}]}}')
        if isinstance(event, Finished):
            return self.chunk(number, '"delta":{}', finish_reason=choice.finish_reason)
        return ""

    def _delta(self, number: int, event: Delta) -> str:
        parts = [f'"content":{dumps(event.text)}'] if event.text else []
        if event.reasoning:
            parts.append(f'"reasoning_content":{dumps(event.reasoning)}')
        if not parts and not event.logprobs:
            return ""
        return self.chunk(number, f'"delta":{{{",".join(parts)}}}', event.logprobs)

    def logprobs(self, number: int, tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
        return logprobs_of(tokens)


class CompletionAnswer(Answer):
    """`echoes`: the prompt of each choice, told before its text."""

    prefix, object, chunk_object = "cmpl", "text_completion", "text_completion"

    def __init__(self, *args: Any, echoes: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self._echoes = echoes
        self._echoed: set[int] = set()
        self._offsets = [len(echo) for echo in echoes] or [0] * len(self.choices)  # of what the next chunk begins with

    def choice(self, number: int, choice: Choice) -> dict[str, Any]:
        echo = self._echoes[number] if self._echoes else ""
        return {
            "index": number,
            "text": echo + choice.text,
            "logprobs": old_logprobs_of(choice.logprobs, len(echo)) if self._has_logprobs else None,
            "finish_reason": choice.finish_reason,
        }

    def chunks(self, number: int, choice: Choice, event: StreamEvent) -> str:
        if isinstance(event, Delta):
            return self.chunk(number, f'"text":{dumps(event.text)}', event.logprobs)
        if isinstance(event, Started) and self._echoes and number not in self._echoed:
            self._echoed.add(number)  # it begins again where another engine takes over
            return self.chunk(number, f'"text":{dumps(self._echoes[number])}')
        if isinstance(event, Finished):
            return self.chunk(number, '"text":""', finish_reason=choice.finish_reason)
        return ""

    def logprobs(self, number: int, tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
        offset = self._offsets[number]
        self._offsets[number] += sum(len(token.text) for token in tokens)
        return old_logprobs_of(tokens, offset)
