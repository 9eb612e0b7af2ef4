"""From what is asked of /v1 to what the engine is asked. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from backend.lib.errors import sentence
from backend.llm.types import ChatMessage, GenerateRequest, Image, Role, SamplingParams, Tool, ToolCall, left_open
from backend.openai_api.errors import BadParam
from backend.openai_api.images import check_amount, image_of
from backend.openai_api.shapes import (
    DEFAULT_MAX_TOKENS,
    ChatRequest,
    CompletionRequest,
    ContentPart,
    Message,
    NamedTool,
    ResponseFormat,
    Sampling,
    ToolSpec,
)
from backend.openai_api.validation import MAX_TEXT_CHARS

N_SEEDS = 2**32
SESSION = "maru_session"
IMAGE_PARTS = ("image_url", "input_image")


def chat_requests(asked: ChatRequest, call_id: str, user: str) -> list[GenerateRequest]:
    """One for each choice."""
    tools, choice = tools_of(asked)
    schema = json_schema_of(asked.response_format, "response_format")
    if schema and tools:
        raise BadParam(
            "response_format",
            sentence(
                "response_format and tools cannot be used together here; set tool_choice to none.",
                "response_format과 tools는 함께 쓸 수 없습니다. tool_choice를 none으로 보내 주세요.",
            ),
        )
    if asked.top_logprobs is not None and not asked.logprobs:
        raise BadParam("top_logprobs", sentence("logprobs must be true.", "logprobs가 true여야 합니다."))
    params, is_open = sampling_of(
        asked,
        max_tokens=asked.max_completion_tokens or asked.max_tokens,
        json_schema=schema,
        top_logprobs=(asked.top_logprobs or 0) if asked.logprobs else None,
    )
    if asked.continue_final_message and asked.messages[-1].role != "assistant":
        raise BadParam(
            "continue_final_message",
            sentence("The last message is not the assistant's.", "마지막 메시지가 assistant의 것이 아닙니다."),
        )
    request = GenerateRequest(
        request_id=call_id,
        messages=tuple(message_of(message, f"messages[{n}]") for n, message in enumerate(asked.messages)),
        left_open=is_open,
        model=asked.model,
        user=user,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=asked.parallel_tool_calls is not False,
        splits_reasoning=True,
        thinks=False if asked.reasoning_effort == "none" else None,
        continue_last=bool(asked.continue_final_message),
    )
    check_size(replace(request, params=params))
    return several(request, params, asked.n or 1)


def completion_requests(asked: CompletionRequest, call_id: str, user: str) -> list[GenerateRequest]:
    """`n` for each prompt, those of the first prompt first."""
    prompts = [asked.prompt] if isinstance(asked.prompt, str) else asked.prompt
    params, is_open = sampling_of(asked, max_tokens=asked.max_tokens or 16, top_logprobs=asked.logprobs)
    if any(not prompt for prompt in prompts):
        raise BadParam("prompt", sentence("The prompt is empty.", "프롬프트가 비어 있습니다."))
    found: list[GenerateRequest] = []
    for prompt in prompts:
        request = GenerateRequest(
            request_id=call_id, messages=(), left_open=is_open, model=asked.model, user=user, prompt=prompt
        )
        found += several(request, params, asked.n or 1, first=len(found))
    return found


def several(request: GenerateRequest, params: SamplingParams, n: int, first: int = 0) -> list[GenerateRequest]:
    """The same request with a seed for each choice, and an id for each: the engine counts by it what it did to it."""
    return [
        replace(
            request,
            request_id=f"{request.request_id}-{number}",
            params=params if params.seed is None else replace(params, seed=(params.seed + number) % N_SEEDS),
        )
        for number in range(first, first + n)
    ]


def sampling_of(asked: Sampling, **more: Any) -> tuple[SamplingParams, frozenset[str]]:
    """And what it leaves open to the model's own defaults."""
    given: dict[str, Any] = {
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "top_k": asked.top_k,
        "min_p": asked.min_p,
        "repeat_penalty": asked.repetition_penalty,
        "frequency_penalty": asked.frequency_penalty,
        "presence_penalty": asked.presence_penalty,
        "seed": None if asked.seed is None else asked.seed % N_SEEDS,
        "stop": _stops(asked.stop),
        "logit_bias": tuple((int(token), bias) for token, bias in (asked.logit_bias or {}).items()),
        **more,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return SamplingParams(**{"max_tokens": DEFAULT_MAX_TOKENS, **chosen}), left_open(chosen)


def _stops(stop: str | Sequence[str] | None) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def message_of(message: Message, place: str) -> ChatMessage:
    role: Role = "system" if message.role == "developer" else message.role
    calls = tuple(ToolCall(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ())
    if message.content is None and not calls:
        raise BadParam(f"{place}.content", sentence("Content is missing.", "content가 없습니다."))
    if calls and role != "assistant":
        raise BadParam(
            f"{place}.tool_calls",
            sentence("Only an assistant's message has tool calls.", "assistant 메시지에만 쓸 수 있습니다."),
        )
    if role == "user":
        content, images = parts_of(message.content, f"{place}.content")
    else:
        content, images = text_of(message.content, f"{place}.content"), ()
    return ChatMessage(role, content, calls, message.tool_call_id or "", message.name or "", images)


def text_of(content: str | Sequence[ContentPart] | None, place: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(_text_of(part, f"{place}[{n}]") for n, part in enumerate(content))


def parts_of(content: str | Sequence[ContentPart] | None, place: str) -> tuple[str, tuple[Image, ...]]:
    """A user's text, and the images in it."""
    if content is None or isinstance(content, str):
        return content or "", ()
    text, found = "", []
    for n, part in enumerate(content):
        if part.type in IMAGE_PARTS and part.image_url is not None:
            given = part.image_url
            url, detail = (given, part.detail) if isinstance(given, str) else (given.url, given.detail)
            found.append(image_of(url, detail or "", len(text), f"{place}[{n}].image_url"))
        else:
            text += ("\n" if text else "") + _text_of(part, f"{place}[{n}]")
    return text, tuple(found)


def _text_of(part: ContentPart, place: str) -> str:
    if part.text is None:
        raise BadParam(
            place,
            sentence(
                f"Parts of type “{part.type}” are not supported here; send text.",
                f"“{part.type}” 형식은 지원하지 않습니다. 텍스트로 보내 주세요.",
            ),
            "unsupported_content",
        )
    return part.text


def check_size(request: GenerateRequest) -> None:
    """What is not an image is no longer than a body without images could be. Raises BadParam."""
    said = sum(len(one.content) + sum(len(call.arguments) for call in one.tool_calls) for one in request.messages)
    beside = sum(len(tool.parameters) + len(tool.description) for tool in request.tools) + len(
        request.params.json_schema
    )
    if said + beside > MAX_TEXT_CHARS:
        raise BadParam(
            "messages",
            sentence(
                f"The request has more than {MAX_TEXT_CHARS} characters of text.",
                f"글이 {MAX_TEXT_CHARS}자를 넘습니다.",
            ),
        )
    check_amount(request.messages)


def tools_of(asked: ChatRequest) -> tuple[tuple[Tool, ...], Any]:
    """And how they may be used: a named function is the only one there is, and required."""
    tools = tuple(tool_of(spec) for spec in asked.tools or ())
    choice = asked.tool_choice
    if choice == "none" or (not tools and choice in (None, "auto")):
        return (), "none"
    if isinstance(choice, NamedTool):
        return named(tools, choice.function.name), "required"
    if not tools:
        raise BadParam("tool_choice", sentence("There are no tools to choose.", "선택할 도구가 없습니다."))
    return tools, choice or "auto"


def named(tools: tuple[Tool, ...], name: str) -> tuple[Tool, ...]:
    found = tuple(tool for tool in tools if tool.name == name)
    if not found:
        raise BadParam("tool_choice", sentence(f"There is no tool “{name}”.", f"“{name}” 도구가 없습니다."))
    return found[:1]


def tool_of(spec: ToolSpec) -> Tool:
    function = spec.function
    return Tool(
        function.name,
        function.description or "",
        as_json(function.parameters, "tools") if function.parameters else "",
        is_strict=bool(function.strict),
    )


def json_schema_of(wanted: ResponseFormat | None, param: str) -> str:
    """As text; "" for an answer in any form."""
    if wanted is None or wanted.type == "text":
        return ""
    if wanted.type == "json_object":
        return '{"type":"object"}'
    if wanted.json_schema is None or wanted.json_schema.schema_ is None:
        raise BadParam(f"{param}.json_schema", sentence("The schema is missing.", "스키마가 없습니다."))
    return as_json(wanted.json_schema.schema_, param)


def as_json(value: Any, param: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        raise BadParam(param, sentence("It is nested too deep.", "너무 깊게 중첩되어 있습니다.")) from None


def session_of(metadata: Mapping[str, str | int] | None) -> int | None:
    """The session that the turn is to be written into."""
    value = (metadata or {}).get(SESSION)
    if value is None:
        return None
    number = int(value) if isinstance(value, int) or (value.isascii() and value.isdigit() and len(value) < 19) else 0
    if not 0 < number < 2**63:
        raise BadParam(f"metadata.{SESSION}", sentence("This is no id of a session.", "세션 번호가 아닙니다."))
    return number
