"""Invented names from syllables, in English and Korean; the central skill is to repeat a name never seen before.

A name is *held out* when it contains a reserved pair of neighbouring syllables. Training draws only names without such a
pair, the evaluation only names with one: so every evaluated name joins syllables in a way no training text does.
"""

from __future__ import annotations

import hashlib
import random

EN_ONSETS = "b d f g h j k l m n p r s t v w z br dr fl gl kr pl st tr sh th qu".split()
EN_VOWELS = "a e i o u ai ea io oo".split()
EN_ENDS = ["", "", "n", "l", "r", "s", "k", "x", "m", "th", "ck", "nd"]
KO_GIVEN = (
    "민서준도윤예지하은수현우진유나채원시온라희태성영호빈아린재경주소연솔별한결찬혁규람단비봄새롬누리슬가온달마루"
    "보다은해든샘율휘겸강건형석철용환훈선정미숙자순옥금란향월초이안세라온"
)
KO_SURNAMES = "김이박최정강조윤장임한오서신권황안송류홍전고문손배백허남심노"
KO_PET = "뽀몽초코두부콩이루나모카토리꼬밤별구름보리똘망치즈단추감자호두봉순덕팔쿵짱깜복실탱포도라떼우유빵뚜비로미"
RESERVED_PARTS = 10


def is_reserved(first: str, second: str) -> bool:
    return hashlib.sha256(f"{first}+{second}".encode()).digest()[0] % RESERVED_PARTS == 0


def _name(rng: random.Random, pick: list[list[str]], held_out: bool) -> str:
    """One syllable from each list of `pick`, with a reserved pair (held out) or with none."""
    while True:
        parts = [rng.choice(options) for options in pick]
        pairs = [is_reserved(a, b) for a, b in zip(parts, parts[1:], strict=False)]
        if any(pairs) == held_out:
            return "".join(parts)


def english(rng: random.Random, held_out: bool = False) -> str:
    open_syllables = [o + v for o in EN_ONSETS for v in EN_VOWELS]
    closed = [s + e for s in open_syllables for e in EN_ENDS]
    n_open = rng.choice([1, 1, 1, 2])
    return _name(rng, [open_syllables] * n_open + [closed], held_out).capitalize()


def korean(rng: random.Random, held_out: bool = False) -> str:
    given = sorted(set(KO_GIVEN))
    full = rng.random() < 0.4
    return _name(rng, ([list(KO_SURNAMES)] if full else []) + [given, given], held_out)


def korean_pet(rng: random.Random, held_out: bool = False) -> str:
    syllables = sorted(set(KO_PET))
    return _name(rng, [syllables] * rng.choice([2, 2, 3]), held_out)
