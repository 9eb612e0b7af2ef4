"""Single exchanges (a user turn, its answer, a title) drawn from the grammars: talk, help, tasks, unknown topics, facts.

Composition to whole dialogues is build_corpus.py's; passages are passages.py's.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

from lexicon import Lexicon, lexicon, load
from tasks import MAKERS

PREFIXES = {
    "en": (
        "hey, |um, |so, |ok, |Maru, |hm, |well, |please, |quick question: |and |say, |"
        "by the way, |one question: |excuse me, |oh, |now |sorry, |hello, |I have a question, |"
        "just curious, |listen, |then |but "
    ).split("|"),
    "ko": (
        "저기, |음, |마루야, |있잖아, |그럼 |근데 |혹시 |그리고 |자, |아, |그런데 |참, |저, |질문 있어요, |실례지만 |궁금한데 |안녕, |"
        "하나만 물어볼게, |그러면 |미안한데 "
    ).split("|"),
}
SUFFIXES = {
    "en": (" please|, please| thanks| now| for me| again|, do you know| if you can|, Maru| then").split("|"),
    "ko": ("!| ㅎㅎ|~| 부탁해|...| 좀| 응| 마루야| 부탁드려요").split("|"),
}
TALK_WEIGHTS = {"hello": 5.0, "who": 3.0, "thanks": 3.0, "can": 2.0}  # how a chat mostly begins
TASK_WEIGHTS = {"sum": 3.0, "repeat": 3.0, "sort": 1.5, "minus": 1.0}


@dataclass
class Exchange:
    user: str
    answer: str
    title: str
    kind: str
    language: str
    switch_to: str = ""  # the language of the conversation after this exchange


def untidy(rng: random.Random, text: str, language: str, keep_case: bool = False) -> str:
    """As people type: without capitals or final mark, with a word before or after."""
    if rng.random() < 0.25:
        text = text.rstrip(".?!") or text
    if language == "en" and not keep_case and rng.random() < 0.3:
        text = text.lower()
    elif language == "en" and rng.random() < 0.15:
        text = text[:1].lower() + text[1:]
    if rng.random() < 0.12:
        text = rng.choice(PREFIXES[language]) + text
    if rng.random() < 0.06:
        mark = text[-1] if text[-1] in "?!." else ""
        text = text.rstrip("?!.") + rng.choice(SUFFIXES[language]) + mark
    return text


def rephrased(rng: random.Random, text: str, language: str) -> str:
    """The same request in other set phrases (corpus/<language>/rephrase.yaml), half of the time."""
    if rng.random() < 0.5:
        for rule in load(language, "rephrase"):
            if re.search(rule["from"], text):
                return re.sub(rule["from"], rng.choice(rule["to"]), text, count=1)
    return text


def from_entry(rng: random.Random, words: Lexicon, entry: dict[str, Any], of_kind: str, **bound: str) -> Exchange:
    binder = words.binder(rng, **bound)
    user = rephrased(rng, binder.expand(rng.choice(entry["user"])), words.language)
    answer = binder.expand(rng.choice(entry["assistant"]))
    title = str(entry["title"])
    return Exchange(
        untidy(rng, user, words.language, keep_case=bool(binder.values)), answer, binder.expand(title), of_kind,
        words.language, entry.get("switch", ""),
    )  # fmt: skip


def talk(rng: random.Random, language: str, me: str, is_persona: bool) -> Exchange:
    entries = [e for e in load(language, "talk") if not (is_persona and e["id"] in ("who", "maker"))]
    entry = rng.choices(entries, [TALK_WEIGHTS.get(e["id"], 1.0) for e in entries])[0]
    return from_entry(rng, lexicon(language), entry, "talk", me=me)


def help_(rng: random.Random, language: str) -> Exchange:
    return from_entry(rng, lexicon(language), rng.choice(load(language, "help")), "help")


def unknown(rng: random.Random, language: str) -> Exchange:
    words, book = lexicon(language), load(language, "unknown")
    binder = words.binder(rng)
    template = rng.choice(book["ask"]) if rng.random() < 0.55 else rng.choice(book["free"])
    user = binder.expand(template)
    if user[-1] not in ".?!" and rng.random() < 0.5:
        user += "?"
    user = user[:1].upper() + user[1:]
    title = binder.expand(rng.choice(book["titles"])) if "{topic" in template else book_title(language)
    return Exchange(untidy(rng, user, language), rng.choice(book["answers"]), title, "unknown", language)


def book_title(language: str) -> str:
    return "A question beyond me" if language == "en" else "모르는 질문"


def task(rng: random.Random, language: str, only: tuple[str, ...] = ()) -> Exchange:
    entries = [e for e in load(language, "tasks") if not only or e["make"] in only]
    entry = rng.choices(entries, [TASK_WEIGHTS.get(e["make"], 1.0) for e in entries])[0]
    words = lexicon(language)
    exchange = from_entry(rng, words, entry, "task", **MAKERS[entry["make"]](rng, words))
    if exchange.user[-1] not in ".?!" and rng.random() < 0.35:
        exchange.user += "?" if language == "en" and entry["make"] in ("sum", "minus") else "."
    return exchange


@dataclass
class Fact:
    """Something true of the user in one conversation, e.g. that the cat is called Zorvek."""

    entry: dict[str, Any]
    words: Lexicon
    bound: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.entry["id"], self.bound.get("thing", "")

    def say(self, rng: random.Random, part: str) -> str:
        text = self.words.binder(rng, **self.bound).expand(rng.choice(self.entry[part]))
        starts_with_value = text.startswith(self.bound["value"])
        return text[:1].upper() + text[1:] if self.words.language == "en" and not starts_with_value else text

    def title(self, rng: random.Random) -> str:
        return self.words.binder(rng, **self.bound).expand(self.entry["title"])

    def unknown(self, rng: random.Random) -> str:
        return self.words.binder(rng, **self.bound).expand(self.entry["unknown"])

    def in_language(self, language: str) -> Fact:
        """The same fact for a conversation that goes on in the other language (name, home, age … only)."""
        entry = next(e for e in load(language, "facts") if e["id"] == self.entry["id"])
        return Fact(entry, lexicon(language), self.bound)


def draw_fact(rng: random.Random, words: Lexicon, entry: dict[str, Any] | None = None) -> Fact:
    if entry is None:
        entries = load(words.language, "facts")
        entry = rng.choices(
            entries, [3.0 if e["id"] in ("name", "favourite", "pet", "relation", "named") else 1.0 for e in entries]
        )[0]
    bound: dict[str, str] = {}
    if "pairs" in entry:
        table = words.words[entry["pairs"]]
        bound["thing"] = rng.choice(list(table))
        # Mostly an invented word: the value has to be copied, not guessed.
        invent = words.held_out or rng.random() < 0.6
        bound["value"] = words.odd(rng) if invent else rng.choice(words.words[table[bound["thing"]]])
    else:
        for slot, source in entry["draw"].items():
            bound[slot] = words.sources[source](rng)
    return Fact(entry, words, bound)


def tell(rng: random.Random, facts: list[Fact]) -> Exchange:
    language = facts[0].words.language
    said = [f.say(rng, "tell") for f in facts]
    joint = rng.choice([". ", " and ", ", "]) if language == "en" else rng.choice([". ", "! ", ". 그리고 "])
    if joint == " and ":
        said = said[:1] + [s[:1].lower() + s[1:] if not s.startswith("I") else s for s in said[1:]]
    text = joint.join(said) + rng.choice([".", "!", "", "."])
    # The answer says every fact again, in the words in which it will be asked for.
    ack = " ".join(f.say(rng, "ack") for f in facts)
    return Exchange(untidy(rng, text, language, True), ack, facts[0].title(rng), "tell", language)


def ask(rng: random.Random, fact: Fact, is_known: bool = True) -> Exchange:
    language = fact.words.language
    text = fact.say(rng, "ask") + rng.choice(["?", "?", "?", ""])
    answer = fact.say(rng, "answer") if is_known else fact.unknown(rng)
    return Exchange(untidy(rng, text, language, True), answer, fact.title(rng) if is_known else "", "ask", language)
