"""Facts that a user tells about themselves, found by rules: they work with any model, and with none. Pure; no I/O.

A rule is a pattern and the sentence that is remembered. Questions are no facts, and rather too few are found than too many:
what is kept wrongly goes into prompts. Users see every fact and may add their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend.memory.fact_rules import ENGLISH, KOREAN

MAX_FACTS_PER_MESSAGE = 8
_MAX_CHARS = 4_000
_MAX_SENTENCE_CHARS = 400


@dataclass(frozen=True, slots=True)
class Fact:
    """`cues` are terms by which a question may find it, though the sentence does not hold them."""

    text: str
    cues: str = ""


_REMEMBER = re.compile(
    r"^(?:(?:please|can you|could you|will you|and),?\s+)*(?:remember|keep in mind|don't forget|note)"
    r"(?:\s+(?:that|this))?\s*[:,]?\s+(?P<v>.{3,})$",
    re.IGNORECASE,
)
_REMEMBER_KO = re.compile(
    r"^(?P<v>.*?)[,\s]*(?:라고|(?<=다)고|라는 (?:것|걸|거)|는 (?:것|걸|거)|을|를)?\s*(?:꼭\s|잘\s)?(?:기억해|외워|잊지 마)\s?"
    r"(?:줘|주세요|둬|두세요|놔|라|줄래)?(?P<w>[:,]\s*.+)?$"
)
_QUESTION_KO = re.compile(
    r"(뭐야|뭐지|뭐예요|뭐였지|어디야|어디지|언제야|누구야|알아|기억나|기억하니|기억해\?|했지|나요|까요|인가요|습니까|는지)\s*$"
)
_SELF = re.compile(r"\b(?:I|my|mine|me|we|our|us)\b|[가-힣]{2}.*[가-힣]{2}", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\S)[^.!?\n]+)*[.!?]?")


def facts_in(text: str) -> list[Fact]:
    """What a message tells about its writer, at most MAX_FACTS_PER_MESSAGE, in order, each once."""
    found: dict[str, Fact] = {}
    previous = ""
    for sentence in _sentences(text[:_MAX_CHARS]):
        told = _asked_to_remember(sentence, previous)
        if told is not None:
            by_rule = list(_by_rule(told))
            for fact in by_rule or [Fact(told)]:
                found.setdefault(fact.text, fact)
        elif not _is_question(sentence):
            for fact in _by_rule(sentence):
                found.setdefault(fact.text, fact)
        previous = sentence
    return list(found.values())[:MAX_FACTS_PER_MESSAGE]


def tells_something(text: str) -> bool:
    """Whether somebody may speak of himself here: a sentence that is no question, with "I" or "my", or in Korean, which mostly
    leaves them out."""
    return any(_SELF.search(sentence) and not _is_question(sentence) for sentence in _sentences(text[:_MAX_CHARS]))


def _sentences(text: str) -> Iterator[str]:
    for found in _SENTENCE.finditer(text):
        sentence = found[0].strip()
        if sentence and len(sentence) <= _MAX_SENTENCE_CHARS:
            yield sentence


def _is_question(sentence: str) -> bool:
    return sentence.endswith("?") or bool(_QUESTION_KO.search(sentence.rstrip(".!~ ")))


def _asked_to_remember(sentence: str, previous: str) -> str | None:
    """What is to be remembered: the rest of the sentence, or, if nothing else stands in it, the sentence before."""
    bare = sentence.rstrip(".!~? ").strip()
    if found := _REMEMBER.match(bare):
        return found["v"].strip()
    if not (("기억" in bare or "외워" in bare or "잊지" in bare) and (found := _REMEMBER_KO.match(bare))):
        return None
    if sentence.endswith("?") and "줘" not in bare and "줄래" not in bare:
        return None
    told = (found["w"] or "").lstrip(":, ") or found["v"].strip()
    if len(told) < 3 or told in ("이거", "이것", "이 말", "그거", "꼭"):
        told = previous.rstrip(".!~ ")
    return told if len(told) >= 3 else None


def _by_rule(sentence: str) -> Iterator[Fact]:
    taken: list[tuple[int, int]] = []
    for rule in (*ENGLISH, *KOREAN):
        for found in rule.pattern.finditer(sentence):
            value = found["v"].strip()
            if not value or any(start < found.end("v") and found.start("v") < end for start, end in taken):
                continue
            taken.append(found.span("v"))
            yield Fact(
                _filled(rule.sentence, {name: text.strip() for name, text in found.groupdict().items()}), rule.cues
            )


# By whether the word ends in a consonant.
_PARTICLES = {"이에요": ("이에요", "예요"), "을": ("을", "를"), "은": ("은", "는"), "이라는": ("이라는", "라는")}


def _filled(sentence: str, values: dict[str, str]) -> str:
    def put(found: re.Match[str]) -> str:
        value, particle = values[found[1]], found[2]
        if not particle:
            return value
        last = ord(value[-1]) - 0xAC00
        ends_in_consonant = last % 28 != 0 if 0 <= last < 11_172 else value[-1].lower() in "lmnr013678"
        return value + _PARTICLES[particle][0 if ends_in_consonant else 1]

    return re.sub(r"\{(\w+)(?::(\S+?))?\}", put, sentence)
