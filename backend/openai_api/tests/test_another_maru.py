"""A Maru as the remote engine of another one: its `/v1` against our client for remote engines."""

from __future__ import annotations

import pytest

from backend.llm.engine_spec import EngineSpec
from backend.llm.remote import Limits, RemoteLLM
from backend.llm.types import ChatMessage, Delta, Finished, GenerateRequest, SamplingParams
from backend.openai_api.tests.conftest import Served

pytestmark = [pytest.mark.engine, pytest.mark.slow]
GREEDY = SamplingParams(temperature=0.0, max_tokens=30)


def asked(model: str, *messages: tuple[str, str], **more: object) -> GenerateRequest:
    said = tuple(ChatMessage(role, text) for role, text in messages)  # type: ignore[arg-type]
    return GenerateRequest(request_id="1", messages=said, params=GREEDY, model=model, **more)  # type: ignore[arg-type]


async def text_of(far: RemoteLLM, request: GenerateRequest) -> tuple[str, Finished]:
    text, ended = "", None
    async for event in far.stream(request):
        if isinstance(event, Delta):
            text += event.text
        elif isinstance(event, Finished):
            ended = event
    assert ended is not None
    return text, ended


async def test_it_streams_and_goes_on_where_an_answer_was_cut(echo: Served) -> None:
    spec = EngineSpec("far", echo.base_url, may_be_private=True, api_key=echo.key)
    far = RemoteLLM(spec, Limits(connect_s=5, first_token_s=30, between_s=30))
    await far.start()
    try:
        (card, *_) = await far.models()
        whole, ended = await text_of(far, asked(card.id, ("user", "hi")))
        assert (ended.finish_reason, ended.completion_tokens) == ("length", 30)
        begun = whole[: len(whole) // 2]
        rest, _ = await text_of(far, asked(card.id, ("user", "hi"), ("assistant", begun), continue_last=True))
        assert (begun + rest).startswith(whole)
    finally:
        await far.stop()
