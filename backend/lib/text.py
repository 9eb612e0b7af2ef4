"""Text that came from outside: what every store and every wire can hold, and counting in code points."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import get_language

from backend.lib.errors import BadInput

_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_HANGUL = re.compile(r"[가-힣ㄱ-ㆎ\u1100-\u11ff]")  # letters too: “ㅎㅇ”, and syllables in their parts (NFD)

_SENTENCES = {
    "nul": {"en": "This text holds a NUL character.", "ko": "글에 NUL 문자가 들어 있습니다."},
    "surrogate": {
        "en": "This text holds half of a character (a lone surrogate).",
        "ko": "글에 깨진 문자(짝이 없는 서러게이트)가 들어 있습니다.",
    },
    "long": {"en": "This text is longer than {limit} characters.", "ko": "글이 {limit}자를 넘습니다."},
}


class BadText(BadInput):
    """Names the field and what is wrong with its text."""

    def __init__(self, field: str, problem: str, **params: Any) -> None:
        self.field, self.problem = field, problem
        super().__init__(fields=None, retry_after_s=None, **params)
        self.fields = {field: [self.sentence("en")]}

    def sentence(self, language: str) -> str:
        return _SENTENCES[self.problem].get(language, _SENTENCES[self.problem]["en"]).format(**self.params)

    def text(self, language: str | None = None) -> str:
        return self.sentence((language or get_language() or "en").split("-")[0])

    def as_dict(self, language: str | None = None) -> dict[str, Any]:
        return {**super().as_dict(language), "fields": {self.field: [self.text(language)]}}


def check_storable(text: str) -> str:
    """`text` itself. Raises ValueError for NUL (Postgres refuses it) and for lone surrogates (they are no UTF-8).

    For pydantic and other validators that turn a ValueError into their own error; `clean_text` is for everybody else.
    """
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    if _LONE_SURROGATE.search(text):
        raise ValueError("must not contain lone surrogates")
    return text


def clean_text(text: str, *, field: str = "text", max_length: int | None = None) -> str:
    """`text` itself, unchanged, when it can be stored and sent everywhere. Raises BadText otherwise.

    Everything else stays as it was typed (also right-to-left marks and odd spaces): what is stored equals what was sent.
    `max_length` counts code points.
    """
    if "\x00" in text:
        raise BadText(field, "nul")
    if _LONE_SURROGATE.search(text):
        raise BadText(field, "surrogate")
    if max_length is not None and len(text) > max_length:
        raise BadText(field, "long", limit=max_length)
    return text


def shorten(text: str, n: int) -> str:
    """At most `n` code points of `text`, in one line, with an ellipsis where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= n else line[: n - 1].rstrip() + "…"


def has_hangul(text: str) -> bool:
    """Whether somebody who reads Korean wrote it."""
    return bool(_HANGUL.search(text))
