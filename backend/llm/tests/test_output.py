"""Thoughts and tool calls come out of a stream whole and once, wherever its pieces are cut; what is no call stays text."""

from __future__ import annotations

import json

import pytest

from backend.llm.output.calls import CallParser
from backend.llm.output.families import DEEPSEEK, FAMILIES, GENERIC, HERMES, LLAMA, MISTRAL, PHI, Family, family_of
from backend.llm.output.reasoning import ReasoningSplitter
from backend.llm.types import Tool, ToolCall

WEATHER = Tool(
    "get_weather",
    parameters=json.dumps({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}),
)
TIME = Tool("get_time")
THINK = ("<think>", "</think>")


def parsed(text: str, family: Family, size: int) -> tuple[str, list[tuple[str, str]]]:
    """(text, calls) when the stream comes in pieces of `size` characters"""
    parser = CallParser(family, [WEATHER, TIME], id_prefix="call_")
    out = [one for at in range(0, len(text), size) for one in parser.feed(text[at : at + size])]
    out += parser.flush()
    calls = [one for one in out if isinstance(one, ToolCall)]
    assert [call.id for call in calls] == [f"call_{n}" for n in range(len(calls))]
    assert parser.n_calls == len(calls)
    return "".join(one for one in out if isinstance(one, str)), [(call.name, call.arguments) for call in calls]


SEOUL = ("get_weather", '{"city": "서울"}')
NOW = ("get_time", "{}")
CALLS: list[tuple[Family, str, str, list[tuple[str, str]]]] = [
    (HERMES, '<tool_call>\n{"name": "get_weather", "arguments": {"city": "서울"}}\n</tool_call>', "", [SEOUL]),
    (HERMES, 'I look.\n<tool_call>{"name":"get_time"}</tool_call>\n', "I look.", [NOW]),
    (
        HERMES,
        '<tool_call>{"name":"get_weather","arguments":{"city": "서울"}}</tool_call>\n<tool_call>{"name":"get_time"}</tool_call>',
        "",
        [SEOUL, NOW],
    ),
    (
        HERMES,
        "<tool_call>\n<function=get_weather>\n<parameter=city>\n서울\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
        "",
        [("get_weather", '{"city": "서울", "days": 3}')],
    ),
    (
        HERMES,
        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>서울</arg_value>\n</tool_call>",
        "",
        [SEOUL],
    ),
    (HERMES, "<tool_call>get_time\n</tool_call>", "", [NOW]),
    (HERMES, '<tool_call>{"name": "get_weather", "arguments": {"city": "서울"}}', "", [SEOUL]),
    (MISTRAL, '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "서울"}}]', "", [SEOUL]),
    (MISTRAL, '[TOOL_CALLS]get_weather[ARGS]{"city": "서울"}[TOOL_CALLS]get_time{}', "", [SEOUL, NOW]),
    (MISTRAL, 'Yes.[TOOL_CALLS]get_weather[CALL_ID]123456789[ARGS]{"city": "서울"}', "Yes.", [SEOUL]),
    (LLAMA, '{"name": "get_weather", "parameters": {"city": "서울"}}', "", [SEOUL]),
    (LLAMA, '<|python_tag|>{"name": "get_weather", "parameters": {"city": "서울"}}; {"name": "get_time"}', "", [SEOUL, NOW]),
    (
        DEEPSEEK,
        (
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n"
            '{"city": "서울"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
        ),
        "",
        [SEOUL],
    ),
    (
        DEEPSEEK,
        (
            '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "서울"}<｜tool▁call▁end｜>'
            "<｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
        ),
        "",
        [SEOUL, NOW],
    ),
    (PHI, '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "서울"}}]<|/tool_call|>', "", [SEOUL]),
    (PHI, '<|tool_call|>[{"type": "function", "function": {"name": "get_time", "arguments": {}}}]', "", [NOW]),
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(("family", "text", "shown", "calls"), CALLS)
def test_it_works(family: Family, text: str, shown: str, calls: list[tuple[str, str]], size: int) -> None:
    assert parsed(text, family, size) == (shown, calls)


@pytest.mark.parametrize("properties", ["null", "[]", "7"])
def test_a_tool_whose_schema_names_no_properties_is_called_with_what_the_model_wrote(properties: str) -> None:
    parser = CallParser(HERMES, [Tool("get_time", parameters=f'{{"properties": {properties}}}')], id_prefix="call_")
    body = "<function=get_time>\n<parameter=zone>\nKST\n</parameter>\n</function>"
    assert parser.feed(f"<tool_call>{body}</tool_call>") == [ToolCall("call_0", "get_time", '{"zone": "KST"}')]


TEXTS = [
    "안녕, the floor is warm.\n\n",
    "a < b and <tool",
    "<tool_call>not a call</tool_call> after",
    "<tool_call>{broken</tool_call>",
    '<tool_call>{"name": 5}</tool_call>',
    "<tool_call>" + "[" * 5000 + "</tool_call>",
    '{"name": "no_such_tool", "parameters": {}}',
    "[TOOL_CALLS]hello",
    "<｜tool▁calls▁begin｜>hm",
    " ",
]


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_no_call_stays_text(family: Family, text: str, size: int) -> None:
    assert parsed(text, family, size) == (text, [])


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_what_is_forced_is_read_back(family: Family) -> None:
    calls = [SEOUL, NOW] if family.joint else [SEOUL]
    text = family.before + family.joint.join(family.written(*call) for call in calls) + family.after
    assert parsed(text, family, 4) == ("", calls)


@pytest.mark.parametrize(
    ("template", "family"),
    [
        ("{{ messages }}", GENERIC),
        ("{% if tools %}<tool_call>{% endif %}", HERMES),
        ("{{ tools }}[TOOL_CALLS]", MISTRAL),
        ("{{ tools }}<｜tool▁calls▁begin｜>", DEEPSEEK),
        ("{{ tools }}<|tool_call|>", PHI),
        ("{{ tools }}<|python_tag|>", LLAMA),
        ("{{ tools }}", GENERIC),
    ],
)
def test_a_family_is_known_by_its_template(template: str, family: Family) -> None:
    assert family_of(template) is family


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize(
    ("text", "is_open", "thought", "answer"),
    [
        ("<think>\nhm, 음.\n</think>\n\nYes.\n", False, "hm, 음.", "Yes.\n"),
        ("hm\n</think>\n\nYes", True, "hm", "Yes"),
        ("\n<think>a < b </think>c", False, "a < b", "c"),
        ("no thought", False, "", "no thought"),
        ("  indented", False, "", "  indented"),
        ("<thin air", False, "", "<thin air"),
        ("<think>never ends </thi", False, "never ends </thi", ""),
        ("a <think>b</think>", False, "", "a <think>b</think>"),
        ("<think></think>x", False, "", "x"),
        ("", True, "", ""),
    ],
)
def test_thoughts_are_split_from_answers(text: str, is_open: bool, thought: str, answer: str, size: int) -> None:
    splitter = ReasoningSplitter(THINK, is_open=is_open)
    pieces = [piece for at in range(0, len(text), size) for piece in splitter.feed(text[at : at + size])]
    pieces += splitter.flush()
    assert "".join(piece.text for piece in pieces if piece.is_reasoning) == thought
    assert "".join(piece.text for piece in pieces if not piece.is_reasoning) == answer
