"""What is asked of /v1/responses, and what the engine is asked then. Nothing is stored, so nothing can be continued by id."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from backend.lib.errors import sentence
from backend.llm.types import ChatMessage, GenerateRequest, Tool, ToolCall
from backend.openai_api.asking import as_json, check_size, named, parts_of, sampling_of, text_of
from backend.openai_api.errors import BadParam
from backend.openai_api.shapes import ContentPart, Metadata, Name, Sampling, Text
from backend.openai_api.validation import Shape, text

Id = Annotated[str, AfterValidator(text), Field(max_length=200)]


class InputItem(Shape):
    """A message, a call that the model made, or what came of it. Thoughts from before are passed over."""

    type: Literal["message", "function_call", "function_call_output", "reasoning"] = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: Text | Annotated[list[ContentPart], Field(max_length=1000)] | None = None
    call_id: Id | None = None
    name: Name | None = None
    arguments: Text | None = None
    output: Text | Annotated[list[ContentPart], Field(max_length=1000)] | None = None


class ResponseTool(Shape):
    type: Literal["function"]
    name: Name
    description: Text | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class NamedResponseTool(Shape):
    type: Literal["function"]
    name: Name


class TextFormat(Shape):
    type: Literal["text", "json_object", "json_schema"] = "text"
    name: Annotated[str, Field(max_length=200)] | None = None
    description: Text | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    strict: bool | None = None


class TextOptions(Shape):
    format: TextFormat | None = None


class Reasoning(Shape):
    effort: Annotated[str, Field(max_length=20)] | None = None


class ResponseRequest(Shape):
    input: Text | Annotated[list[InputItem], Field(min_length=1, max_length=2000)]
    model: Annotated[str, Field(max_length=200)] | None = None
    instructions: Text | None = None
    max_output_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    stream: bool | None = None
    text: TextOptions | None = None
    tools: Annotated[list[ResponseTool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedResponseTool | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    metadata: Annotated[Metadata, Field(max_length=16)] | None = None
    previous_response_id: None = Field(None, description="not supported: send the whole conversation as `input`")


def response_request(asked: ResponseRequest, call_id: str, user: str) -> GenerateRequest:
    tools, choice = _tools(asked)
    schema = _schema(asked.text.format if asked.text else None)
    if schema and tools:
        raise BadParam(
            "text.format",
            sentence(
                "A format and tools cannot be used together here; set tool_choice to none.",
                "형식과 tools는 함께 쓸 수 없습니다. tool_choice를 none으로 보내 주세요.",
            ),
        )
    sampling = Sampling(temperature=asked.temperature, top_p=asked.top_p)
    params, is_open = sampling_of(sampling, max_tokens=asked.max_output_tokens, json_schema=schema)
    request = GenerateRequest(
        request_id=call_id,
        messages=tuple(_messages(asked)),
        params=params,
        left_open=is_open,
        model=asked.model,
        user=user,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=asked.parallel_tool_calls is not False,
        splits_reasoning=True,
        thinks=False if asked.reasoning and asked.reasoning.effort == "none" else None,
    )
    check_size(request)
    return request


def _messages(asked: ResponseRequest) -> list[ChatMessage]:
    messages = [ChatMessage("system", asked.instructions)] if asked.instructions else []
    if isinstance(asked.input, str):
        return [*messages, ChatMessage("user", asked.input)]
    for n, item in enumerate(asked.input):
        place = f"input[{n}]"
        if item.type == "function_call":
            _add_call(messages, item, place)
        elif item.type == "function_call_output":
            output = text_of(item.output, f"{place}.output")
            messages.append(ChatMessage("tool", output, tool_call_id=_needed(item.call_id, f"{place}.call_id")))
        elif item.type == "message":
            role = _needed(item.role, f"{place}.role")
            content = _needed(item.content, f"{place}.content")
            if role == "user":
                text, images = parts_of(content, f"{place}.content")
                messages.append(ChatMessage("user", text, images=images))
            else:
                text = text_of(content, f"{place}.content")
                messages.append(ChatMessage("system" if role == "developer" else role, text))
    if not messages:
        raise BadParam("input", sentence("There is no message.", "메시지가 없습니다."))
    return messages


def _add_call(messages: list[ChatMessage], item: InputItem, place: str) -> None:
    """Calls belong to the assistant's message before them."""
    call = ToolCall(
        _needed(item.call_id, f"{place}.call_id"),
        _needed(item.name, f"{place}.name"),
        _needed(item.arguments, f"{place}.arguments"),
    )
    last = messages[-1] if messages else None
    if last is not None and last.role == "assistant":
        messages[-1] = ChatMessage("assistant", last.content, (*last.tool_calls, call))
    else:
        messages.append(ChatMessage("assistant", "", (call,)))


def _needed(value: Any, param: str) -> Any:
    if value is None:
        raise BadParam(
            param, sentence(f"'{param}' is missing.", f"'{param}' 값이 없습니다."), "missing_required_parameter"
        )
    return value


def _tools(asked: ResponseRequest) -> tuple[tuple[Tool, ...], Any]:
    tools = tuple(
        Tool(
            tool.name,
            tool.description or "",
            as_json(tool.parameters, "tools") if tool.parameters else "",
            is_strict=bool(tool.strict),
        )
        for tool in asked.tools or ()
    )
    choice = asked.tool_choice
    if choice == "none" or (not tools and choice in (None, "auto")):
        return (), "none"
    if isinstance(choice, NamedResponseTool):
        return named(tools, choice.name), "required"
    if not tools:
        raise BadParam("tool_choice", sentence("There are no tools to choose.", "선택할 도구가 없습니다."))
    return tools, choice or "auto"


def _schema(wanted: TextFormat | None) -> str:
    if wanted is None or wanted.type == "text":
        return ""
    if wanted.type == "json_object":
        return '{"type":"object"}'
    return as_json(_needed(wanted.schema_, "text.format.schema"), "text.format")
