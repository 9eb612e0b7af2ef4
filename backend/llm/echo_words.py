"""What the echo engine says: numbered words, Markdown, or what it was told; how it goes on after a cut; vectors. Pure."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable

from backend.llm.echo_markdown import PIECE, markdown_text
from backend.llm.types import GenerateRequest, ToolCall

N_DIMENSIONS = 64


def echo_text(n_tokens: int) -> str:
    """What a reply of `n_tokens` reads."""
    return " ".join(f"word{n}" for n in range(1, n_tokens + 1))


TOLD = "told"
TEXTS: dict[str, Callable[[int], str]] = {"words": echo_text, "markdown": markdown_text, TOLD: echo_text}
_CALLS = re.compile(r"^!call (.+)$", re.MULTILINE)
_LINE = re.compile(r"^- (.+)$", re.MULTILINE)
_PASSAGE = re.compile(r"^\[1\] [^\n]*\n(.*?)(?=^\[2\] |\Z)", re.MULTILINE | re.DOTALL)


_CONTEXT = re.compile(r"<context>\n(.*?)\n</context>", re.DOTALL)  # chat/prompt.py, which is out of reach here


def told_in(request: GenerateRequest) -> str:
    """Where a conversation's memories and passages stand: in its last question, or in the system message."""
    asked = next((each.content for each in reversed(request.messages) if each.role == "user"), "")
    if found := _CONTEXT.search(asked):
        return found[1]
    return next((each.content for each in request.messages if each.role == "system"), "")


def told_text(system: str) -> str:
    """Reads out what is listed there (memories) and the first passage, with its number: an honest model would."""
    passage = _PASSAGE.search(system)
    listed = _LINE.findall(system[: passage.start()] if passage else system)
    parts = [*listed, *([f"{' '.join(passage[1].split())} [1]"] if passage else [])]
    return " ".join(parts) or "I was told nothing."


def echo_calls(request: GenerateRequest) -> list[ToolCall]:
    """What a question asks for by lines such as `!call name {"a": 1}`: one line a round, those joined by ` & ` at once."""
    asked_at = max((n for n, each in enumerate(request.messages) if each.role == "user"), default=0)
    n_rounds = sum(1 for each in request.messages[asked_at:] if each.tool_calls)
    lines = _CALLS.findall(request.messages[asked_at].content) if request.messages else []
    if not request.tools or request.tool_choice == "none" or n_rounds >= len(lines):
        return []
    parts = (part.strip().partition(" ") for part in lines[n_rounds].split(" & "))
    return [ToolCall(f"echo{n_rounds}{n}", name, given or "{}") for n, (name, _, given) in enumerate(parts)]


def results_text(request: GenerateRequest) -> str:
    """Reads out what the tools have returned."""
    return " ".join(f"({' '.join(each.content.split())})" for each in request.messages if each.role == "tool")


def echo_words(given: str, n_tokens: int, text: str = "words", system: str = "") -> list[str]:
    """The deltas that are still to come when `given` is there already. `text` is a key of TEXTS."""
    whole = told_text(system) if text == TOLD else TEXTS[text](n_tokens)
    if not whole.startswith(given):  # somebody else's beginning: number on from its words
        n_given = len(given.split())
        whole = given + "".join(f" word{n}" for n in range(n_given + 1, n_tokens + 1))
    return PIECE.findall(whole[len(given) :])


def echo_vector(text: str) -> list[float]:
    """Of length 1; the same for the same text in any process, and near for texts that share words."""
    vector = [0.0] * N_DIMENSIONS
    for word in text.lower().split() or [""]:
        vector[zlib.crc32(word.encode("utf-8", "replace")) % N_DIMENSIONS] += 1.0
    length = math.hypot(*vector)
    return [value / length for value in vector]
