"""The tiny template language of the corpus: `(a|b|)` chooses, `{slot}` fills, `{slot:은}` adds a Korean particle.

A space and a question mark together are a space or nothing.
A slot is bound at its first use and keeps its value for the whole exchange, so that the question and its answer agree.
`{topic2}` draws a second value from the same source as `{topic}`. A backslash makes the next character literal.
Pure functions of a `random.Random`: the same seed gives the same text. Knows nothing of files or dialogues.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

Node = str | tuple[str, object]
Source = Callable[[random.Random], str]

# Form after a final consonant -> form after a vowel.
PARTICLES = {
    "은": "는", "이": "가", "을": "를", "과": "와", "아": "야", "으로": "로", "이라고": "라고", "이라는": "라는",
    "이에요": "예요", "이야": "야", "이고": "고", "이랑": "랑", "이네요": "네요", "이군요": "군요", "이죠": "죠",
    "이라": "라", "이었": "였", "이요": "요", "이지": "지", "이란": "란", "이시군요": "시군요", "이라서": "라서", "이라면": "라면",
    "이거든": "거든", "이니까": "니까", "이라네": "라네", "이던": "던", "이래요": "래요", "이었어": "였어",
}  # fmt: skip
FINAL_DIGITS = "013678"
FINAL_LETTERS = "lmn"


class Binder:
    """Values of the slots of one exchange. `sources` names where unbound slots are drawn from."""

    def __init__(
        self, rng: random.Random, sources: Mapping[str, Source], bound: Mapping[str, str] | None = None
    ) -> None:
        self.rng = rng
        self.sources = sources
        self.values: dict[str, str] = dict(bound or {})

    def value(self, slot: str) -> str:
        if slot in self.values:
            return self.values[slot]
        base = slot.rstrip("0123456789")
        taken = {v for k, v in self.values.items() if k.rstrip("0123456789") == base}
        drawn = self.sources[base](self.rng)
        for _ in range(20):
            if drawn not in taken:
                break
            drawn = self.sources[base](self.rng)
        self.values[slot] = drawn
        return drawn

    def expand(self, template: str) -> str:
        text = _render(parse(template), self)
        return text if "\n" in text else re.sub(r"  +", " ", text).strip(" ")


@lru_cache(maxsize=None)
def parse(template: str) -> tuple[Node, ...]:
    """A sequence of literals, ("choice", [sequences]) and ("slot", name, particle). Raises ValueError when unbalanced."""
    nodes, end = _sequence(template, 0, depth=0)
    if end != len(template):
        raise ValueError(f"unbalanced template at {end}: {template!r}")
    return nodes


def _sequence(text: str, at: int, depth: int) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    literal = ""
    while at < len(text):
        char = text[at]
        if char == "\\":
            literal += text[at + 1]
            at += 2
        elif char in "({":
            nodes.append(literal)
            literal = ""
            node, at = _choice(text, at + 1, depth + 1) if char == "(" else _slot(text, at + 1)
            nodes.append(node)
        elif text.startswith(" ?", at):
            nodes += [literal, ("choice", [(" ",), (" ",), (" ",), ()])]
            literal = ""
            at += 2
        elif depth and char in "|)":
            break
        else:
            literal += char
            at += 1
    nodes.append(literal)
    return tuple(n for n in nodes if n != ""), at


def _choice(text: str, at: int, depth: int) -> tuple[Node, int]:
    options: list[tuple[Node, ...]] = []
    while True:
        nodes, at = _sequence(text, at, depth)
        options.append(nodes)
        if at >= len(text):
            raise ValueError(f"missing ')' in {text!r}")
        if text[at] == ")":
            return ("choice", options), at + 1
        at += 1


def _slot(text: str, at: int) -> tuple[Node, int]:
    end = text.index("}", at)
    return ("slot", text[at:end]), end + 1


def _render(nodes: tuple[Node, ...], binder: Binder) -> str:
    out: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif node[0] == "choice":
            out.append(_render(binder.rng.choice(node[1]), binder))  # type: ignore[arg-type]
        else:
            name, _, particle = str(node[1]).partition(":")
            value = binder.value(name)
            out.append(value + (fitting(value, particle) if particle else ""))
    return "".join(out)


def fitting(word: str, particle: str) -> str:
    """The form of `particle` (named by its form after a consonant) that follows `word` when it is read aloud."""
    after_vowel = PARTICLES[particle]
    spoken = re.sub(r"[^\w]+$", "", word)
    last = spoken[-1:].lower()
    if "가" <= last <= "힣":
        final = (ord(last) - 0xAC00) % 28
        if particle == "으로" and final == 8:  # ㄹ
            return after_vowel
        return particle if final else after_vowel
    if particle == "으로" and last in "178l":
        return after_vowel
    return particle if last and last in FINAL_DIGITS + FINAL_LETTERS else after_vowel


def every_wording(template: str, most: int = 40_000) -> list[str]:
    """The expansions of a template (at most `most`) with its slots left as they are written."""
    return _wordings(parse(template), most)


def known_words(text: str) -> set[str]:
    """The words of a grammar or word list, without the names of its slots."""
    return set(re.findall(r"[^\W\d_]+", re.sub(r"\{\w+(:\w+)?\}", lambda m: " " + (m[1] or ""), text)))


def _wordings(nodes: tuple[Node, ...], most: int) -> list[str]:
    texts = [""]
    for node in nodes:
        if isinstance(node, str):
            ends = [node]
        elif node[0] == "slot":
            ends = ["{" + str(node[1]) + "}"]
        else:
            ends = [w for option in node[1] for w in _wordings(option, most)]  # type: ignore[attr-defined]
        texts = [t + e for t in texts for e in ends][:most]
    return texts
