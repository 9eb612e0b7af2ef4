"""Tools and their calls as chat templates take them, or in plain words for templates that know nothing of tools. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from backend.llm.output.families import HERMES
from backend.llm.types import ChatMessage, Tool, ToolCall

_IN_WORDS = """You may call functions to help with the user's request. These are the functions, one a line:
<tools>
{tools}
</tools>
To call a function, answer with a JSON object of its name and its arguments, within tags:
<tool_call>
{{"name": "<function>", "arguments": {{<arguments>}}}}
</tool_call>"""

Change = Callable[[str], str]


def row_of(message: ChatMessage, content: Any, change: Change, *, arguments_as_text: bool) -> dict[str, Any]:
    """A message as templates know it. `change` is applied to every text of its calls that is not the template's own."""
    row: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        row["tool_calls"] = [_call_of(call, change, arguments_as_text) for call in message.tool_calls]
    if message.tool_call_id:
        row["tool_call_id"] = change(message.tool_call_id)
    if message.name:
        row["name"] = change(message.name)
    return row


def _call_of(call: ToolCall, change: Change, as_text: bool) -> dict[str, Any]:
    arguments: Any = call.arguments if as_text else _object_of(call.arguments)
    function = {"name": change(call.name), "arguments": changed(arguments, change)}
    return {"id": change(call.id), "type": "function", "function": function}


def _object_of(arguments: str) -> Any:
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, dict) else arguments


def tool_rows(tools: Sequence[Tool], change: Change) -> list[dict[str, Any]]:
    return [changed({"type": "function", "function": _function_of(tool)}, change) for tool in tools]


def _function_of(tool: Tool) -> dict[str, Any]:
    parameters = json.loads(tool.parameters) if tool.parameters else {"type": "object", "properties": {}}
    return {"name": tool.name, "description": tool.description, "parameters": parameters}


def changed(value: Any, change: Change) -> Any:
    """The same value with every text in it changed, names too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [changed(one, change) for one in value]
    if isinstance(value, dict):
        return {change(name): changed(one, change) for name, one in value.items()}
    return value


def fold_tools(messages: Sequence[ChatMessage], tools: Sequence[Tool]) -> list[ChatMessage]:
    """The same conversation in the three plain roles: tools in the system message, calls and their results as text."""
    folded = [_in_words(message) for message in messages]
    if not tools:
        return folded
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in tool_rows(tools, str))
    text = _IN_WORDS.format(tools=lines)
    if folded and folded[0].role == "system":
        return [ChatMessage("system", f"{folded[0].content}\n\n{text}"), *folded[1:]]
    return [ChatMessage("system", text), *folded]


def _in_words(message: ChatMessage) -> ChatMessage:
    if message.role == "tool":
        return ChatMessage("user", f"<tool_response>\n{message.content}\n</tool_response>")
    if message.tool_calls:
        calls = [HERMES.written(call.name, call.arguments) for call in message.tool_calls]
        return ChatMessage(message.role, "\n".join([*filter(None, [message.content]), *calls]))
    return message
