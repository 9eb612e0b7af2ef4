"""Invented documents and questions about them, in the layout that chat/prompt.py puts into the system message.

An answer first names what it is about and what is asked of it: two things that the question alone tells, right before the
choice that needs them. Then follow the sentence that tells it, word by word, and the number of its passage, or "the
documents do not say".
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from exchanges import Exchange, untidy
from grammar import Binder
from layout import HEAD, numbered
from lexicon import Lexicon, load

BARE = 0.3  # share of questions in the later parts that leave the name of their subject away
ASKED = ("odd", "attr", "trait", "detail")  # slots that name what is asked
Kind = dict[str, Any]


@cache
def kinds_of(language: str, more: bool = False) -> list[Kind]:
    """The kinds of subject with their facts. `more`: also those of the later parts, of which some borrow facts."""
    book = load(language, "passages")
    kinds = list(book["kinds"])
    for kind in book["more"] if more else ():
        facts = kind.get("facts") or [f for f in kinds[kind["facts_of"]]["facts"] if f["label"] in kind["labels"]]
        kinds.append({"subject": kind["subject"], "facts": facts})
    return kinds


@dataclass
class Said:
    fact: dict[str, Any]
    sentence: str
    binder: Binder
    number: int
    kind: Kind


@dataclass
class Library:
    """The passages of one conversation, what they say, and what could be asked of them in vain."""

    words: Lexicon
    text: str = ""
    subjects: set[str] = field(default_factory=set)
    bares: list[str] = field(default_factory=list)  # the subjects without their names
    is_later: bool = False  # of the wide part or the weak
    said: list[Said] = field(default_factory=list)
    not_said: list[tuple[Binder, dict[str, Any]]] = field(default_factory=list)
    strangers: list[tuple[Binder, dict[str, Any]]] = field(default_factory=list)  # what is told, but of something else


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def subject_of(rng: random.Random, words: Lexicon, kind: Kind) -> dict[str, str]:
    binder = words.binder(rng)
    subject = binder.expand(kind["subject"])
    short = binder.values.get("proper", subject).replace(" ", "-").lower()
    bare = bare_of(subject, kind["subject"], words.language)
    return {"subject": subject, "Subject": capital(subject), "short": short, "bare": bare}


def bare_of(subject: str, template: str, language: str) -> str:
    """`the museum` for `the Zapar museum`, `the garage` for `the garage of the Zapar hotel`; else the subject itself."""
    the = "the " if template.startswith("the ") else ""
    stands_last = language == "ko" or template.startswith("the {")
    for group in re.findall(r"\(([^(){}]*)\)", template):
        for head in filter(None, group.split("|")):
            if subject.endswith(f" {head}") if stands_last else subject.startswith(the + head):
                return the + head
    return subject


def called_bare(rng: random.Random, library: Library, binder: Binder) -> Binder:
    """In the later parts now and then: the question, and the lead of the answer, leave the subject's name away."""
    bare = binder.values["bare"]
    n_same = sum(each == bare for each in library.bares)
    is_told = binder.values["subject"] in library.subjects
    if not library.is_later or n_same != is_told or rng.random() > BARE:
        return binder
    return Binder(rng, binder.sources, {**binder.values, "subject": bare, "Subject": capital(bare)})


def passage(
    rng: random.Random,
    library: Library,
    kind: Kind,
    number: int,
    n_filler: int,
    most: int = 4,
    n_noise: int = 0,
) -> str:
    book, bound = load(library.words.language, "passages"), subject_of(rng, library.words, kind)
    while bound["subject"] in library.subjects:
        bound = subject_of(rng, library.words, kind)
    library.subjects.add(bound["subject"])
    library.bares.append(bound["bare"])
    facts = rng.sample(kind["facts"], len(kind["facts"]))
    n_said = rng.randint(1, max(1, min(most, len(facts) - 1)))
    sentences = []
    for fact in facts[:n_said]:
        binder = library.words.binder(rng, **bound)
        sentence = binder.expand(rng.choice(fact["say"]))
        library.said.append(Said(fact, sentence, binder, number, kind))
        sentences.append(sentence)
    library.not_said += [(library.words.binder(rng, **bound), fact) for fact in facts[n_said:]]
    filler = library.words.binder(rng)
    sentences += [filler.expand(t) for t in rng.sample(book["filler"], n_filler)]
    sentences += [library.words.binder(rng).expand(rng.choice(book["noise"])) for _ in range(n_noise)]
    rng.shuffle(sentences)
    title = library.words.binder(rng, **bound).expand(rng.choice(book["titles"]))
    text = " ".join(sentences)
    return f"[{number}] {title}\n{numbered(text, number)}"


def draw_library(rng: random.Random, words: Lexicon, is_drill: bool, is_later: bool) -> Library:
    """One to five passages. Drills are short, half of them tell things that only a comparison can find.

    Of the later parts: more kinds of subject, and sentences about whatever between.
    """
    library = Library(words, is_later=is_later)
    kinds = kinds_of(words.language, is_later)
    kinds = kinds + load(words.language, "passages")["drills"] * (len(kinds) * 4 // 5 if is_drill else 1)
    few = [2, 2, 3, 3] if is_drill else [1, 2, 2, 3, 3, 3]
    n = rng.choice([*few, 4, 5] if is_later else [*few, 4])
    same_kind = rng.choice(kinds) if rng.random() < 0.4 else None
    is_wordy = is_later and not is_drill and rng.random() < 0.4
    n_filler, n_told = (0, 2) if is_drill else (2, 4)
    texts = []
    for number in range(1, n + 1):
        kind, n_noise = same_kind or rng.choice(kinds), rng.randint(0, 5) if is_wordy else 0
        texts.append(passage(rng, library, kind, number, rng.randint(0, n_filler), n_told, n_noise))
    library.text = HEAD + "\n" + "\n".join(texts)
    for said in library.said:
        asked = {slot: said.binder.values[slot] for slot in ASKED if slot in said.binder.values}
        bound = subject_of(rng, words, said.kind)
        if bound["subject"] not in library.subjects:
            library.strangers.append((words.binder(rng, **bound, **asked), said.fact))
    return library


def lead(binder: Binder, fact: dict[str, Any], language: str) -> str:
    """What the answer is about and what is asked of it: `The Zapar museum, opening time: `."""
    binder.values["label"] = binder.expand(fact["label"])
    return binder.expand(load(language, "passages")["lead"]) + " "


def answerable(rng: random.Random, library: Library) -> tuple[Exchange, Said]:
    language, said = library.words.language, rng.choice(library.said)
    binder = called_bare(rng, library, said.binder)
    question = binder.expand(rng.choice(said.fact["ask"]))
    user = untidy(rng, question, language, True, binder.values.values())
    answer = f"{lead(binder, said.fact, language)}{said.sentence} [{said.number}]"
    title = said.binder.values["Subject"]
    return Exchange(user, answer, title if len(title.split()) < 6 else title.split()[-1], "passage", language), said


def unanswerable(rng: random.Random, library: Library) -> Exchange:
    language = library.words.language
    vain = library.strangers if rng.random() < (0.55 if library.is_later else 0.7) else library.not_said
    binder, fact = rng.choice(vain or library.not_said or library.strangers)
    if binder.values["subject"] not in library.subjects:
        binder = called_bare(rng, library, binder)
    question = binder.expand(rng.choice(fact["ask"]))
    user = untidy(rng, question, language, True, binder.values.values())
    answer = lead(binder, fact, language) + rng.choice(load(language, "passages")["said_not"])
    return Exchange(user, answer, binder.values["Subject"], "not_said", language)
