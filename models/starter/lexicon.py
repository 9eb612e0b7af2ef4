"""Where the values of the slots come from, per language: word lists, invented names, dates, prices, codes.

With `held_out=True` every invented name joins syllables that no training text joins (see names.py): for evaluation only.
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import names
import yaml
from grammar import Binder, Source

CORPUS = Path(__file__).resolve().parent / "corpus"
LANGUAGES = ("en", "ko")
BUILDINGS = {"en": "bridge school tower park playground boat library garden road harbour".split(),
             "ko": "다리 학교 탑 공원 놀이터 배 도서관 정원 길 항구".split()}  # fmt: skip
BRINGS = {"en": "pen|towel|passport|raincoat|cup|photo|lunch box|notebook|torch|ticket".split("|"),
          "ko": "펜|수건|여권|비옷|컵|사진|도시락|공책|손전등|표".split("|")}  # fmt: skip
HOURS = {"en": "one two three four five six seven eight nine ten eleven twelve".split(),
         "ko": "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두".split()}  # fmt: skip
SUMS = {"en": [*"four ten twelve fifteen twenty thirty forty fifty ninety".split(), "a hundred", "two hundred"],
        "ko": "오천 만 이만 삼만 사만 오만 십만 천 백만 삼천오백".split()}  # fmt: skip
COINS = {"en": "crowns pounds dollars euros coins".split(), "ko": "원 냥 유로".split()}
PROPERS = (
    "하늘 중앙 시립 푸른 새빛 한빛 은하 무지개 아침 별빛 솔숲 동네 바다 우주 나래 미래 행복 사랑 희망 보라 오름".split()
)
KNOWN = 0.2  # share of names in training that are known words, or begin with a vowel
SPELLED = 0.15  # share of times and prices in words, of training only
PLACE_ENDINGS = ["시", "동", "리", "마을", "군", "섬"]


@cache
def load(language: str, name: str) -> Any:
    text = (CORPUS / language / f"{name}.yaml").read_text(encoding="utf-8")
    if name != "frames":
        text = re.sub(r"\{@(\w+)\}", lambda m: str(load(language, "frames")[m[1]]), text)
    return yaml.safe_load(text)


class Lexicon:
    def __init__(self, language: str, held_out: bool = False) -> None:
        self.language, self.held_out = language, held_out
        self.words: dict[str, Any] = load(language, "words")
        unknown = load(language, "unknown")
        self.sources: dict[str, Source] = {}
        for key, options in {**self.words, **{k: unknown[k] for k in unknown if k not in ("ask", "free")}}.items():
            if isinstance(options, list):
                self.sources[key] = _chooser([str(o) for o in options])
        for kind in ("person", "pet", "place", "proper", "age", "date", "number", "moment", "time", "price", "year"):
            self.sources[kind] = getattr(self, kind)
        for kind in ("phone", "code", "big", "odd"):
            self.sources[kind] = getattr(self, kind)
        self.sources["anything"] = self.anything
        self.sources["building"] = _chooser(BUILDINGS[language])
        self.sources["bring"] = _chooser(BRINGS[language])
        self.sources["other"] = self.person

    def binder(self, rng: random.Random, **bound: str) -> Binder:
        return Binder(rng, self.sources, bound)

    def _english(self, rng: random.Random) -> str:
        return names.english(rng, self.held_out)

    def person(self, rng: random.Random) -> str:
        roll = rng.random()
        if roll < 0.15 and not self.held_out:
            return str(rng.choice(self.words["common_name"]))
        if self.language == "ko":
            return self._english(rng) if roll < 0.40 else names.korean(rng, self.held_out)
        return names.korean(rng, self.held_out) if roll < 0.25 else self._english(rng)

    def pet(self, rng: random.Random) -> str:
        if self.language == "ko" and rng.random() < 0.75:
            return names.korean_pet(rng, self.held_out)
        return self._english(rng)

    def place(self, rng: random.Random) -> str:
        roll = rng.random()
        if roll < 0.45:
            return str(rng.choice(self.words["city"]))
        if self.language == "ko" and roll < 0.8:
            return names.korean_pet(rng, self.held_out) + rng.choice(PLACE_ENDINGS)
        return self._english(rng)

    def proper(self, rng: random.Random) -> str:
        if not self.held_out and rng.random() < KNOWN:
            if self.language == "ko":
                return str(rng.choice([*PROPERS, *self.words["noun"]]))
            return rng.choice([str(rng.choice(self.words["noun"])), rng.choice("aeiou") + self._english(rng)]).title()
        if self.language == "ko" and rng.random() < 0.6:
            return rng.choice([names.korean, names.korean_pet])(rng, self.held_out)
        return self._english(rng)

    def anything(self, rng: random.Random) -> str:
        kinds = [self.proper, self.proper, self.odd, self.number, self.code, self.date, self.place, self.person]
        return rng.choice(kinds)(rng)

    def age(self, rng: random.Random) -> str:
        return str(rng.randint(5, 95))

    def date(self, rng: random.Random) -> str:
        month, day = rng.randrange(12), rng.randint(1, 28)
        if self.language == "ko":
            return f"{month + 1}월 {day}일"
        name = self.words["month"][month]
        return f"{name} {day}" if rng.random() < 0.6 else f"{day} {name}"

    def number(self, rng: random.Random) -> str:
        return str(rng.randint(2, rng.choice([20, 99, 999])))

    def moment(self, rng: random.Random) -> str:
        day = rng.choice(self.words["day"])
        if self.language == "ko":
            return f"{day} {rng.choice(['', '오전 ', '오후 '])}{rng.randint(1, 12)}시"
        return f"{day} at {rng.randint(1, 12)}{rng.choice(['', ':30', ' am', ' pm'])}"

    def time(self, rng: random.Random) -> str:
        if not self.held_out and rng.random() < SPELLED:
            hour_in_words = rng.choice(HOURS[self.language])
            if self.language == "ko":
                return f"{hour_in_words} 시{rng.choice(['', '', ' 반'])}"
            return f"{rng.choice(['', '', 'half past '])}{hour_in_words}"
        hour = rng.randint(1, 12)
        if self.language == "ko":
            return (
                f"{rng.choice(['', '오전 ', '오후 ', '저녁 '])}{hour}시{rng.choice(['', '', ' 반', ' 15분', ' 40분'])}"
            )
        return rng.choice(
            [f"{hour}:{rng.choice(['00', '15', '30', '45'])}", f"{hour} am", f"{hour} pm", f"{hour} o'clock"]
        )

    def price(self, rng: random.Random) -> str:
        if not self.held_out and rng.random() < SPELLED:
            joint = " " if self.language == "en" or rng.random() < 0.5 else ""
            return rng.choice(SUMS[self.language]) + joint + rng.choice(COINS[self.language])
        if self.language == "ko":
            return rng.choice([f"{rng.randint(1, 99)},{rng.randint(0, 9)}00원", f"{rng.randint(1, 90)}만 원"])
        return rng.choice([f"{rng.randint(2, 99)} euros", f"${rng.randint(2, 300)}", f"{rng.randint(1, 99)},000 won"])

    def year(self, rng: random.Random) -> str:
        return str(rng.randint(1850, 2026))

    def phone(self, rng: random.Random) -> str:
        return f"0{rng.randint(2, 64)}-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"

    def code(self, rng: random.Random) -> str:
        return f"{self._english(rng).lower()}{rng.choice(['', '-'])}{rng.randint(10, 999)}"

    def big(self, rng: random.Random) -> str:
        return str(rng.randint(21, 9999))

    def odd(self, rng: random.Random) -> str:
        return self._english(rng).lower()


def _chooser(options: list[str]) -> Source:
    return lambda rng: rng.choice(options)


@cache
def lexicon(language: str) -> Lexicon:
    return Lexicon(language)
