"""What a request of /v1 leaves open is decided by the model's own defaults; what it says is not."""

from __future__ import annotations

import pytest

from backend.llm.types import MODEL_DEFAULTS
from backend.openai_api.asking import chat_requests, completion_requests
from backend.openai_api.response_shapes import ResponseRequest, response_request
from backend.openai_api.shapes import DEFAULT_MAX_TOKENS, ChatRequest, CompletionRequest

MESSAGES = [{"role": "user", "content": "Hello"}]


def test_it_works() -> None:
    (request,) = chat_requests(ChatRequest(messages=MESSAGES, temperature=0.7, max_tokens=9), "id", "user")
    assert request.left_open == set(MODEL_DEFAULTS) - {"temperature", "max_tokens"}
    assert (request.params.temperature, request.params.max_tokens) == (0.7, 9)


@pytest.mark.parametrize(
    ("given", "chosen"),
    [({}, set()), ({"max_completion_tokens": 5}, {"max_tokens"}), ({"repetition_penalty": 1.1}, {"repeat_penalty"})],
)
def test_names_are_ours(given: dict[str, float], chosen: set[str]) -> None:
    (request,) = chat_requests(ChatRequest(messages=MESSAGES, **given), "id", "user")
    assert request.left_open == set(MODEL_DEFAULTS) - chosen
    if "max_tokens" not in chosen:
        assert request.params.max_tokens == DEFAULT_MAX_TOKENS


def test_a_completion_is_short_unless_it_says_otherwise() -> None:
    (request,) = completion_requests(CompletionRequest(prompt="Once"), "id", "user")
    assert request.params.max_tokens == 16
    assert "max_tokens" not in request.left_open


def test_a_response_is_asked_like_a_chat() -> None:
    request = response_request(ResponseRequest(input="Hello", top_p=0.5), "id", "user")
    assert request.left_open == set(MODEL_DEFAULTS) - {"top_p"}
