"""The held-out examination: builds its conversations, and says whether an answer is right. Asks no model itself.

Names come from syllable pairs that training never joins, wordings from evaluation/. `leaks` proves both.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from exchanges import Fact, draw_fact
from grammar import every_wording
from layout import DEFAULT_SYSTEM, HEAD, MEMORY_HEAD, TITLE_REQUEST
from lexicon import LANGUAGES, Lexicon, load
from passages import Library, Said, kinds_of, passage

HERE = Path(__file__).resolve().parent
SHEETS = ("standard", "fresh")
Page = dict[str, Any]  # evaluation/<sheet>/<language>.yaml
REFUSAL = {"en": r"starter model", "ko": r"기본 모델"}
NOT_SAID = {"en": r"documents do not say", "ko": r"문서에는"}


@dataclass
class Case:
    """One conversation: the user's turns, of which the last is judged by `want` (a regular expression)."""

    topic: str
    language: str
    turns: list[str]
    want: str
    system: str = DEFAULT_SYSTEM
    loosely: str = ""  # also counted, by itself: the fact and its number, in whatever words
    wordings: list[str] = field(default_factory=list)  # the templates behind the turns, for the leak check


@cache
def sheet(language: str, name: str = "standard") -> Any:
    return yaml.safe_load((HERE / "evaluation" / name / f"{language}.yaml").read_text(encoding="utf-8"))


def whole(value: str) -> str:
    """The value as a whole: a Korean particle may follow, no other letter or digit may."""
    after = "" if re.search(r"[가-힣]$", value) else r"(?![0-9A-Za-z])"
    return rf"(?<![0-9A-Za-z]){re.escape(value)}{after}"


def held_out_fact(rng: random.Random, language: str, words: Lexicon, row: dict[str, Any]) -> Fact:
    entry = next(e for e in load(language, "facts") if e["id"] == row["id"])
    fact = draw_fact(rng, words, entry)
    return Fact({**entry, **{k: row[k] for k in ("tell", "ask", "memory")}}, words, fact.bound)


def recall(rng: random.Random, language: str, page: Page) -> Iterator[Case]:
    """Told two turns before; and standing in the memories of the system message, among others."""
    words, rows = Lexicon(language, held_out=True), page["facts"]
    for row in rows * 5:
        fact, other = (
            held_out_fact(rng, language, words, r) for r in (row, rng.choice([r for r in rows if r is not row]))
        )
        filler, question = rng.choice(page["fillers"]), fact.say(rng, "ask")
        tells = [f.say(rng, "tell") + "." for f in (fact, other)]
        rng.shuffle(tells)
        yield Case(
            "recall of told facts",
            language,
            [*tells, filler, question],
            whole(fact.bound["value"]),
            wordings=row["ask"] + row["tell"],
        )
    for row in rows * 5:
        chosen = [row, *rng.sample([r for r in rows if r is not row], 2)]
        facts = [held_out_fact(rng, language, words, r) for r in chosen]
        lines = [f"- {f.say(rng, 'memory')}" for f in facts]
        rng.shuffle(lines)
        system = DEFAULT_SYSTEM + "\n\n" + "\n".join([MEMORY_HEAD, *lines])
        yield Case(
            "recall from memories",
            language,
            [facts[0].say(rng, "ask")],
            whole(facts[0].bound["value"]),
            system,
            wordings=row["ask"] + row["memory"],
        )


def documents(rng: random.Random, language: str, page: Page) -> Iterator[Case]:
    words, kinds = Lexicon(language, held_out=True), load(language, "passages")["kinds"]
    for row in page["passages"] * 2:
        asked = kinds[row["kind"]]["facts"][row["fact"]]
        n, said = rng.randint(1, 3), None
        while said is None:  # until the last passage happens to tell what is asked
            library = Library(words)
            texts = [passage(rng, library, rng.choice(kinds), i, 1) for i in range(1, n)]
            texts.append(passage(rng, library, kinds[row["kind"]], n, 1))
            said = _said(library, asked, n)
        system = DEFAULT_SYSTEM + "\n\n" + "\n".join([HEAD, *texts])
        question = said.binder.expand(rng.choice(row["ask"]))
        want, loosely = cited(said, n)
        yield Case("passage answers, cited", language, [question], want, system, loosely, row["ask"])
        stranger = words.binder(rng).expand(kinds[row["kind"]]["subject"])
        question = words.binder(rng, subject=stranger).expand(rng.choice(row["ask"]))
        yield Case("not in the documents", language, [question], NOT_SAID[language], system, wordings=row["ask"])


def anywhere(rng: random.Random, language: str, page: Page) -> Iterator[Case]:
    """As `documents`, whose asked passage is always the last: here it is any of two to four."""
    words, kinds = Lexicon(language, held_out=True), load(language, "passages")["kinds"]
    for row in page["passages"] * 2:
        asked, said = kinds[row["kind"]]["facts"][row["fact"]], None
        at = rng.randint(1, n := rng.randint(2, 4))
        while said is None:
            library = Library(words)
            drawn = [kinds[row["kind"]] if i == at else rng.choice(kinds) for i in range(1, n + 1)]
            texts = [passage(rng, library, kind, i, 1) for i, kind in enumerate(drawn, 1)]
            said = _said(library, asked, at)
        system = DEFAULT_SYSTEM + "\n\n" + "\n".join([HEAD, *texts])
        question = said.binder.expand(rng.choice(row["ask"]))
        want, loosely = cited(said, at)
        yield Case("passage at any place, cited", language, [question], want, system, loosely, row["ask"])


def cited(said: Said, number: int) -> tuple[str, str]:
    """What a right answer matches: the sentence itself with its number; and, less strictly, every value that it tells."""
    names = {said.binder.values[slot] for slot in ("subject", "Subject", "short", "bare")}
    values = [v for v in said.binder.values.values() if v not in names and v in said.sentence]
    told = "".join(rf"(?=.*{whole(v)})" for v in values)
    return rf"(?s){re.escape(said.sentence)}.*\[{number}\]", rf"(?s){told}.*\[{number}\]"


def _said(library: Library, asked: dict[str, Any], number: int) -> Said | None:
    return next((s for s in library.said if s.number == number and s.fact is asked), None)


def personas(rng: random.Random, language: str, page: Page) -> Iterator[Case]:
    words, rows = Lexicon(language, held_out=True), page["personas"]
    for form in rows["system"] * 5:
        me = words.person(rng)
        system = words.binder(rng, me=me).expand(form)
        turns = [rng.choice(page["fillers"][:4]), rng.choice(rows["ask"])]
        yield Case("persona name kept", language, turns, whole(me), system, wordings=rows["ask"])


def sums(rng: random.Random, language: str, page: Page) -> Iterator[Case]:
    words = Lexicon(language)
    for form in page["sums"] * 10:
        a = rng.randint(1, 19)
        b = rng.randint(1, 20 - a)
        question = words.binder(rng, a=str(a), b=str(b)).expand(form)
        yield Case("sums to 20", language, [question], rf"(?<!\d){a + b}(?!\d)$", wordings=[form])


def fixed(language: str, page: Page) -> Iterator[Case]:
    for topic, key in (
        ("Maru help, right topic", "help"),
        ("greetings, feelings, who", "talk"),
        ("small tasks", "tasks"),
    ):
        yield from (Case(topic, language, [row["ask"]], row["want"]) for row in page[key])
    yield from (Case("honest refusal", language, [ask], REFUSAL[language]) for ask in page["refuse"])
    yield from (Case("language follows the user", language, row["ask"], row["want"]) for row in page["switch"])
    for first, want in page["titles"]:
        title = rf"(?i)^(?=.*{want})(\S+ ?){{1,6}}$"
        yield Case("title of at most 6 words", language, [first, TITLE_REQUEST], title)


def all_cases(seed: int, name: str) -> list[Case]:
    """The conversations of one sheet, in both languages."""
    cases: list[Case] = []
    for language in LANGUAGES:
        rng, page = random.Random(f"{seed}-{language}"), sheet(language, name)
        for part in (recall, documents, personas, sums):
            cases += part(rng, language, page)
        cases += fixed(language, page)
        cases += anywhere(random.Random(f"{seed}-{language}-anywhere"), language, page)
    return cases


def normal(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def leaks(cases: list[Case], dialogues: Path) -> list[str]:
    """Evaluated turns or wordings that occur in training; empty when the examination is fair."""
    trained: set[str] = set()
    with dialogues.open(encoding="utf-8") as file:
        for line in file:
            trained.update(normal(m["content"]) for m in json.loads(line) if m["role"] == "user")
    wordings: set[str] = set()
    for language in LANGUAGES:
        wordings.update(normal(w) for t in _training_templates(language) for w in every_wording(t))
    fillers = {normal(f) for name in SHEETS for lang in LANGUAGES for f in sheet(lang, name)["fillers"]}
    found = {
        t for c in cases for t in c.turns if normal(t) in trained and t != TITLE_REQUEST and normal(t) not in fillers
    }
    # "Hello!" opens some conversations on purpose; only the judged turn has to be new there.
    openers = {t for c in cases if c.topic.startswith(("title", "language")) for t in c.turns[:-1]}
    found -= openers
    found |= {w for c in cases for w in c.wordings if normal(w) in wordings}
    return sorted(found)


def _training_templates(language: str) -> Iterator[str]:
    for entry in load(language, "facts"):
        yield from entry["tell"] + entry["ask"] + entry["memory"]
    passages = load(language, "passages")
    for kind in kinds_of(language, more=True) + passages["drills"]:
        for fact in kind["facts"]:
            yield from fact["ask"]
    for name in ("tasks", "talk", "help"):
        for entry in load(language, name):
            yield from entry["user"]
    for entry in load(language, "personas")["exchanges"]:
        yield from entry["user"]
