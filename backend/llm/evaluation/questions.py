"""The question file: one JSON object per line: id, category, language, turns, and references for what has one right answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

OURS = Path(__file__).with_name("questions.jsonl")
MAX_TURNS = 5


class BadQuestions(ValueError):
    """The text names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    category: str
    language: str
    turns: tuple[str, ...]
    references: tuple[str, ...] = ()  # of the turns, "" where there is none


def load(path: Path = OURS) -> list[Question]:
    """Raises BadQuestions, OSError."""
    found: dict[str, Question] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        question = _question(line, f"{path.name}, line {number}")
        if question.id in found:
            raise BadQuestions(f"{path.name}, line {number}: the id {question.id!r} is there twice")
        found[question.id] = question
    if not found:
        raise BadQuestions(f"{path.name} holds no question")
    return list(found.values())


def _question(line: str, place: str) -> Question:
    try:
        raw: Any = json.loads(line)
    except ValueError as error:
        raise BadQuestions(f"{place}: not JSON") from error
    if not isinstance(raw, dict):
        raise BadQuestions(f"{place}: not an object")
    turns: Any
    references: Any
    turns, references = raw.get("turns"), raw.get("references", [])
    if not _are_texts(turns) or not 1 <= len(turns) <= MAX_TURNS or not all(turn.strip() for turn in turns):
        raise BadQuestions(f"{place}: “turns” must be a list of 1 to {MAX_TURNS} texts")
    if not _are_texts(references) or len(references) > len(turns):
        raise BadQuestions(f"{place}: “references” must be a list of texts, at most one for each turn")
    words: Any = [raw.get(name) for name in ("id", "category", "language")]
    if not _are_texts(words) or not all(words):
        raise BadQuestions(f"{place}: “id”, “category” and “language” must be texts")
    return Question(words[0], words[1], words[2], tuple(turns), tuple(references))


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
