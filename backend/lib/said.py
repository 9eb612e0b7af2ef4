"""A sentence in both languages, for what is found now and read later, by somebody whose language is not known yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    en: str = ""
    ko: str = ""

    def of(self, language: str) -> str:
        return (self.ko if language == "ko" else "") or self.en

    def __bool__(self) -> bool:
        return bool(self.en)


NOTHING = Said()
