"""Short ways to ask an engine in tests."""

from __future__ import annotations

from typing import Any

from backend.llm.service import LLMService
from backend.llm.types import ChatMessage, Delta, Finished, GenerateRequest, SamplingParams, Started, StreamEvent


def ask(
    *texts: str,
    request_id: str = "1",
    user: str = "minji",
    continue_last: bool = False,
    model: str | None = None,
    **params: Any,
) -> GenerateRequest:
    """User and assistant by turns, a user first."""
    roles = ("user", "assistant")
    messages = tuple(ChatMessage(roles[n % 2], text) for n, text in enumerate(texts or ("안녕",)))  # type: ignore[arg-type]
    return GenerateRequest(
        request_id,
        messages,
        SamplingParams(**{"seed": 7, **params}),
        model=model,
        user=user,
        continue_last=continue_last,
    )


async def answer(service: LLMService, request: GenerateRequest) -> list[StreamEvent]:
    return [event async for event in service.stream(request)]


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def started(events: list[StreamEvent]) -> Started:
    return next(event for event in events if isinstance(event, Started))


def finished(events: list[StreamEvent]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]
