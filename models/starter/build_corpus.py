"""Expands the grammars of corpus/ into training dialogues, trains the tokenizer on them, and writes the token file.

    python build_corpus.py             build/dialogues.jsonl, build/tokenizer.json, build/corpus.npz

The same --seed gives the same files, byte for byte. The layout of the system message is that of backend/chat/prompt.py.
"""

from __future__ import annotations

import argparse
import json
import random
from bisect import bisect_right
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np
from columns import Message, tokens_of
from exchanges import Exchange, Fact, ask, draw_fact, help_, loosened, talk, task, tell, unknown, untidy
from grammar import PARTICLES, known_words
from layout import DEFAULT_SYSTEM, MEMORY_HEAD, TITLE_REQUEST
from lexicon import CORPUS, LANGUAGES, lexicon, load
from names import KO_GIVEN, KO_PET, KO_SURNAMES
from passages import Library, answerable, draw_library, unanswerable
from tokenizer import train_tokenizer
from tokenizers import Tokenizer

BUILD = Path(__file__).resolve().parent / "build"
N_CHUNK = 2_500  # dialogues drawn from one stream of chance, so that processes can share the work
# Parts of the corpus, in the order of training: mostly copying and comparing; five kinds of document; all kinds; what is weak.
EARLY, MAIN, WIDE, WEAK = range(4)
N_DIALOGUES = (8_000, 124_000, 58_000, 20_000)  # of each part
STARTS = (0, *accumulate(N_DIALOGUES))  # of each part, and the end
# Share of each kind of dialogue in each part.
KINDS = {"repeat": (0.2, 0.01, 0.01, 0.01), "recall": (0.37, 0.24, 0.26, 0.33), "sums": (0.08, 0.08, 0.06, 0.04),
         "documents": (0.35, 0.24, 0.37, 0.36), "persona": (0.0, 0.12, 0.08, 0.08),
         "mixed": (0.0, 0.31, 0.22, 0.18)}  # fmt: skip
HAS_MEMORIES = {
    "recall": (0.6, 0.6, 0.75, 0.85),
    "mixed": (0.2, 0.2, 0.2, 0.2),
}  # share in each part; of other kinds 0.08
N_OTHERS = {"repeat": (3, 6), "recall": (0, 2), "sums": (4, 9), "documents": (5, 10), "persona": (2, 5),
            "mixed": (1, 5), "long": (10, 36)}  # fmt: skip
DRILLS = {"repeat": ("repeat",), "sums": ("sum", "minus")}
SEED = 20261128
NEUTRAL = {"before": "", "after": ""}
RECALL_ALL = {
    "en": (["What do you (know|remember) about me", "(List|Tell me|Say) (everything|all|what) you (know|remember) about me", "What have you remembered( about me|)"],
           "I remember this about you:\n", "I do not remember anything about you yet."),
    "ko": (["(나에 대해|나에 대해서|저에 대해) (뭘 알아|뭘 기억해|무엇을 기억하나요|아는 것을 말해 줘|기억하는 것을 말해 줘|무엇을 알고 있어)"],
           "이런 것을 기억해요:\n", "아직 기억하는 것이 없어요."),
}  # fmt: skip


class Dialogue:
    """Draws one conversation: a system message, facts told and asked again, and other exchanges around them."""

    def __init__(self, rng: random.Random, part: int = MAIN) -> None:
        self.rng = rng
        self.part = part
        self.language = rng.choice(LANGUAGES)
        self.kind = rng.choices(list(KINDS), [shares[part] for shares in KINDS.values()])[0]
        self.is_long = self.kind == "mixed" and rng.random() < 0.04
        self.manner: dict[str, str | int] = {}
        self.is_persona = self.kind == "persona" or (self.kind == "mixed" and rng.random() < 0.1)
        self.me = lexicon(self.language).person(rng) if self.is_persona else ""
        self.role = ""
        self.memories: list[Fact] = []
        self.library: Library | None = None
        self.known: dict[tuple[str, str], Fact] = {}

    # --- the system message

    def system(self) -> str | None:
        rng, parts = self.rng, []
        if self.is_persona:
            parts.append(self._persona())
        elif rng.random() < 0.88:
            other = rng.choice(load(rng.choice(LANGUAGES), "personas")["other_system"])
            parts.append(DEFAULT_SYSTEM if rng.random() < 0.75 else other)
        if rng.random() < (HAS_MEMORIES[self.kind][self.part] if self.kind in HAS_MEMORIES else 0.08):
            self.memories = self._facts(rng.randint(1, 6))
            lines = ["- " + loosened(rng, f.say(rng, "memory"), self.language, f.bound.values()) for f in self.memories]
            self.memory_lines = lines
            parts.append("\n".join([MEMORY_HEAD, *lines]))
        if self.kind == "documents" or (self.kind == "mixed" and rng.random() < 0.05):
            is_drill = self.part == EARLY or (self.part >= WIDE and rng.random() < 0.25)
            self.library = draw_library(rng, lexicon(self.language), is_drill, self.part >= WIDE)
            parts.append(self.library.text)
        return "\n\n".join(parts) or None

    def _persona(self) -> str:
        rng, book = self.rng, load(self.language, "personas")
        index = rng.randrange(len(book["manners"])) if rng.random() < 0.35 else len(book["manners"]) - 1
        self.manner = {"index": index}
        manner = book["manners"][index]
        self.role = rng.choice(book["roles"])
        binder = lexicon(self.language).binder(rng, me=self.me, role=self.role, manner=rng.choice(manner["words"]))
        template = rng.choice(book["system"])
        if "{role}" not in template and "{role:" not in template:
            self.role = rng.choice(["assistant"]) if self.language == "en" else "도우미"
        if "{manner}" not in template:
            self.manner = {}
        return binder.expand(template)

    def _facts(self, n: int) -> list[Fact]:
        facts: dict[tuple[str, str], Fact] = {}
        for _ in range(n):
            fact = draw_fact(self.rng, lexicon(self.language))
            if fact.key not in self.known:
                facts.setdefault(fact.key, fact)
        self.known.update(facts)
        return list(facts.values())

    # --- the exchanges

    def exchanges(self) -> list[Exchange]:
        rng = self.rng
        asks = [ask(rng, f) for f in self.memories for _ in range(rng.choice([0, 1, 1, 2]))]
        told: list[Fact] = []
        telling = {"recall": 0.5 if self.memories else 1.0, "mixed": 0.4}
        if self.is_long or rng.random() < telling.get(self.kind, 0.08):
            told = self._facts(rng.randint(1, 5))
        low, high = N_OTHERS["long" if self.is_long else self.kind]
        n_others = rng.randint(low, high)
        line: list[Exchange] = [self._other() for _ in range(n_others)] + asks
        if (self.memories and rng.random() < 0.12) or rng.random() < 0.01:
            line.append(self._recall_all())
        if rng.random() < 0.08:
            line += self._ask_in_vain()
        rng.shuffle(line)
        self._weave(line, told)
        return line

    def _weave(self, line: list[Exchange], told: list[Fact]) -> None:
        """Put each fact somewhere, and its question somewhere after it."""
        rng = self.rng
        while told:
            group, told = told[: (n := rng.choice([1, 1, 1, 1, 2, 3]))], told[n:]
            at = rng.randint(0, len(line)) if rng.random() < 0.4 else 0
            asks = [ask(rng, f) for f in group for _ in range(rng.choice([0, 1, 1, 1, 2, 2]))]
            line.insert(at, tell(rng, group))
            at += 1
            if rng.random() < 0.06:
                changed = draw_fact(rng, group[0].words, group[0].entry)
                changed.bound = {**group[0].bound, "value": changed.bound["value"]}
                asks = [ask(rng, changed)]
                line.insert(at, tell(rng, [changed]))
                at += 1
            for question in asks:
                line.insert(rng.randint(at, len(line)), question)

    def _ask_in_vain(self) -> list[Exchange]:
        fact = draw_fact(self.rng, lexicon(self.language))
        return [] if fact.key in self.known else [ask(self.rng, fact, is_known=False)]

    def _recall_all(self) -> Exchange:
        forms, lead, nothing = RECALL_ALL[self.language]
        user = lexicon(self.language).binder(self.rng).expand(self.rng.choice(forms)) + "?"
        answer = lead + "\n".join(self.memory_lines) if self.memories else nothing
        return Exchange(user, answer, "", "recall_all", self.language)

    def _other(self) -> Exchange:
        rng = self.rng
        language = self.language
        if rng.random() < 0.05:
            language = "ko" if language == "en" else "en"
        if self.kind in DRILLS:
            return task(rng, self.language, DRILLS[self.kind])
        if self.library is not None and rng.random() < 0.9:
            return unanswerable(rng, self.library) if rng.random() < 0.4 else answerable(rng, self.library)[0]
        if self.is_persona and rng.random() < 0.55:
            return self._about_persona()
        roll = rng.random()
        if roll < 0.25:
            me = self.me or ("Maru" if language == "en" else "마루")
            return talk(rng, language, me, self.is_persona)
        if roll < 0.6:
            return help_(rng, language)
        if roll < 0.82 and self.library is None:
            return unknown(rng, language)
        return task(rng, language)

    def _about_persona(self) -> Exchange:
        entry = self.rng.choices(load(self.language, "personas")["exchanges"], [3, 1, 1])[0]
        binder = lexicon(self.language).binder(self.rng, me=self.me, role=self.role)
        user = binder.expand(self.rng.choice(entry["user"]))
        answer = binder.expand(self.rng.choice(entry["assistant"]))
        user = untidy(self.rng, user, self.language, True, binder.values.values())
        return Exchange(user, answer, binder.expand(entry["title"]), "persona", self.language)

    # --- all together

    def messages(self) -> list[Message]:
        rng, messages = self.rng, []
        if (system := self.system()) is not None:
            messages.append({"role": "system", "content": system})
        line = self.exchanges()
        if self.is_persona and rng.random() < 0.15:
            greeting = lexicon(self.language).binder(rng, me=self.me, role=self.role)
            content = greeting.expand(rng.choice(load(self.language, "personas")["greeting"]))
            messages.append({"role": "assistant", "content": self._in_manner(content, self.language)})
        for exchange in line:
            messages.append({"role": "user", "content": exchange.user})
            answer_language = exchange.switch_to or exchange.language
            messages.append({"role": "assistant", "content": self._in_manner(exchange.answer, answer_language)})
        if rng.random() < 0.1 and (title := self._title(line)):
            messages += [{"role": "user", "content": TITLE_REQUEST}, {"role": "assistant", "content": title}]
        return messages

    def _in_manner(self, answer: str, language: str) -> str:
        if not self.manner or "\n" in answer:
            return answer
        manner = load(language, "personas")["manners"][self.manner["index"]]
        return f"{manner['before']}{answer}{manner['after']}"

    def _title(self, line: list[Exchange]) -> str:
        titled = [e for e in line if e.title]
        telling = [e for e in titled if e.kind != "talk"] or titled
        return " ".join(telling[0].title.split()[:6]) if telling else ""


def part_of(index: int) -> int:
    return bisect_right(STARTS, index) - 1


def draw_chunk(seed: int, first: int) -> list[list[Message]]:
    rng = random.Random(f"{seed}-{first}")
    return [Dialogue(rng, part_of(i)).messages() for i in range(first, first + N_CHUNK)]


def write_dialogues(path: Path, n_dialogues: int = STARTS[-1], seed: int = SEED) -> list[list[Message]]:
    path.parent.mkdir(exist_ok=True)
    with ProcessPoolExecutor() as pool:
        chunks = pool.map(partial(draw_chunk, seed), range(0, n_dialogues, N_CHUNK))
        dialogues = [dialogue for chunk in chunks for dialogue in chunk]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(d, ensure_ascii=False) + "\n" for d in dialogues)
    return dialogues


def write_tokens(path: Path, dialogues: list[list[Message]], tokenizer: Path) -> None:
    starts = range(0, len(dialogues), N_CHUNK)
    with ProcessPoolExecutor() as pool:
        chunks = pool.map(partial(tokens_of, tokenizer), (dialogues[at : at + N_CHUNK] for at in starts))
        rows = [row for chunk in chunks for row in chunk]
    ids, weight = (np.concatenate(column) for column in zip(*rows, strict=True))
    ends = np.cumsum([len(own) for own, _ in rows])
    np.savez(path, ids=ids, weight=weight, ends=ends, parts=STARTS)
    print(f"{len(rows):,} dialogues, {ends[-1]:,} tokens, {(weight > 0).mean():.0%} of them answers")


def train_on(dialogues: list[list[Message]]) -> Tokenizer:
    sample = dialogues[:: max(1, len(dialogues) // 10_000)]
    known = set().union(*(known_words(p.read_text(encoding="utf-8")) for p in sorted(CORPUS.rglob("*.yaml"))))
    known |= {w for pair in PARTICLES.items() for w in pair} | {"system", "user", "assistant"}
    syllables = "".join(sorted(set(KO_GIVEN + KO_SURNAMES + KO_PET)))
    return train_tokenizer((m["content"] for d in sample for m in d), known, syllables)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dialogues", type=int, default=STARTS[-1], help="at most and by default all")
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    dialogues = write_dialogues(BUILD / "dialogues.jsonl", min(args.dialogues, STARTS[-1]), args.seed)
    train_on(dialogues).save(str(BUILD / "tokenizer.json"))
    write_tokens(BUILD / "corpus.npz", dialogues, BUILD / "tokenizer.json")


if __name__ == "__main__":
    main()
