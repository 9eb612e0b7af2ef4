"""What stands behind `echo://` in ENGINES."""

from __future__ import annotations

from typing import NotRequired, TypedDict
from urllib.parse import parse_qs, urlsplit

from backend.lib.said import Said
from backend.llm.echo_words import TEXTS

MAX_NAME_CHARS = 120
MAX_NUMBER = 1_000_000


class BadEcho(ValueError):
    """Something there is wrong; `said` names it."""

    def __init__(self, english: str, korean: str) -> None:
        super().__init__(english)
        self.said = Said(english, korean)


class EchoOptions(TypedDict):
    n_tokens: NotRequired[int]
    rate: NotRequired[float]  # words a second
    n_slots: NotRequired[int]
    text: NotRequired[str]
    model: NotRequired[str]
    n_ctx: NotRequired[int]


def options_of(url: str) -> EchoOptions:
    """`echo://?tokens=200&rate=50&slots=4&context=4096&text=markdown&model=owl`; what it does not name is not there. Raises
    BadEcho."""
    options: EchoOptions = {}
    for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items():
        value = values[-1]
        if name == "tokens":
            options["n_tokens"] = int(_number(url, name, value))
        elif name == "rate":
            options["rate"] = _number(url, name, value)
        elif name == "slots":
            options["n_slots"] = max(1, int(_number(url, name, value)))
        elif name == "context":
            options["n_ctx"] = max(1, int(_number(url, name, value)))
        elif name == "text":
            options["text"] = _text(url, value)
        elif name == "model":
            options["model"] = _model(url, value)
        else:
            raise BadEcho(
                f"“{url}”: unknown setting “{name}” (tokens, rate, slots, context, text and model are known)",
                f"“{url}”: “{name}”은(는) 없는 설정입니다(tokens, rate, slots, context, text, model)",
            )
    return options


def _text(url: str, value: str) -> str:
    if value in TEXTS:
        return value
    known = ", ".join(TEXTS)
    raise BadEcho(
        f"“{url}”: “text” must be one of {known}, not “{value}”", f"“{url}”: “text”는 {known} 중 하나여야 합니다"
    )


def _model(url: str, value: str) -> str:
    if 1 <= len(value) <= MAX_NAME_CHARS:
        return value
    raise BadEcho(
        f"“{url}”: “model” must be a name of 1 to {MAX_NAME_CHARS} characters",
        f"“{url}”: “model”은 1자 이상 {MAX_NAME_CHARS}자 이하의 이름이어야 합니다",
    )


def _number(url: str, name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise BadEcho(
            f"“{url}”: “{name}” must be a number, not “{value}”", f"“{url}”: “{name}”은(는) 수여야 합니다"
        ) from None
    if not 0 <= number <= MAX_NUMBER:
        raise BadEcho(
            f"“{url}”: “{name}” must lie between 0 and {MAX_NUMBER:,}",
            f"“{url}”: “{name}”은(는) 0에서 {MAX_NUMBER:,} 사이여야 합니다",
        )
    return number
