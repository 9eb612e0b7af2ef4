"""How the parameters of a request are said to each kind of OpenAI-compatible server. Pure.

The dialect is known from `owned_by` in the server's /v1/models. Parameters that a dialect has no word for are left out, and
`left_out` names them; a grammar or a schema is never left out silently. Sources: vLLM's "OpenAI-Compatible Server" page (extra
parameters), llama.cpp's tools/server/README.md, OpenAI's API reference for chat completions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from backend.llm import errors
from backend.llm.types import ChatMessage, GenerateRequest, SamplingParams

Dialect = Literal["maru", "vllm", "llamacpp", "openai", "plain"]

_OWNERS: dict[str, Dialect] = {
    "maru": "maru",
    "vllm": "vllm",
    "llamacpp": "llamacpp",
    "openai": "openai",
    "openai-internal": "openai",
    "system": "openai",
}
# Said the same by everybody.
_COMMON = ("temperature", "top_p")
_PENALTIES = ("frequency_penalty", "presence_penalty")
# Ours → theirs, sent only when it differs from "off".
_EXTRAS: dict[Dialect, dict[str, str]] = {
    "maru": {},
    "vllm": {"top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repetition_penalty"},
    "llamacpp": {},
    "openai": {},
    "plain": {},
}
_LLAMA = (
    "top_k", "min_p", "repeat_penalty", "typical_p", "xtc_probability", "xtc_threshold", "dry_multiplier", "dry_base",
    "dry_allowed_length", "dynatemp_range", "dynatemp_exponent", "mirostat", "mirostat_tau", "mirostat_eta",
)  # fmt: skip
_EXTRAS["llamacpp"] = {name: name for name in _LLAMA}
_EXTRAS["maru"] = _EXTRAS["vllm"]
_DEFAULTS = SamplingParams()


def dialect_of(owners: Sequence[str]) -> Dialect:
    """From `owned_by` of the models; "plain" is what nobody knows: standard parameters only."""
    return next((_OWNERS[owner.lower()] for owner in owners if owner.lower() in _OWNERS), "plain")


def body_of(request: GenerateRequest, model: str, dialect: Dialect, seed: int) -> tuple[str, dict[str, Any]]:
    """Path and JSON body of the streamed request. Raises LLMError for what this dialect cannot do."""
    params = request.params
    is_chat = request.prompt is None
    body: dict[str, Any] = {
        "model": model,
        "stream": True,
        "stream_options": {"include_usage": True},
        "seed": seed,
        ("max_completion_tokens" if dialect == "openai" and is_chat else "max_tokens"): params.max_tokens,
        **{name: getattr(params, name) for name in _COMMON},
        **{name: getattr(params, name) for name in _PENALTIES if getattr(params, name)},
        **_extras(params, dialect),
        **_bounds(params, dialect),
    }
    if params.stop:
        # The standard takes four.
        body["stop"] = list(params.stop if dialect in ("maru", "vllm", "llamacpp") else params.stop[:4])
    if params.logit_bias:
        body["logit_bias"] = {str(token): bias for token, bias in params.logit_bias}
    if not is_chat:
        return "/completions", body | {"prompt": request.prompt} | _few_logprobs(params)
    if params.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": params.top_logprobs}
    if request.continue_last:
        body |= _continuation(dialect)
    if request.thinks is False and dialect == "maru":
        body["reasoning_effort"] = "none"
    elif request.thinks is not None and dialect in ("vllm", "llamacpp"):
        body["chat_template_kwargs"] = {"enable_thinking": request.thinks}
    return "/chat/completions", body | {"messages": [_message(one) for one in request.messages]} | _tools(request)


def _message(message: ChatMessage) -> dict[str, Any]:
    content = _parts(message) if message.images else message.content
    said: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.role == "tool":
        said["tool_call_id"] = message.tool_call_id
    return said


def _parts(message: ChatMessage) -> list[dict[str, Any]]:
    """Texts and images in their order; the same words everywhere: OpenAI, vLLM, llama-server."""
    parts: list[dict[str, Any]] = []
    done = 0
    for image in message.images:
        if text := message.content[done : image.at]:
            parts.append({"type": "text", "text": text})
        done = max(done, image.at)
        url = {"url": image.url} | ({"detail": image.detail} if image.detail else {})
        parts.append({"type": "image_url", "image_url": url})
    if rest := message.content[done:]:
        parts.append({"type": "text", "text": rest})
    return parts


def _tools(request: GenerateRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    tools = []
    for tool in request.tools:
        function: dict[str, Any] = {"name": tool.name, "description": tool.description}
        if tool.parameters:
            function["parameters"] = json.loads(tool.parameters)
        if tool.is_strict:
            function["strict"] = True
        tools.append({"type": "function", "function": function})
    asked: dict[str, Any] = {"tools": tools, "tool_choice": request.tool_choice}
    return asked if request.parallel_tool_calls else asked | {"parallel_tool_calls": False}


def _few_logprobs(params: SamplingParams) -> dict[str, Any]:
    return {} if params.top_logprobs is None else {"logprobs": params.top_logprobs}


def _extras(params: SamplingParams, dialect: Dialect) -> dict[str, Any]:
    words = _EXTRAS[dialect]
    always = ("top_k", "min_p")  # their defaults differ from server to server
    return {
        words[name]: getattr(params, name)
        for name in words
        if name in always or getattr(params, name) != getattr(_DEFAULTS, name)
    }


def _bounds(params: SamplingParams, dialect: Dialect) -> dict[str, Any]:
    if params.grammar:
        words: Mapping[Dialect, dict[str, Any]] = {
            "llamacpp": {"grammar": params.grammar},
            "vllm": {"structured_outputs": {"grammar": params.grammar}},
        }
        if dialect not in words:
            raise errors.BadParameters(param="grammar", reason="this engine takes none")
        return words[dialect]
    if params.json_schema:
        schema = json.loads(params.json_schema)
        return {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": schema, "strict": True},
            }
        }
    return {}


def _continuation(dialect: Dialect) -> dict[str, Any]:
    """To go on inside the last message instead of opening a new one."""
    if dialect in ("vllm", "maru"):
        return {"continue_final_message": True, "add_generation_prompt": False}
    if dialect == "llamacpp":
        return {}  # an assistant's message at the end is continued
    raise errors.CannotContinue()
