"""From a request on the wire to a sequence that the scheduler takes. Pure but for the vocabulary; runs in the pool."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.llm.engine.gbnf import grammar_of
from backend.llm.engine.grammar import GrammarError
from backend.llm.engine.images import Seen, is_image, runs_of
from backend.llm.engine.json_grammar import grammar_of_schema
from backend.llm.engine.prompt import Prompt, PromptBuilder
from backend.llm.engine.sampling import ParameterError, check, draw_seed
from backend.llm.engine.sequence import Key, Sequence
from backend.llm.engine.templates import TemplateError, TemplateRefused
from backend.llm.engine.tool_grammar import grammar_of_calls
from backend.llm.types import ChatMessage, Image, SamplingParams, Tool, ToolCall

ROLES = ("system", "user", "assistant", "tool")
# What a call is written with must not be taken for its name.
NAME = re.compile(r"[\w.-]{1,128}")
MAX_TOOLS = 128
LEAST_WEIGHT, MOST_WEIGHT = 0.01, 100


class Refusal(Exception):
    """A failure with a code of backend/llm/errors.py and the parameters of its sentence."""

    def __init__(self, code: str, *, retry_after_s: int | None = None, **params: Any) -> None:
        self.code, self.retry_after_s, self.params = code, retry_after_s, params
        super().__init__(f"{code} {params}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What it takes to read a request."""

    model: str
    n_ctx: int
    builder: PromptBuilder
    tokenize: Any
    strips_first_space: bool
    can_follow: Callable[[str], bool] = lambda grammar: True
    shifts: bool = False  # a full context forgets its oldest tokens instead of ending the reply


def image_urls(request: dict[str, Any]) -> list[str]:
    """data: URLs of all images, in the order of their messages and places."""
    messages = request.get("messages") or ()
    return [str(image["url"]) for message in messages for image in message.get("images", ())]


def sequence_of(
    request: dict[str, Any], key: Key, arrived_s: float, reading: Reading, seen: list[Seen] | None = None
) -> Sequence:
    """`seen` is of `image_urls`. Raises Refusal: model_not_found, bad_parameters, context_length_exceeded, model_unusable."""
    seen = seen or []
    if request.get("model") not in (None, reading.model):
        raise Refusal("model_not_found", model=str(request["model"])[:200])
    try:
        params = check(request.get("params", {}))
    except ParameterError as error:
        raise Refusal("bad_parameters", param=error.param, reason=error.reason) from error
    tools = _tools(request)
    grammar = _grammar(params, reading)
    if tools and request.get("tool_choice") == "required":
        grammar = _grammar_of_calls(tools, request, reading, has_other=bool(grammar))
    prompt, continues = _prompt(request, tools, reading, [one.tokens for one in seen], is_bound=bool(grammar))
    shifts = reading.shifts and not seen
    n_left = reading.n_ctx - len(prompt.tokens)
    if n_left < 1:
        raise Refusal("context_length_exceeded", n_tokens=len(prompt.tokens), n_ctx=reading.n_ctx)
    return Sequence(
        key=key,
        request_id=str(request.get("request_id", "")),
        tokens=prompt.tokens,
        max_tokens=params.max_tokens if shifts else min(params.max_tokens, n_left),
        shifts_at=reading.n_ctx if shifts else 0,
        images=runs_of(prompt.tokens, seen) if seen else (),
        params=params,
        seed=draw_seed(params),
        user=str(request.get("user", "")),
        weight=_weight(request.get("weight", 1.0)),
        priority="batch" if request.get("priority") == "batch" else "interactive",
        prompt_text=prompt.text,
        stops=params.stop if request.get("prompt") is not None else (*params.stop, *reading.builder.template.stops),
        grammar=grammar,
        strips_first_space=reading.strips_first_space and not continues,
        arrived_s=arrived_s,
    )


def count_tokens(texts: list[str], reading: Reading) -> list[int]:
    return [len(reading.tokenize(text)) for text in texts]


def _weight(raw: Any) -> float:
    if not isinstance(raw, int | float) or not LEAST_WEIGHT <= raw <= MOST_WEIGHT:
        raise Refusal("bad_parameters", param="weight", reason=f"must be from {LEAST_WEIGHT} to {MOST_WEIGHT}")
    return float(raw)


def _messages(raw: Any) -> list[ChatMessage]:
    if not isinstance(raw, list | tuple) or not raw:
        raise Refusal("bad_parameters", param="messages", reason="must be a list that is not empty")
    if not all(one["role"] in ROLES and isinstance(one["content"], str) for one in raw):
        raise Refusal("bad_parameters", param="messages", reason="a role or a content is not valid")
    return [
        ChatMessage(
            **{
                **one,
                "tool_calls": tuple(ToolCall(**call) for call in one.get("tool_calls", ())),
                "images": tuple(Image("", image["at"]) for image in one.get("images", ())),
            }
        )
        for one in raw
    ]


def _tools(request: dict[str, Any]) -> list[Tool]:
    if request.get("tool_choice") == "none":
        return []
    tools = [Tool(**one) for one in request.get("tools", ())]
    if len(tools) > MAX_TOOLS:
        raise Refusal("bad_parameters", param="tools", reason=f"at most {MAX_TOOLS} tools")
    for tool in tools:
        if not NAME.fullmatch(tool.name):
            raise Refusal("bad_parameters", param="tools", reason="a name has 1 to 128 letters, digits, or . - _")
        if tool.parameters and not _is_object(tool.parameters):
            raise Refusal("bad_parameters", param="tools", reason="parameters must be a JSON schema")
    return tools


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _grammar_of_calls(tools: list[Tool], request: dict[str, Any], reading: Reading, *, has_other: bool) -> str:
    if has_other:
        raise Refusal("bad_parameters", param="tool_choice", reason="an answer cannot be a call and keep to a grammar")
    try:
        several = bool(request.get("parallel_tool_calls", True))
        text = grammar_of_calls(tools, reading.builder.family, several=several).text()
    except GrammarError as error:
        raise Refusal("bad_parameters", param="tools", reason=str(error)) from error
    if not reading.can_follow(text):
        raise Refusal("bad_parameters", param="tools", reason="llama.cpp cannot follow the grammar of these tools")
    return text


def _grammar(params: SamplingParams, reading: Reading) -> str:
    """As llama.cpp takes it; "" for none."""
    if not params.grammar and not params.json_schema:
        return ""
    name = "grammar" if params.grammar else "json_schema"
    try:
        text = (grammar_of(params.grammar) if params.grammar else grammar_of_schema(params.json_schema)).text()
    except GrammarError as error:
        raise Refusal("bad_parameters", param=name, reason=str(error)) from error
    if not reading.can_follow(text):
        raise Refusal("bad_parameters", param=name, reason="llama.cpp cannot follow it")
    return text


def _prompt(
    request: dict[str, Any], tools: list[Tool], reading: Reading, images: list[list[int]], *, is_bound: bool
) -> tuple[Prompt, bool]:
    """And whether it ends within an answer. An answer bound by a grammar has no room for a thought before it."""
    if isinstance(request.get("prompt"), str):
        prompt, continues = reading.builder.raw(request["prompt"]), True
    else:
        messages = _messages(request.get("messages"))
        continues = bool(request.get("continue_last")) and messages[-1].role == "assistant"
        thinks = False if is_bound else request.get("thinks")
        try:
            prompt = reading.builder.build(messages, continue_last=continues, tools=tools, thinks=thinks, images=images)
        except TemplateRefused as error:
            raise Refusal("bad_parameters", param="messages", reason=str(error)) from error
        except TemplateError as error:
            raise Refusal("model_unusable", reason=str(error)) from error
    if not prompt.tokens:
        raise Refusal("bad_parameters", param="messages", reason="there is nothing to read")
    if is_image(prompt.tokens[-1]):
        raise Refusal("bad_parameters", param="messages", reason="the chat template says nothing after the last image")
    return prompt, continues
