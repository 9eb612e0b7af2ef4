"""From a JSON schema to a grammar whose every text is valid JSON of that schema, written without blanks. Pure.

A keyword that a grammar cannot keep (pattern, multipleOf, not, …) is refused, never passed over. Objects have their
properties in the schema's order and no others; oneOf is read as anyOf.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from backend.llm.engine.grammar import Alternate, Grammar, GrammarError, literal, ranges_of
from backend.llm.engine.grammar_check import check

MAX_CHARS = 32_768
MAX_DEPTH = 32
MAX_INTEGERS = 1000
MAX_DIGITS = 15

SAID_ONLY = frozenset(
    {"title", "description", "default", "examples", "$schema", "$id", "$defs", "definitions", "$comment"}
)
KEPT: dict[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems"}),
    "string": frozenset({"minLength", "maxLength", "format"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset(),
    "boolean": frozenset(),
    "null": frozenset(),
}
DIGIT, DIGIT_1 = ranges_of([(48, 57)]), ranges_of([(49, 57)])
HEX = ranges_of([(48, 57), (97, 102)])
# What JSON takes as it is: no control characters, no surrogates, no quotation mark, no backslash.
PLAIN = ranges_of([(0x20, 0x21), (0x23, 0x5B), (0x5D, 0x7E), (0xA0, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF)])


def grammar_of_schema(text: str) -> Grammar:
    """Raises GrammarError."""
    if len(text) > MAX_CHARS:
        raise GrammarError(f"it has more than {MAX_CHARS:,} characters")
    try:
        schema = json.loads(text)
        maker = SchemaMaker(schema)
        maker.grammar.define(0, maker.alternates(schema, 0))
        check(maker.grammar)
    except RecursionError:
        raise GrammarError("it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise GrammarError(f"it is not JSON: {error.msg}") from None
    return maker.grammar


class SchemaMaker:
    """Adds the rules of values to `grammar`. `$ref`s point into the schema that it was made with."""

    def __init__(self, schema: Any) -> None:
        self.grammar = Grammar()
        self._schema = schema
        self._shared: dict[str, int] = {}
        self._makers: dict[str, Callable[[dict[str, Any], int], list[Alternate]]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
            "number": lambda schema, depth: self._number(),
            "boolean": lambda schema, depth: [literal("true"), literal("false")],
            "null": lambda schema, depth: [literal("null")],
        }

    def alternates(self, schema: Any, depth: int) -> list[Alternate]:
        """What a value of the schema may be."""
        if depth > MAX_DEPTH:
            raise GrammarError(f"it is nested more than {MAX_DEPTH} deep")
        if schema is True or schema == {}:
            return [[self._any()]]
        if not isinstance(schema, dict):
            raise GrammarError("a schema must be an object")
        for word in ("const", "enum", "anyOf", "oneOf", "allOf", "$ref"):
            if word in schema:
                return self._by_word(word, schema, depth)
        kinds = schema.get("type") or self._guess(schema)
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if not all(isinstance(kind, str) and kind in KEPT for kind in kinds):
            raise GrammarError(f"there is no type {str(kinds)[:60]}")
        if "number" in kinds:
            kinds = [kind for kind in kinds if kind != "integer"]  # a number may be whole
        self._refuse_others(schema, frozenset({"type"}).union(*(KEPT[kind] for kind in kinds)))
        return [alternate for kind in kinds for alternate in self._makers[kind](schema, depth)]

    def _by_word(self, word: str, schema: dict[str, Any], depth: int) -> list[Alternate]:
        value = schema[word]
        self._refuse_others(schema, frozenset({word, *(("type",) if word in ("const", "enum") else ())}))
        if word == "const":
            return [literal(_json(value))]
        if word == "$ref":
            return [[self._reference(value, depth)]]
        if not isinstance(value, list) or not value:
            raise GrammarError(f"{word} must be a list that is not empty")
        if word == "enum":
            return [literal(_json(one)) for one in value]
        if word == "allOf" and len(value) > 1:
            raise GrammarError("allOf of several schemas is not supported")
        return [alternate for one in value for alternate in self.alternates(one, depth + 1)]

    @staticmethod
    def _guess(schema: dict[str, Any]) -> str | list[str]:
        """The type of a schema that names none, by its keywords."""
        for kind in ("object", "array", "string", "integer"):
            if any(word in schema for word in KEPT[kind]):
                return kind
        return list(KEPT)

    @staticmethod
    def _refuse_others(schema: dict[str, Any], known: frozenset[str]) -> None:
        for word in schema:
            if word not in known and word not in SAID_ONLY:
                raise GrammarError(f"“{word[:60]}” is not supported here")

    def rule(self, schema: Any, depth: int) -> int:
        return self.grammar.add(self.alternates(schema, depth + 1))

    def _reference(self, pointer: Any, depth: int) -> int:
        if not isinstance(pointer, str) or not pointer.startswith("#"):
            raise GrammarError("$ref must point into the schema itself")
        if pointer not in self._shared:
            target = self._schema
            for part in filter(None, pointer[1:].split("/")):
                part = part.replace("~1", "/").replace("~0", "~")
                if not isinstance(target, dict) or part not in target:
                    raise GrammarError(f"$ref “{pointer[:60]}” points nowhere")
                target = target[part]
            rule = self._shared[pointer] = self.grammar.add()
            self.grammar.define(rule, self.alternates(target, depth + 1))
        return self._shared[pointer]

    # --- by type -----------------------------------------------------------------------------------------------------

    def _object(self, schema: dict[str, Any], depth: int) -> list[Alternate]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        others = schema.get("additionalProperties", True)
        if not isinstance(properties, dict) or not isinstance(required, list):
            raise GrammarError("properties must be an object, required a list")
        if not properties and others is not False:
            if required:
                raise GrammarError("what is required must be among the properties")
            return [self._free_object(others, depth)]
        missing = [name for name in required if name not in properties]
        if missing:
            raise GrammarError(f"“{str(missing[0])[:60]}” is required, but is not among the properties")
        values = [(literal(_json(name) + ":"), self.rule(one, depth)) for name, one in properties.items()]
        is_needed = [name in required for name in properties]
        return [[*literal("{"), self._rest_of_object(values, is_needed)]]

    def _rest_of_object(self, values: list[tuple[Alternate, int]], is_needed: list[bool]) -> int:
        """From the last property back: which may come next, the first one without a comma before it."""
        after = [self.grammar.add() for _ in range(len(values) + 1)]  # after[n]: something stands there, n is next
        for n in reversed(range(len(values) + 1)):
            self.grammar.define(after[n], self._next_properties(values, is_needed, after, n, literal(",")))
        return self.grammar.add(self._next_properties(values, is_needed, after, 0, []))

    @staticmethod
    def _next_properties(
        values: list[tuple[Alternate, int]], is_needed: list[bool], after: list[int], start: int, comma: Alternate
    ) -> list[Alternate]:
        found: list[Alternate] = []
        for n in range(start, len(values)):
            key, value = values[n]
            found.append([*comma, *key, value, after[n + 1]])
            if is_needed[n]:
                return found
        return [*found, literal("}")]

    def _free_object(self, schema: Any, depth: int) -> Alternate:
        value = self._any() if schema is True else self.rule(schema, depth)
        member: Alternate = [*self._free_string(), *literal(":"), value]
        loop = self.grammar.repeat([*literal(","), *member], 0, None)
        return [*literal("{"), self.grammar.add([[*member, *loop], []]), *literal("}")]

    def _array(self, schema: dict[str, Any], depth: int) -> list[Alternate]:
        least, most = _bounds(schema, "minItems", "maxItems")
        if "prefixItems" in schema:
            items = schema["prefixItems"]
            if (
                not isinstance(items, list)
                or "items" in schema
                or least > len(items)
                or (most or len(items)) < len(items)
            ):
                raise GrammarError("prefixItems must be a list, without items, and within minItems and maxItems")
            parts: list[Alternate] = [[self.rule(one, depth)] for one in items]
            return [[*literal("["), *_joined(parts), *literal("]")]]
        item = self._any() if "items" not in schema else self.rule(schema["items"], depth)
        if most == 0:
            return [literal("[]")]
        more = self.grammar.repeat([*literal(","), item], max(0, least - 1), None if most is None else most - 1)
        if least:
            return [[*literal("["), item, *more, *literal("]")]]
        return [[*literal("["), self.grammar.add([[item, *more], []]), *literal("]")]]

    def _string(self, schema: dict[str, Any], depth: int) -> list[Alternate]:
        if "format" in schema:
            if "minLength" in schema or "maxLength" in schema:
                raise GrammarError("format and length together are not supported")
            return [[*literal('"'), *self._format(schema["format"]), *literal('"')]]
        least, most = _bounds(schema, "minLength", "maxLength")
        if not least and most is None:
            return [self._free_string()]
        return [[*literal('"'), *self.grammar.repeat([self._character()], least, most), *literal('"')]]

    def _format(self, name: Any) -> Alternate:
        two = [DIGIT, DIGIT]
        month = self.grammar.add([[*literal("0"), DIGIT_1], [*literal("1"), ranges_of([(48, 50)])]])
        # The 28th is in every month: a grammar does not count leap years.
        day = self.grammar.add(
            [[*literal("0"), DIGIT_1], [*literal("1"), DIGIT], [*literal("2"), ranges_of([(48, 56)])]]
        )
        hour = self.grammar.add([[ranges_of([(48, 49)]), DIGIT], [*literal("2"), ranges_of([(48, 51)])]])
        sixty = [ranges_of([(48, 53)]), DIGIT]
        date: Alternate = [DIGIT_1, DIGIT, *two, *literal("-"), month, *literal("-"), day]
        time: Alternate = [hour, *literal(":"), *sixty, *literal(":"), *sixty, *literal("Z")]
        uuid = [[HEX] * n for n in (8, 4, 4, 4, 12)]
        dash = literal("-")
        formats: dict[str, Alternate] = {
            "date": date,
            "time": time,
            "date-time": [*date, *literal("T"), *time],
            "uuid": [*uuid[0], *dash, *uuid[1], *dash, *uuid[2], *dash, *uuid[3], *dash, *uuid[4]],
        }
        if not isinstance(name, str) or name not in formats:
            raise GrammarError(f"the format “{str(name)[:60]}” is not supported")
        return formats[name]

    def _integer(self, schema: dict[str, Any], depth: int) -> list[Alternate]:
        if "minimum" not in schema and "maximum" not in schema:
            return self._whole()
        low, high = schema.get("minimum"), schema.get("maximum")
        if not isinstance(low, int) or not isinstance(high, int) or not 0 <= high - low < MAX_INTEGERS:
            raise GrammarError(f"minimum and maximum must both be whole and at most {MAX_INTEGERS} apart")
        return [literal(str(n)) for n in range(low, high + 1)]

    def _whole(self) -> list[Alternate]:
        if "whole" not in self._shared:
            digits = self.grammar.repeat([DIGIT], 0, MAX_DIGITS - 1)
            self._shared["whole"] = self.grammar.add([literal("0"), [DIGIT_1, *digits]])
        whole = self._shared["whole"]
        return [[whole], [*literal("-"), whole]]

    def _number(self) -> list[Alternate]:
        if "fraction" not in self._shared:
            digits = self.grammar.repeat([DIGIT], 1, MAX_DIGITS)
            self._shared["fraction"] = self.grammar.add([[*literal("."), *digits], []])
        return [[*alternate, self._shared["fraction"]] for alternate in self._whole()]

    # --- what many share ---------------------------------------------------------------------------------------------

    def _character(self) -> int:
        if "character" not in self._shared:
            escaped = ranges_of([(ord(one), ord(one)) for one in '"\\/bfnrt'])
            self._shared["character"] = self.grammar.add([[PLAIN], [*literal("\\"), escaped]])
        return self._shared["character"]

    def _free_string(self) -> Alternate:
        if "string" not in self._shared:
            loop = self.grammar.repeat([self._character()], 0, None)
            self._shared["string"] = self.grammar.add([[*literal('"'), *loop, *literal('"')]])
        return [self._shared["string"]]

    def _any(self) -> int:
        if "any" not in self._shared:
            rule = self._shared["any"] = self.grammar.add()
            kinds = ("object", "array", "string", "number", "boolean", "null")
            self.grammar.define(rule, [one for kind in kinds for one in self._makers[kind]({}, 0)])
        return self._shared["any"]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _joined(parts: Sequence[Alternate]) -> Alternate:
    joined: Alternate = []
    for n, part in enumerate(parts):
        joined += [*(literal(",") if n else []), *part]
    return joined


def _bounds(schema: dict[str, Any], low: str, high: str) -> tuple[int, int | None]:
    least, most = schema.get(low, 0), schema.get(high)
    for bound in (least, 0 if most is None else most):
        if isinstance(bound, bool) or not isinstance(bound, int) or bound < 0:
            raise GrammarError(f"{low} and {high} must be whole numbers that are not negative")
    if most is not None and most < least:
        raise GrammarError(f"{high} is smaller than {low}")
    return least, most
