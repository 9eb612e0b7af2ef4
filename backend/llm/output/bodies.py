"""Reads the inside of tool calls, as each family of models writes it. Empty when it cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backend.llm.output.families import Family
from backend.llm.types import Tool

Call = tuple[str, str]  # name, arguments as JSON
MAX_BODY_CHARS = 1_000_000

_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_ARGUMENT = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
_DEEPSEEK_CALL = re.compile(r"<｜tool▁call▁begin｜>(.*?)(?:<｜tool▁call▁end｜>|\Z)", re.DOTALL)
_FENCED = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)
_NAMED = re.compile(r"\s*([\w.-]{1,128})\s*(?:\[CALL_ID\][^\[]*)?(?:\[ARGS\])?\s*(?=\{)")


def calls_in(body: str, family: Family, tools: Sequence[Tool]) -> list[Call]:
    """The calls in `body`, the text between a family's marks; [] when it is not wholly made of calls."""
    if len(body) > MAX_BODY_CHARS:
        return []
    readers: dict[str, Callable[[str], list[Call]]] = {"mistral": _mistral, "deepseek": _deepseek, "llama": _llama}
    read = readers.get(family.name) or (lambda text: _hermes(text, tools))
    try:
        return read(body.strip())
    except (ValueError, RecursionError):
        return []


def _hermes(body: str, tools: Sequence[Tool]) -> list[Call]:
    if body.startswith("<function="):
        return [(found[1], _typed(_PARAMETER.findall(found[2]), found[1], tools)) for found in _FUNCTION.finditer(body)]
    if "<arg_key>" in body:
        name = body.split("<arg_key>", 1)[0].strip()
        return [(name, _typed(_ARGUMENT.findall(body), name, tools))]
    if not body.startswith(("{", "[")):  # a call without arguments, as GLM writes it
        return [(body, "{}")] if any(tool.name == body for tool in tools) else []
    return _of_json(json.loads(body))


def _mistral(body: str) -> list[Call]:
    if body.startswith("["):
        return _of_json(json.loads(body))
    calls = []
    for part in filter(str.strip, body.split("[TOOL_CALLS]")):
        named = _NAMED.match(part)
        if named is None:
            return []
        calls.append((named[1], _text(json.loads(part[named.end() :]))))
    return calls


def _deepseek(body: str) -> list[Call]:
    calls = []
    for found in _DEEPSEEK_CALL.finditer(body):
        kind, _, rest = found[1].partition("<｜tool▁sep｜>")
        name, fenced, arguments = kind, rest, rest
        if kind.strip() == "function":  # R1 names the kind, then the function on a line of its own
            name, _, fenced = rest.partition("\n")
            inside = _FENCED.fullmatch(fenced)
            arguments = inside[1] if inside else fenced
        calls.append((name.strip(), _text(json.loads(arguments))))
    return calls


def _llama(body: str) -> list[Call]:
    decoder = json.JSONDecoder()
    calls: list[Call] = []
    at = 0
    while at < len(body):
        value, at = decoder.raw_decode(body, at)
        read = _of_json(value)
        if not read:
            return []
        calls += read
        while at < len(body) and body[at] in "; \n\t\r,":
            at += 1
    return calls


def _of_json(value: Any) -> list[Call]:
    calls = []
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            return []
        one = one["function"] if isinstance(one.get("function"), dict) else one
        name = one.get("name")
        arguments = one.get("arguments", one.get("parameters", {}))
        if not isinstance(name, str) or not name:
            return []
        calls.append((name, arguments if isinstance(arguments, str) else _text(arguments)))
    return calls


def _typed(pairs: Sequence[tuple[str, str]], name: str, tools: Sequence[Tool]) -> str:
    """Arguments that were written as plain text, by the types that the tool's schema gives them."""
    schemas = (json.loads(tool.parameters) for tool in tools if tool.name == name and tool.parameters)
    schema: Any = next(schemas, {})
    told = schema.get("properties") if isinstance(schema, dict) else None
    properties: Mapping[str, Any] = told if isinstance(told, dict) else {}  # some servers write null for none
    return _text({key.strip(): _value(text, properties.get(key.strip())) for key, text in pairs})


def _value(text: str, schema: Any) -> Any:
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(text.strip(), text)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
