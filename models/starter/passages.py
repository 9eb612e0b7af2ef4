"""Invented documents and questions about them, in the layout that chat/prompt.py puts into the system message.

An answer is the sentence that tells it, word by word, and the number of its passage. What no passage tells is answered
with "the documents do not say".
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
    sentence: str
    questions: list[str]
    binder: Binder
    number: int


@dataclass
class Library:
    """The passages of one conversation, what they say, and what could be asked of them in vain."""

    words: Lexicon
    text: str = ""
    said: list[Said] = field(default_factory=list)
    not_said: list[tuple[Binder, str]] = field(default_factory=list)
    strangers: list[tuple[Binder, str]] = field(default_factory=list)  # what is told, but of something else


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def subject_of(rng: random.Random, words: Lexicon, kind: dict[str, Any]) -> dict[str, str]:
    binder = words.binder(rng)
    subject = binder.expand(kind["subject"])
    short = binder.values.get("proper", subject).replace(" ", "-").lower()
    return {"subject": subject, "Subject": capital(subject), "short": short}


def passage(rng: random.Random, library: Library, kind: dict[str, Any], number: int, n_filler: int) -> str:
    book, bound = load(library.words.language, "passages"), subject_of(rng, library.words, kind)
    facts = rng.sample(kind["facts"], len(kind["facts"]))
    n_said = rng.randint(1, min(4, len(facts) - 1))
    sentences = []
    for fact in facts[:n_said]:
        binder = library.words.binder(rng, **bound)
        sentence = binder.expand(rng.choice(fact["say"]))
        library.said.append(Said(sentence, fact["ask"], binder, number))
        sentences.append(sentence)
    library.not_said += [(library.words.binder(rng, **bound), rng.choice(f["ask"])) for f in facts[n_said:]]
    filler = library.words.binder(rng)
    sentences += [filler.expand(t) for t in rng.sample(book["filler"], n_filler)]
    rng.shuffle(sentences)
    title = library.words.binder(rng, **bound).expand(rng.choice(book["titles"]))
    return f"[{number}] {title}\n{' '.join(sentences)}"


def draw_library(rng: random.Random, words: Lexicon, n_passages: int | None = None) -> Library:
    library = Library(words)
    kinds = load(words.language, "passages")["kinds"]
    n = n_passages or rng.choice([1, 1, 2, 2, 3, 3, 4])
    same_kind = rng.choice(kinds) if rng.random() < 0.4 else None
    texts = [passage(rng, library, same_kind or rng.choice(kinds), i, rng.randint(0, 2)) for i in range(1, n + 1)]
    library.text = HEAD + "\n" + "\n".join(texts)
    for said in library.said:
        kind = next(k for k in kinds if any(f["ask"] is said.questions for f in k["facts"]))
        library.strangers.append((words.binder(rng, **subject_of(rng, words, kind)), rng.choice(said.questions)))
    return library


def answerable(rng: random.Random, library: Library) -> tuple[Exchange, Said]:
    language, said = library.words.language, rng.choice(library.said)
    question = said.binder.expand(rng.choice(said.questions))
    user = untidy(rng, question, language, keep_case=True)
    answer = f"{said.sentence} [{said.number}]"
    title = said.binder.values["Subject"]
    return Exchange(user, answer, title if len(title.split()) < 6 else title.split()[-1], "passage", language), said


def unanswerable(rng: random.Random, library: Library) -> Exchange:
    language = library.words.language
    binder, template = rng.choice(library.strangers if rng.random() < 0.6 else library.not_said)
    user = untidy(rng, binder.expand(template), language, keep_case=True)
    return Exchange(
        user, rng.choice(load(language, "passages")["said_not"]), binder.values["Subject"], "not_said", language
    )
