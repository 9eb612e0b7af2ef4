"""From a request on the wire to a sequence that the scheduler takes. Pure but for the vocabulary; runs in the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.llm.engine.gbnf import grammar_of
from backend.llm.engine.grammar import GrammarError
from backend.llm.engine.json_grammar import grammar_of_schema
from backend.llm.engine.prompt import Prompt, PromptBuilder
from backend.llm.engine.sampling import ParameterError, check, draw_seed
from backend.llm.engine.sequence import Key, Sequence
from backend.llm.engine.templates import TemplateError
from backend.llm.types import ChatMessage, SamplingParams

ROLES = ("system", "user", "assistant")


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


def sequence_of(request: dict[str, Any], key: Key, arrived_s: float, reading: Reading) -> Sequence:
    """Raises Refusal: model_not_found, bad_parameters, context_length_exceeded, model_unusable."""
    if request.get("model") not in (None, reading.model):
        raise Refusal("model_not_found", model=str(request["model"])[:200])
    try:
        params = check(request.get("params", {}))
    except ParameterError as error:
        raise Refusal("bad_parameters", param=error.param, reason=error.reason) from error
    grammar = _grammar(params, reading)
    messages = _messages(request.get("messages"))
    continues = bool(request.get("continue_last")) and messages[-1].role == "assistant"
    prompt = _prompt(messages, continues, reading)
    n_left = reading.n_ctx - len(prompt.tokens)
    if n_left < 1:
        raise Refusal("context_length_exceeded", n_tokens=len(prompt.tokens), n_ctx=reading.n_ctx)
    return Sequence(
        key=key,
        request_id=str(request.get("request_id", "")),
        tokens=prompt.tokens,
        max_tokens=min(params.max_tokens, n_left),
        params=params,
        seed=draw_seed(params),
        user=str(request.get("user", "")),
        priority="batch" if request.get("priority") == "batch" else "interactive",
        prompt_text=prompt.text,
        stops=(*params.stop, *reading.builder.template.stops),
        grammar=grammar,
        strips_first_space=reading.strips_first_space and not continues,
        arrived_s=arrived_s,
    )


def count_tokens(texts: list[str], reading: Reading) -> list[int]:
    return [len(reading.tokenize(text)) for text in texts]


def _messages(raw: Any) -> list[ChatMessage]:
    if not isinstance(raw, list | tuple) or not raw:
        raise Refusal("bad_parameters", param="messages", reason="must be a list that is not empty")
    messages = []
    for one in raw:
        role, content = one
        if role not in ROLES or not isinstance(content, str):
            raise Refusal("bad_parameters", param="messages", reason="a role or a content is not valid")
        messages.append(ChatMessage(role, content))
    return messages


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


def _prompt(messages: list[ChatMessage], continues: bool, reading: Reading) -> Prompt:
    try:
        prompt = reading.builder.build(messages, continue_last=continues)
    except TemplateError as error:
        raise Refusal("model_unusable", reason=str(error)) from error
    if not prompt.tokens:
        raise Refusal("bad_parameters", param="messages", reason="there is nothing to read")
    return prompt
