"""Answers bound by a grammar or a JSON schema, in the real engine."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import jsonschema
import pytest

from backend.llm.errors import BadParameters
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask, finished, text_of
from backend.llm.types import Delta


async def say(llm: LocalLLM, **params: Any) -> tuple[str, str]:
    events = await answer(llm, ask(**{"max_tokens": 1500, "temperature": 1.0, **params}))
    return text_of(events), finished(events).finish_reason


@pytest.mark.parametrize(
    ("grammar", "pattern"),
    [
        ('root ::= "yes" | "no"', "yes|no"),
        ('root ::= [0-9]{3} ("-" [0-9]{4}){2}', r"\d{3}(-\d{4}){2}"),
        ('root ::= "안녕" [가-힣]{2,4} "." ', r"안녕[가-힣]{2,4}\."),
        ('root ::= ("😀" | "🌙"){5}', "[😀🌙]{5}"),
        (r"root ::= [^\x00-\x7F]{1,8}", r"[^\x00-\x7F]{1,8}"),
        ('root ::= "<|im_start|>" "x"', re.escape("<|im_start|>x")),
        ('root ::= ""', ""),
    ],
)
async def test_the_answer_keeps_to_the_grammar(tiny_llm: LocalLLM, grammar: str, pattern: str) -> None:
    for seed in range(5):
        text, reason = await say(tiny_llm, grammar=grammar, seed=seed)
        assert re.fullmatch(pattern, text), text
        assert reason == "stop"


@pytest.mark.parametrize(
    "params", [{"temperature": 0}, {"mirostat": 2}, {"dry_multiplier": 1.0}, {"repeat_penalty": 1.5}]
)
async def test_a_grammar_goes_with_any_sampler(tiny_llm: LocalLLM, params: dict[str, Any]) -> None:
    text, _ = await say(tiny_llm, grammar='root ::= ("a" | "b"){30}', **params)
    assert re.fullmatch("[ab]{30}", text)


async def test_log_probabilities_come_with_a_grammar_too(tiny_llm: LocalLLM) -> None:
    events = await answer(tiny_llm, ask(grammar='root ::= "yes"', top_logprobs=2))
    assert "".join(one.text for event in events if isinstance(event, Delta) for one in event.logprobs) == "yes"


@pytest.mark.parametrize(
    "params",
    [
        {"grammar": "root ::= " + "(" * 60_000},
        {"grammar": 'root ::= root "a" | "a"'},
        {"grammar": 'root ::= "a"{1000000000}'},
        {"json_schema": '{"items":' * 60_000},
        {"json_schema": '{"type":"string","pattern":"a"}'},
        {"grammar": 'root ::= "a"', "json_schema": "{}"},
        {"grammar": 5},
    ],
)
async def test_hostile_ones_are_refused_and_the_engine_lives(tiny_llm: LocalLLM, params: dict[str, Any]) -> None:
    with pytest.raises(BadParameters):
        await say(tiny_llm, **params)
    assert (await say(tiny_llm, grammar='root ::= "yes"'))[0] == "yes"


async def test_a_grammar_that_never_ends_ends_with_max_tokens(tiny_llm: LocalLLM) -> None:
    text, reason = await say(tiny_llm, grammar='root ::= "(" root', max_tokens=300)
    assert set(text) == {"("}
    assert reason == "length"


# --- schemas -----------------------------------------------------------------------------------------------------------


def random_schema(random: random.Random, depth: int = 0) -> dict[str, Any]:
    """Of bounded size: what it allows fits into the tokens of a request."""
    kinds = ["boolean", "null", "integer", "number", "string", "enum", "const", "range", "format"]
    kinds += ["object", "array", "tuple", "any_of", "reference"] * (depth < 2)
    match random.choice(kinds):
        case "string":
            least = random.randint(0, 3)
            return {"type": "string", "minLength": least, "maxLength": least + random.randint(0, 8)}
        case "format":
            return {"type": "string", "format": random.choice(["date", "time", "date-time", "uuid"])}
        case "enum":
            values = [
                "apple",
                "apricot",
                "가나",
                'a "quoted"\\ one\n',
                1,
                12,
                -1.5,
                None,
                True,
                ["x"],
                {"k": "<|im_end|>"},
            ]
            return {"enum": random.sample(values, random.randint(1, 5))}
        case "const":
            return {"const": random.choice(["감사합니다", 0, {"a": [1, 2]}, "back\\slash"])}
        case "range":
            low = random.randint(-50, 50)
            return {"type": "integer", "minimum": low, "maximum": low + random.randint(0, 200)}
        case "object":
            names = random.sample(["a", "ab", "이름", 'quo"te', "x y", "long_name"], random.randint(1, 4))
            required = random.sample(names, random.randint(0, len(names)))
            properties = {name: random_schema(random, depth + 1) for name in names}
            return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        case "array":
            least = random.randint(0, 2)
            return {
                "type": "array",
                "items": random_schema(random, depth + 1),
                "minItems": least,
                "maxItems": least + random.randint(0, 2),
            }
        case "tuple":
            items = [random_schema(random, depth + 1) for _ in range(random.randint(1, 3))]
            return {"type": "array", "prefixItems": items, "minItems": len(items)}
        case "any_of":
            return {"anyOf": [{"type": "null"}, random_schema(random, 2), {"type": "boolean"}]}
        case "reference":
            return {"allOf": [{"$ref": "#/$defs/shared"}]}
        case kind:
            return {"type": kind, "description": "whatever"}


async def test_200_random_schemas_always_give_valid_json(tiny_llm: LocalLLM) -> None:
    for seed in range(200):
        schema = {
            **random_schema(random.Random(seed)),
            "$defs": {"shared": {"type": ["string", "null"], "maxLength": 5}},
        }
        text, reason = await say(tiny_llm, json_schema=json.dumps(schema), seed=seed)
        value = json.loads(text)
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER).validate(
            value
        )
        assert reason == "stop"


async def test_free_json_is_json_when_it_ends(tiny_llm: LocalLLM) -> None:
    n_ended = 0
    for seed in range(20):
        text, reason = await say(tiny_llm, json_schema='{"type": "object"}', seed=seed, max_tokens=200)
        assert text.startswith("{")
        if reason == "stop":
            n_ended += 1
            assert isinstance(json.loads(text), dict)
    assert n_ended


async def test_a_schema_that_holds_itself(tiny_llm: LocalLLM) -> None:
    schema = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["next"],
    }
    text, reason = await say(tiny_llm, json_schema=json.dumps(schema), max_tokens=2000)
    if reason == "stop":
        jsonschema.validate(json.loads(text), schema)
    assert text.startswith('{"next":')
