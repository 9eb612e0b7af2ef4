"""Invented documents and questions about them, in the layout that chat/prompt.py puts into the system message.

An answer first names what it is about and what is asked of it: two things that the question alone tells, right before the
choice that needs them. Then follow the sentence that tells it, word by word, and the number of its passage, or "the
documents do not say".
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from exchanges import Exchange, untidy
from grammar import Binder
from lexicon import Lexicon, load

HEAD = "Passages from documents. Answer from them, cite like [1], and say so when they do not tell:"


@dataclass
class Said:
    fact: dict[str, Any]
    sentence: str
    binder: Binder
    number: int


@dataclass
class Library:
    """The passages of one conversation, what they say, and what could be asked of them in vain."""

    words: Lexicon
    text: str = ""
    said: list[Said] = field(default_factory=list)
    not_said: list[tuple[Binder, dict[str, Any]]] = field(default_factory=list)
    strangers: list[tuple[Binder, dict[str, Any]]] = field(default_factory=list)  # what is told, but of something else


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def subject_of(rng: random.Random, words: Lexicon, kind: dict[str, Any]) -> dict[str, str]:
    binder = words.binder(rng)
    subject = binder.expand(kind["subject"])
    short = binder.values.get("proper", subject).replace(" ", "-").lower()
    return {"subject": subject, "Subject": capital(subject), "short": short}


def passage(
    rng: random.Random, library: Library, kind: dict[str, Any], number: int, n_filler: int, most: int = 4
) -> str:
    book, bound = load(library.words.language, "passages"), subject_of(rng, library.words, kind)
    facts = rng.sample(kind["facts"], len(kind["facts"]))
    n_said = rng.randint(1, min(most, len(facts) - 1))
    sentences = []
    for fact in facts[:n_said]:
        binder = library.words.binder(rng, **bound)
        sentence = binder.expand(rng.choice(fact["say"]))
        library.said.append(Said(fact, sentence, binder, number))
        sentences.append(sentence)
    library.not_said += [(library.words.binder(rng, **bound), fact) for fact in facts[n_said:]]
    filler = library.words.binder(rng)
    sentences += [filler.expand(t) for t in rng.sample(book["filler"], n_filler)]
    rng.shuffle(sentences)
    title = library.words.binder(rng, **bound).expand(rng.choice(book["titles"]))
    return f"[{number}] {title}\n{' '.join(sentences)}"


def draw_library(rng: random.Random, words: Lexicon, is_drill: bool = False, most: int = 4) -> Library:
    """Passages [1], [2] … up to `most`. Drills are short, half of them tell things that only a comparison can find."""
    library, book = Library(words), load(words.language, "passages")
    kinds = book["kinds"] + book["drills"] * (4 if is_drill else 1)
    few = [2, 2, 3, 3] if is_drill else [1, 2, 2, 3, 3, 3]
    n = rng.choice([*few, *range(4, most + 1)])
    same_kind = rng.choice(kinds) if rng.random() < 0.4 else None
    n_filler, n_told = (0, 2) if is_drill else (2, 4)
    texts = [
        passage(rng, library, same_kind or rng.choice(kinds), i, rng.randint(0, n_filler), n_told)
        for i in range(1, n + 1)
    ]
    library.text = HEAD + "\n" + "\n".join(texts)
    for said in library.said:
        kind = next(k for k in kinds if any(fact is said.fact for fact in k["facts"]))
        asked = {"odd": said.binder.values["odd"]} if "odd" in said.binder.values else {}
        stranger = words.binder(rng, **subject_of(rng, words, kind), **asked)
        library.strangers.append((stranger, said.fact))
    return library


def lead(binder: Binder, fact: dict[str, Any], language: str) -> str:
    """What the answer is about and what is asked of it: `The Zapar museum, opening time: `."""
    binder.values["label"] = binder.expand(fact["label"])
    return binder.expand(load(language, "passages")["lead"]) + " "


def answerable(rng: random.Random, library: Library) -> tuple[Exchange, Said]:
    language, said = library.words.language, rng.choice(library.said)
    question = said.binder.expand(rng.choice(said.fact["ask"]))
    user = untidy(rng, question, language, True, said.binder.values.values())
    answer = f"{lead(said.binder, said.fact, language)}{said.sentence} [{said.number}]"
    title = said.binder.values["Subject"]
    return Exchange(user, answer, title if len(title.split()) < 6 else title.split()[-1], "passage", language), said


def unanswerable(rng: random.Random, library: Library) -> Exchange:
    language = library.words.language
    binder, fact = rng.choice(library.strangers if rng.random() < 0.7 else library.not_said)
    question = binder.expand(rng.choice(fact["ask"]))
    user = untidy(rng, question, language, True, binder.values.values())
    answer = lead(binder, fact, language) + rng.choice(load(language, "passages")["said_not"])
    return Exchange(user, answer, binder.values["Subject"], "not_said", language)
