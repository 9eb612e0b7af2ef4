"""Kinds of settings: what a value must be, and the sentence for one that is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from backend.lib.errors import sentence
from backend.lib.text import clean_text

Value = bool | int | str
Kind = Literal["flag", "number", "text", "choice", "address", "zone", "origins"]
_TYPES: dict[Kind, type] = {
    "flag": bool,
    "number": int,
    "text": str,
    "choice": str,
    "address": str,
    "zone": str,
    "origins": str,
}
MAX_ORIGINS = 20
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(?:https://(?=[^:]{{1,253}}(?::|\Z)){_LABEL}(?:\.{_LABEL})*|http://(?:localhost|127\.0\.0\.1))(?::(?P<port>\d{{1,5}}))?\Z"
)


class Words(NamedTuple):
    en: str
    ko: str


NO_WORDS = Words("", "")


class Refused(ValueError):
    """`reason` is for the person who gave the value."""

    def __init__(self, english: str, korean: str) -> None:
        self.reason = sentence(english, korean)
        super().__init__(english)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A setting. `default` is a value or a function that gives it (what the environment says). `low` and `high` bound a number,
    `max_length` counts characters, `choices` are the words of a choice in the order in which they are shown."""

    name: str
    group: str
    kind: Kind
    default: Value | Callable[[], Value]
    label: Words
    help: Words = NO_WORDS
    unit: Words = NO_WORDS
    low: int = 0
    high: int = 0
    max_length: int = 0
    is_multiline: bool = False
    choices: Mapping[str, Words] = field(default_factory=dict)

    def default_value(self) -> Value:
        return self.default() if callable(self.default) else self.default

    def checked(self, value: Any) -> Value:
        """`value` as it is stored. Raises Refused."""
        wanted = _TYPES[self.kind]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise Refused("is not of the right kind", "값의 형식이 올바르지 않습니다.")
        return _CHECKS[self.kind](self, value)


def _number(setting: Declared, value: int) -> int:
    if not setting.low <= value <= setting.high:
        raise Refused(
            f"must be from {setting.low} to {setting.high}", f"{setting.low}에서 {setting.high} 사이여야 합니다."
        )
    return value


def _choice(setting: Declared, value: str) -> str:
    if value not in setting.choices:
        raise Refused(
            f"must be one of {', '.join(setting.choices)}", f"{', '.join(setting.choices)} 중 하나여야 합니다."
        )
    return value


def _text(setting: Declared, value: str) -> str:
    if len(value) > setting.max_length:
        raise Refused(f"has more than {setting.max_length} characters", f"{setting.max_length}자를 넘습니다.")
    cleaned = clean_text(value, field=setting.name).strip()
    return cleaned if setting.is_multiline else " ".join(cleaned.split())


def _address(setting: Declared, value: str) -> str:
    value = _text(setting, value)
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_good = False
    if value and not is_good:
        raise Refused("is no http:// or https:// address", "http:// 또는 https:// 주소가 아닙니다.")
    return value


def _origins(setting: Declared, value: str) -> str:
    """With one space between them. They go into headers: nothing but what `_ORIGIN` allows may come through."""
    named = list(dict.fromkeys(each.lower().rstrip("/") for each in value.replace(",", " ").split()))
    if len(named) > MAX_ORIGINS:
        raise Refused(f"has more than {MAX_ORIGINS} origins", f"{MAX_ORIGINS}개를 넘습니다.")
    for each in named:
        if not is_origin(each):
            raise Refused(
                f"“{each[:100]}” is no origin like https://example.org or http://localhost:3000",
                f"“{each[:100]}”은(는) https://example.org 또는 http://localhost:3000 같은 출처가 아닙니다.",
            )
    return " ".join(named)


def is_origin(text: str) -> bool:
    """Scheme, host and port alone: https, or http of this machine. Names beyond ASCII are written in punycode (xn--…)."""
    found = _ORIGIN.match(text)
    return found is not None and 0 < int(found["port"] or 443) < 65536


def _zone(setting: Declared, value: str) -> str:
    if value not in available_timezones():
        raise Refused("is no time zone", "시간대가 아닙니다.")
    return value


def _flag(setting: Declared, value: bool) -> bool:
    return value


_CHECKS: dict[Kind, Callable[[Declared, Any], Value]] = {
    "flag": _flag,
    "number": _number,
    "text": _text,
    "choice": _choice,
    "address": _address,
    "zone": _zone,
    "origins": _origins,
}
