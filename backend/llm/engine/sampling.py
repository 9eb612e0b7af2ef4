"""Checks sampling parameters and says which samplers, in which order, make a token. Pure; the runner builds them."""

from __future__ import annotations

import math
import secrets
from dataclasses import fields
from typing import Any

from backend.llm.types import SamplingParams

PENALTY_LAST_N = 64
MAX_STOPS, MAX_STOP_LENGTH = 16, 64

RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_k": (0, 100_000),
    "min_p": (0, 1),
    "repeat_penalty": (0.1, 2),
    "max_tokens": (1, 1_000_000),
    "seed": (0, 2**32 - 1),
}
INTEGERS = ("top_k", "max_tokens", "seed")

SamplerPlan = list[tuple[str, tuple[Any, ...]]]


class ParameterError(ValueError):
    def __init__(self, param: str, reason: str) -> None:
        self.param, self.reason = param, reason
        super().__init__(f"{param}: {reason}")


def check(raw: dict[str, Any]) -> SamplingParams:
    """Sampling parameters from the wire. Raises ParameterError for what is unknown or out of its range."""
    known = {field.name for field in fields(SamplingParams)}
    for name, value in raw.items():
        if name not in known:
            raise ParameterError(name, "unknown")
        if name in RANGES and not (name == "seed" and value is None):
            _check_number(name, value)
    stop = raw.get("stop", ())
    if not isinstance(stop, list | tuple) or not all(isinstance(one, str) and one for one in stop):
        raise ParameterError("stop", "must be a list of texts that are not empty")
    if len(stop) > MAX_STOPS or any(len(one) > MAX_STOP_LENGTH for one in stop):
        raise ParameterError("stop", f"at most {MAX_STOPS} texts of at most {MAX_STOP_LENGTH} characters")
    return SamplingParams(**{**raw, "stop": tuple(stop)})


def _check_number(name: str, value: object) -> None:
    kinds: tuple[type, ...] = (int,) if name in INTEGERS else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):  # type: ignore[arg-type]
        raise ParameterError(name, "must be a whole number" if name in INTEGERS else "must be a number")
    low, high = RANGES[name]
    if not low <= value <= high or (name == "top_p" and value == 0):  # type: ignore[operator]
        raise ParameterError(name, f"must lie between {low:g} and {high:g}")


def draw_seed(params: SamplingParams) -> int:
    return params.seed if params.seed is not None else secrets.randbelow(2**32)


def plan(params: SamplingParams, seed: int) -> SamplerPlan:
    """Names of llama.cpp samplers with their arguments, in llama-server's order."""
    chain: SamplerPlan = []
    if params.repeat_penalty != 1.0:
        chain.append(("penalties", (PENALTY_LAST_N, params.repeat_penalty, 0.0, 0.0)))
    if params.temperature == 0:
        return [*chain, ("greedy", ())]
    if params.top_k > 0:
        chain.append(("top_k", (params.top_k,)))
    if params.top_p < 1:
        chain.append(("top_p", (params.top_p, 1)))
    if params.min_p > 0:
        chain.append(("min_p", (params.min_p, 1)))
    return [*chain, ("temp", (params.temperature,)), ("dist", (seed,))]
