"""Grammars before llama.cpp sees them: what is read, what is refused, and that refusing is quick. Pure."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from backend.llm.engine.gbnf import grammar_of
from backend.llm.engine.grammar import GrammarError, ranges_of
from backend.llm.engine.json_grammar import grammar_of_schema

JSON = r"""root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [0-9]{0,15})? ws
# llama.cpp's own example, but for a number that could be read in two ways
ws ::= | " " | "\n" [ \t]{0,20}
"""
ARITHMETIC = """root ::= (expr "=" ws term "\\n")+
expr ::= term ([-+*/] term)*
term ::= ident | num | "(" ws expr ")" ws
ident ::= [a-z] [a-z0-9_]* ws
num ::= [0-9]+ ws
ws ::= [ \\t]*
"""


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        ARITHMETIC,
        'root ::= "yes" | "no"',
        'root ::= "apple" | "apricot" | "app" | "" # factored',
        'root ::= ("apple" | "apricot")+',
        "root ::= [a-h]? [a-h] [1-8]",  # two readings, but only once
        "root ::= .{3}\n\n",
        'root ::= a\n  | b\na ::= "a" a | ""\nb ::= "b"',
        r'root ::= "\x41B\U00000043\n" [^\]\-a-z]',
    ],
)
def test_what_people_write_is_read(text: str) -> None:
    grammar = grammar_of(text)
    assert grammar.text().startswith("root ::= ")


HOSTILE = {
    "nested": "root ::= " + "(" * 60_000 + '"a"' + ")" * 60_000,
    "nested, short enough": "root ::= " + "(" * 15_000 + '"a"' + ")" * 15_000,
    "left recursion": 'root ::= root "a" | "a"',
    "left recursion by way of others": 'root ::= b "a"\nb ::= c? root\nc ::= "c"',
    "nullable loop": 'root ::= ("a"?)*',
    "huge repetition": 'root ::= "a"{0,100000000}',
    "more digits than any number": 'root ::= "a"{' + "9" * 20_000 + "}",
    "nested repetition": 'root ::= ((("a"{100}){100}){100}){100}',
    "nested optional repetition": 'root ::= (("a"{0,100}){0,100}){0,100}',
    "many repetitions": "root ::= " + '("a"){2000} ' * 2500,
    "self-embedding and ambiguous": 'root ::= "=" root "b" | "=" root "c" | "="',
    "ambiguous loop": "root ::= ([a-z] | [a-z] [a-z])*",
    "two loops": "root ::= [a-z]* [a-z]*",
    "exponential": "\n".join(
        ["root ::= r0", *(f'r{n} ::= r{n + 1} "x" | r{n + 1} "y"' for n in range(40)), 'r40 ::= "z"']
    ),
    "trie": "root ::= " + " | ".join('"' + "a" * n + '"' for n in range(1, 250)),
    "too large a trie": "root ::= " + " | ".join(f'"{n}{n * 7919}"' for n in range(2000)),
    "many rules": "root ::= " + " ".join(f"r{n}" for n in range(5000)),
    "long chain": "\n".join(["root ::= r0", *(f"r{n} ::= r{n + 1} | r{n + 1}" for n in range(900)), 'r900 ::= "z"']),
    "many beginnings": "root ::= ([a-b] | "
    + " | ".join(f"[\\U{code:08X}]" for code in range(0x4E00, 0x4E00 + 500))
    + ")*",
    "many nullable beginnings": 'root ::= "x" ' + " ".join(f'"{chr(code)}"?' for code in range(0x4E00, 0x4E00 + 500)),
    "nothing is allowed": r"root ::= [^\x00-\U0010FFFF]",
    "no root": 'a ::= "b"',
    "no such rule": "root ::= b",
    "unterminated": 'root ::= "abc',
    "half an escape": 'root ::= "\\',
    "empty": "",
    "a rule twice": 'root ::= "a"\nroot ::= "b"',
    "backwards": "root ::= [z-a]",
    "beyond Unicode": r"root ::= [\U00110000]",
    "least above most": 'root ::= "a"{3,1}',
    "no text at all": "root ::= <[12]>",
}
HARMLESS = {"trie", "long chain", "nested repetition"}  # large, but llama.cpp can follow them


@pytest.mark.parametrize("name", HOSTILE)
def test_the_hostile_are_refused_at_once(name: str) -> None:
    began_s = time.process_time()
    try:
        grammar_of(HOSTILE[name])
        is_refused = False
    except GrammarError:
        is_refused = True
    assert time.process_time() - began_s < 1
    assert is_refused or name in HARMLESS


BAD_SCHEMAS: list[tuple[str, Any]] = [
    ("not JSON", "{"),
    ("deep", '{"items":' * 60_000 + "{}" + "}" * 60_000),
    ("deep, short enough", '{"items":' * 2900 + "{}" + "}" * 2900),
    ("a cycle of references", {"$ref": "#"}),
    ("points nowhere", {"$ref": "#/$defs/x"}),
    ("points elsewhere", {"$ref": "https://example.invalid/schema"}),
    ("pattern", {"type": "string", "pattern": "(a+)+b"}),
    ("many properties", {"properties": {f"p{n}": {} for n in range(500)}}),
    ("huge string", {"type": "string", "minLength": 10**9}),
    ("huge list", {"type": "array", "items": {"type": "string", "maxLength": 2000}, "minItems": 10**9}),
    ("no such type", {"type": "text"}),
    ("odd type", {"type": {"a": 1}}),
    ("list", []),
    ("false", False),
    ("empty enum", {"enum": []}),
    ("all of several", {"allOf": [{"type": "string"}, {"type": "integer"}]}),
    ("required, not described", {"type": "object", "properties": {"a": {}}, "required": ["b"]}),
    ("half a range", {"type": "integer", "minimum": 1}),
    ("least above most", {"type": "string", "minLength": 3, "maxLength": 1}),
    ("length of true", {"type": "string", "minLength": True}),
]


@pytest.mark.parametrize(("name", "schema"), BAD_SCHEMAS, ids=[name for name, _ in BAD_SCHEMAS])
def test_schemas_that_cannot_be_kept_are_refused(name: str, schema: Any) -> None:
    began_s = time.process_time()
    with pytest.raises(GrammarError):
        grammar_of_schema(schema if isinstance(schema, str) else json.dumps(schema))
    assert time.process_time() - began_s < 1


def test_sets_of_characters_are_merged_and_turned_round() -> None:
    assert ranges_of([(5, 9), (1, 4), (20, 30), (25, 26)]) == ((1, 9), (20, 30))
    assert ranges_of([(0, 9), (20, 0x10FFFF)], negated=True) == ((10, 19),)
    assert ranges_of([], negated=True) == ((0, 0x10FFFF),)
