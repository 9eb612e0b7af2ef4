"""The grammar of an answer that must be a call of one of some tools, written as the model's family writes it. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from backend.llm.engine.grammar import Alternate, Grammar, GrammarError, literal
from backend.llm.engine.grammar_check import check
from backend.llm.engine.json_grammar import SchemaMaker, grammar_of_schema
from backend.llm.output.families import Family
from backend.llm.types import Tool

MAX_CALLS = 8
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
ANY_ARGUMENTS: dict[str, Any] = {"type": "object"}


def grammar_of_calls(tools: Sequence[Tool], family: Family, *, several: bool) -> Grammar:
    """Raises GrammarError, for a schema only where its tool is strict: else any object will do."""
    schemas = [_moved(_schema_of(tool), f"#/tools/{n}") for n, tool in enumerate(tools)]
    maker = SchemaMaker({"tools": {str(n): schema for n, schema in enumerate(schemas)}})
    grammar = maker.grammar
    before, between, after = (literal(part) for part in family.call)
    calls: list[Alternate] = []
    for n, tool in enumerate(tools):
        arguments = maker.rule({"$ref": f"#/tools/{n}"}, 0)
        calls.append([*before, *literal(tool.name), *between, arguments, *after])
    call = grammar.add(calls)
    more: Alternate = []
    if several and family.joint:
        more = grammar.repeat([*literal(family.joint), call], 0, MAX_CALLS - 1)
    grammar.define(0, [[*literal(family.before), call, *more, *literal(family.after)]])
    check(grammar)
    return grammar


def _schema_of(tool: Tool) -> Any:
    if not tool.parameters:
        return NO_ARGUMENTS
    try:
        grammar_of_schema(tool.parameters)
    except GrammarError:
        if tool.is_strict:
            raise
        return ANY_ARGUMENTS
    return json.loads(tool.parameters)


def _moved(schema: Any, place: str) -> Any:
    """The schema with its references leading to where it lies now. Its depth was checked."""
    if isinstance(schema, list):
        return [_moved(one, place) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: place + value[1:]
        if name == "$ref" and isinstance(value, str) and value.startswith("#")
        # What a property or a constant holds is no schema, but a "$ref" in it would not be read as one either.
        else _moved(value, place)
        for name, value in schema.items()
    }
