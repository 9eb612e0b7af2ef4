"""What may be set of an engine: for the house by `ENGINE_<NAME>` in the environment, for one model in its settings.

One table for both, with the bounds. Pure; read by chat_project/env.py (texts) and model_settings.py (JSON).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.lib.said import Said
from backend.llm.engine.templates import OVERRIDES

Value = int | float | str


class BadOption(ValueError):
    """Says what the value may be."""

    def __init__(self, english: str, korean: str) -> None:
        super().__init__(english)
        self.said = Said(english, korean)


@dataclass(frozen=True, slots=True)
class Whole:
    low: int
    high: int

    def check(self, value: Any) -> int:
        """Raises BadOption."""
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise BadOption(
                f"must be a whole number from {self.low} to {self.high}",
                f"{self.low}에서 {self.high} 사이의 정수여야 합니다",
            )
        return value

    def read(self, text: str) -> int:
        """Raises BadOption."""
        try:
            return self.check(int(text))
        except ValueError:
            return self.check(None)


@dataclass(frozen=True, slots=True)
class Real:
    low: float
    high: float

    def check(self, value: Any) -> float:
        """Raises BadOption."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not self.low <= value <= self.high:
            raise BadOption(
                f"must be a number from {self.low:g} to {self.high:g}",
                f"{self.low:g}에서 {self.high:g} 사이의 수여야 합니다",
            )
        return float(value)

    def read(self, text: str) -> float:
        """Raises BadOption."""
        try:
            return self.check(float(text))
        except ValueError:
            return self.check(None)


@dataclass(frozen=True, slots=True)
class Choice:
    choices: tuple[str, ...]

    def check(self, value: Any) -> str:
        """Raises BadOption."""
        if value not in self.choices:
            known = ", ".join(one for one in self.choices if one)
            raise BadOption(f"must be one of {known}", f"{known} 중 하나여야 합니다")
        return str(value)

    read = check


Option = Whole | Real | Choice

# Fields of EngineConfig, LLMConfig and ModelSettings alike.
OPTIONS: Mapping[str, Option] = {
    "n_ctx": Whole(256, 4_194_304),
    "n_slots": Whole(1, 256),
    "n_parked": Whole(0, 255),
    "n_batch": Whole(16, 8192),
    "n_threads": Whole(0, 512),
    "niceness": Whole(0, 19),
    "n_gpu_layers": Whole(-1, 10_000),
    "flash_attention": Choice(("auto", "on", "off")),
    "kv_type": Choice(("f16", "q8_0", "q4_0")),
    "chat_template": Choice(("", *OVERRIDES)),
    "max_queued": Whole(0, 100_000),
    "max_wait_s": Real(0, 86_400),
    "target_itl_ms": Whole(20, 60_000),
    "context_overflow": Choice(("stop", "shift")),
    "n_draft": Whole(0, 64),
    "max_saved_mib": Whole(-1, 4_194_304),
    "max_memory_mib": Whole(-1, 67_108_864),
}


def variable(name: str) -> str:
    """The environment's name for an option."""
    return f"ENGINE_{name.upper()}"


def read_options(value_of: Callable[[str], str], refused: Callable[[str, str, str], Exception]) -> dict[str, Value]:
    """Those that are set. Raises what `refused` makes of a variable and what is wrong with its value, in both languages."""
    options: dict[str, Value] = {}
    for name, option in OPTIONS.items():
        text = value_of(variable(name))
        try:
            options |= {name: option.read(text)} if text else {}
        except BadOption as bad:
            shown, said = text[:40], bad.said
            wrong = f"“{shown}” will not do; it {said.en}.", f"“{shown}”은(는) 쓸 수 없습니다. {said.ko}."
            raise refused(variable(name), *wrong) from bad
    return options
