"""Single exchanges (a user turn, its answer, a title) drawn from the grammars: talk, help, tasks, unknown topics, facts.

Composition to whole dialogues is build_corpus.py's; passages are passages.py's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lexicon import Lexicon, lexicon, load
from tasks import MAKERS

TALK_WEIGHTS = {"hello": 5.0, "who": 3.0, "thanks": 3.0, "can": 2.0}  # how a chat mostly begins
JUMBLED = 0.1  # share of questions of which only the keywords are typed, or their words in any order
TASK_WEIGHTS = {"sum": 2.5, "repeat": 3.0, "sort": 2.5, "upper": 2.0, "minus": 1.0}


@dataclass
class Exchange:
    user: str
    answer: str
    title: str
    kind: str
    language: str
    switch_to: str = ""  # the language of the conversation after this exchange


def loosened(rng: random.Random, text: str, language: str, values: Iterable[str]) -> str:
    """Half of the time with a word or more too many, one too few, or (Korean) a space too few; never inside `values`."""
    if "\n" in text or ": " in text or (roll := rng.random()) > 0.5:
        return text
    loose = load(language, "loose")
    for value in values:
        text = text.replace(value, value.replace(" ", "\0"))
    words = text.split(" ")
    if roll < 0.38:
        for _ in range(rng.choice([1, 1, 2, 3])):
            stray = lexicon(language).odd(rng) if rng.random() < 0.08 else rng.choice(loose["between"])
            words.insert(rng.randint(min(1, len(words) - 1), len(words) - 1), stray)
    elif language == "ko" and len(words) > 1:
        at = rng.randrange(len(words) - 1)
        words[at : at + 2] = ["".join(words[at : at + 2])]
    elif small := [i for i, word in enumerate(words) if word in loose["small"]]:
        del words[rng.choice(small)]
    return " ".join(words).replace("\0", " ")


def jumbled(rng: random.Random, text: str, language: str, values: Iterable[str]) -> str:
    """Only what matters, or all in another order: as keywords are typed into a search box. Never inside `values`."""
    if "\n" in text or ": " in text:
        return text
    for value in values:
        text = text.replace(value, value.replace(" ", "\0"))
    words = text.rstrip(".?!").split(" ")
    if not all(words):
        return text.replace("\0", " ")
    if language == "en" and rng.random() < 0.6:
        small = load(language, "loose")["small"]
        words = [w for w in words if w.lower() not in small] or words
    else:
        rng.shuffle(words)
    return " ".join(words).replace("\0", " ") + rng.choice(["?", "", ""])


def aside(rng: random.Random, text: str, language: str) -> str:
    """With a sentence about something else before or after."""
    other = lexicon(language).binder(rng).expand(rng.choice(load(language, "loose")["asides"]))
    if rng.random() < 0.6:
        return f"{other}{rng.choice(['. ', ', ', '! '])}{text}"
    return f"{text if text[-1] in '.?!' else text + rng.choice('.?')} {other}{rng.choice(['.', '', '!'])}"


def untidy(
    rng: random.Random, text: str, language: str, keep_case: bool = False, values: Iterable[str] | None = None
) -> str:
    """As people type: without capitals or final mark, with a word before or after.

    When the `values` that must stay as they are have been named: with words between, too, or with an aside.
    """
    loose = load(language, "loose")
    if values is not None:
        values = list(values)
        text = jumbled(rng, text, language, values) if rng.random() < JUMBLED else loosened(rng, text, language, values)
    if rng.random() < 0.25:
        text = text.rstrip(".?!") or text
    if language == "en" and not keep_case and rng.random() < 0.3:
        text = text.lower()
    elif language == "en" and rng.random() < 0.15:
        text = text[:1].lower() + text[1:]
    if rng.random() < 0.12:
        text = rng.choice(loose["prefixes"]) + text
    if rng.random() < 0.06:
        mark = text[-1] if text[-1] in "?!." else ""
        text = text.rstrip("?!.") + rng.choice(loose["suffixes"]) + mark
    return aside(rng, text, language) if values is not None and rng.random() < 0.12 else text


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
        untidy(rng, user, words.language, bool(binder.values), None if of_kind == "task" else binder.values.values()),
        answer, binder.expand(title), of_kind,
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
    return Exchange(untidy(rng, user, language, values=()), rng.choice(book["answers"]), title, "unknown", language)


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
    said = [loosened(rng, f.say(rng, "tell"), language, f.bound.values()) for f in facts]
    if rng.random() < 0.2 and not said[0].startswith(facts[0].bound["value"]):
        is_me = language == "ko" or said[0].startswith("I")
        start = rng.choice(load(language, "loose")["starts"])
        said[0] = f"{start} {said[0] if is_me else said[0][:1].lower() + said[0][1:]}"
    joint = rng.choice([". ", " and ", ", "]) if language == "en" else rng.choice([". ", "! ", ". 그리고 "])
    if joint == " and ":
        said = said[:1] + [s[:1].lower() + s[1:] if not s.startswith("I") else s for s in said[1:]]
    text = joint.join(said) + rng.choice([".", "!", "", "."])
    # The answer says every fact again, in the words in which it will be asked for.
    ack = " ".join(f.say(rng, "ack") for f in facts)
    user = untidy(rng, text, language, True)
    if rng.random() < 0.12:
        user = aside(rng, user, language)
    return Exchange(user, ack, facts[0].title(rng), "tell", language)


def ask(rng: random.Random, fact: Fact, is_known: bool = True) -> Exchange:
    language = fact.words.language
    text = fact.say(rng, "ask") + rng.choice(["?", "?", "?", ""])
    answer = fact.say(rng, "answer") if is_known else fact.unknown(rng)
    user = untidy(rng, text, language, True, fact.bound.values())
    return Exchange(user, answer, fact.title(rng) if is_known else "", "ask", language)
