"""Draws the values of the small jobs in corpus/*/tasks.yaml: sums, counting, sorting, lists, tables, code.

Every function returns the slots of one job; `result` is the right answer. The wording lives in the YAML files.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import yaml
from lexicon import CORPUS, Lexicon

Slots = dict[str, str]


def sum_(rng: random.Random, words: Lexicon) -> Slots:
    a = rng.randint(0, 20)
    b = rng.randint(0, 20 - a)
    return {"a": str(a), "b": str(b), "result": str(a + b)}


def minus(rng: random.Random, words: Lexicon) -> Slots:
    a = rng.randint(0, 20)
    b = rng.randint(0, a)
    return {"a": str(a), "b": str(b), "result": str(a - b)}


def repeat(rng: random.Random, words: Lexicon) -> Slots:
    sources = [words.person, words.odd, words.code, words.pet, words.sources["word"], words.date]
    return {"text": " ".join(rng.choice(sources)(rng) for _ in range(rng.randint(1, 4)))}


def count(rng: random.Random, words: Lexicon) -> Slots:
    a = rng.randint(1, 20)
    b = a + rng.randint(2, 10)
    return {"a": str(a), "b": str(b), "result": ", ".join(map(str, range(a, b + 1)))}


def count_to(rng: random.Random, words: Lexicon) -> Slots:
    b = rng.randint(3, 20)
    return {"b": str(b), "result": ", ".join(map(str, range(1, b + 1)))}


def count_down(rng: random.Random, words: Lexicon) -> Slots:
    a = rng.randint(3, 15)
    return {"a": str(a), "result": ", ".join(map(str, range(a, 0, -1)))}


def some(rng: random.Random, words: Lexicon, kind: str, low: int, high: int) -> list[str]:
    return rng.sample(words.words[kind], rng.randint(low, high))


def sort(rng: random.Random, words: Lexicon) -> Slots:
    chosen = some(rng, words, "word", 3, 5)
    return {"text": ", ".join(chosen), "result": ", ".join(sorted(chosen))}


def upper(rng: random.Random, words: Lexicon) -> Slots:
    english = Lexicon("en") if words.language == "ko" else words
    text = " ".join(some(rng, english, "word", 1, 3))
    return {"text": text, "result": text.upper()}


def bullets(rng: random.Random, words: Lexicon) -> Slots:
    chosen = some(rng, words, "item", 2, 5)
    if rng.random() < 0.3:
        chosen[0] = words.proper(rng)
    return {"n": str(len(chosen)), "text": ", ".join(chosen), "result": "\n".join(f"- {c}" for c in chosen)}


def numbered(rng: random.Random, words: Lexicon) -> Slots:
    chosen = some(rng, words, "item", 2, 5)
    return {"text": ", ".join(chosen), "result": "\n".join(f"{i}. {c}" for i, c in enumerate(chosen, 1))}


KINDS = {
    "en": ["colour", "fruit", "animal", "flower", "sport", "drink", "instrument", "job", "language"],
    "ko": {"색": "colour", "과일": "fruit", "동물": "animal", "꽃": "flower", "운동": "sport", "음료": "drink",
           "악기": "instrument", "직업": "job", "언어": "language"},
}  # fmt: skip


def kinds(rng: random.Random, words: Lexicon) -> Slots:
    names = KINDS[words.language]
    kind = rng.choice(list(names))
    chosen = some(rng, words, names[kind] if isinstance(names, dict) else kind, 2, 5)
    return {"kind": kind, "n": str(len(chosen)), "result": "\n".join(f"- {c}" for c in chosen)}


def table(rng: random.Random, words: Lexicon) -> Slots:
    rows = [(c, str(rng.randint(1, 20))) for c in some(rng, words, "item", 2, 4)]
    if rng.random() < 0.4:
        rows = [(words.person(rng), words.age(rng)) for _ in rows]
    head = ("Name", "Number") if words.language == "en" else ("이름", "수")
    lines = [f"| {a} | {b} |" for a, b in [head, ("---", "---"), *rows]]
    return {"n": str(len(rows)), "text": ", ".join(f"{a} {b}" for a, b in rows), "result": "\n".join(lines)}


@cache
def programs() -> dict[str, Any]:
    return dict(yaml.safe_load((CORPUS / "programs.yaml").read_text(encoding="utf-8")))


def code(rng: random.Random, words: Lexicon) -> Slots:
    language = rng.choice(programs()["languages"])
    program = rng.choice(programs()["programs"])
    block = f"```{language.lower()}\n{program[language]}\n```"
    return {"language": language, **program[words.language], "result": block}


MAKERS: dict[str, Callable[[random.Random, Lexicon], Slots]] = {
    "sum": sum_, "minus": minus, "repeat": repeat, "count": count, "count_to": count_to, "count_down": count_down,
    "sort": sort, "upper": upper, "bullets": bullets, "numbered": numbered, "kinds": kinds, "table": table, "code": code,
}  # fmt: skip
