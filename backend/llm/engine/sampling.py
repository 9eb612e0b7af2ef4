"""Checks sampling parameters and says which samplers, in which order, make a token. Pure; the runner builds them."""

from __future__ import annotations

import math
import secrets
from dataclasses import fields
from typing import Any

from backend.llm.types import SamplingParams

PENALTY_LAST_N, DRY_LAST_N = 64, 1024
MAX_STOPS, MAX_STOP_LENGTH = 16, 64

RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_k": (0, 100_000),
    "min_p": (0, 1),
    "repeat_penalty": (0.1, 2),
    "max_tokens": (1, 1_000_000),
    "seed": (0, 2**32 - 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "typical_p": (0, 1),
    "xtc_probability": (0, 1),
    "xtc_threshold": (0, 1),
    "dry_multiplier": (0, 10),
    "dry_base": (1, 8),
    "dry_allowed_length": (1, 1024),
    "dynatemp_range": (0, 2),
    "dynatemp_exponent": (0.01, 10),
    "mirostat": (0, 2),
    "mirostat_tau": (0, 20),
    "mirostat_eta": (0, 1),
    "top_logprobs": (0, 20),
}
INTEGERS = ("top_k", "max_tokens", "seed", "dry_allowed_length", "mirostat", "top_logprobs")
MAY_BE_NONE = ("seed", "top_logprobs")
NOT_ZERO = ("top_p", "typical_p")
MAX_BIASES, MAX_BIAS = 300, 100.0

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
        if name in RANGES and not (name in MAY_BE_NONE and value is None):
            _check_number(name, value)
    for name in ("grammar", "json_schema"):
        if not isinstance(raw.get(name, ""), str):
            raise ParameterError(name, "must be a text")
    if raw.get("grammar") and raw.get("json_schema"):
        raise ParameterError("grammar", "give either a grammar or a JSON schema")
    stop = raw.get("stop", ())
    if not isinstance(stop, list | tuple) or not all(isinstance(one, str) and one for one in stop):
        raise ParameterError("stop", "must be a list of texts that are not empty")
    if len(stop) > MAX_STOPS or any(len(one) > MAX_STOP_LENGTH for one in stop):
        raise ParameterError("stop", f"at most {MAX_STOPS} texts of at most {MAX_STOP_LENGTH} characters")
    return SamplingParams(**{**raw, "stop": tuple(stop), "logit_bias": _biases(raw.get("logit_bias", ()))})


def _biases(raw: object) -> tuple[tuple[int, float], ...]:
    if not isinstance(raw, list | tuple) or len(raw) > MAX_BIASES:
        raise ParameterError("logit_bias", f"must be a list of at most {MAX_BIASES} pairs")
    biases = []
    for pair in raw:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ParameterError("logit_bias", "must be pairs of a token and a number")
        token, bias = pair
        is_token = isinstance(token, int) and not isinstance(token, bool) and 0 <= token < 2**31
        is_bias = isinstance(bias, int | float) and not isinstance(bias, bool) and -MAX_BIAS <= bias <= MAX_BIAS
        if not is_token or not is_bias:
            raise ParameterError("logit_bias", f"must be pairs of a token and a number up to ±{MAX_BIAS:g}")
        biases.append((int(token), float(bias)))
    return tuple(biases)


def _check_number(name: str, value: object) -> None:
    kinds: tuple[type, ...] = (int,) if name in INTEGERS else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):  # type: ignore[arg-type]
        raise ParameterError(name, "must be a whole number" if name in INTEGERS else "must be a number")
    low, high = RANGES[name]
    if not low <= value <= high or (name in NOT_ZERO and value == 0):  # type: ignore[operator]
        raise ParameterError(name, f"must lie between {low:g} and {high:g}")


def draw_seed(params: SamplingParams) -> int:
    return params.seed if params.seed is not None else secrets.randbelow(2**32)


def plan(params: SamplingParams, seed: int, grammar: str = "") -> SamplerPlan:
    """Names of llama.cpp samplers with their arguments, in llama-server's order; a grammar, if any, is the first."""
    chain = _chain(params, seed)
    return [("grammar", (grammar,)), *chain] if grammar else chain


def _chain(params: SamplingParams, seed: int) -> SamplerPlan:
    chain = _corrections(params)
    if params.temperature == 0:
        return [*chain, ("greedy", ())]
    if params.mirostat:
        return [*chain, ("temp", (params.temperature,)), _mirostat(params, seed)]
    if params.top_k > 0:
        chain.append(("top_k", (params.top_k,)))
    if params.typical_p < 1:
        chain.append(("typical", (params.typical_p, 1)))
    if params.top_p < 1:
        chain.append(("top_p", (params.top_p, 1)))
    if params.min_p > 0:
        chain.append(("min_p", (params.min_p, 1)))
    if params.xtc_probability > 0:
        chain.append(("xtc", (params.xtc_probability, params.xtc_threshold, 1, seed)))
    if params.dynatemp_range > 0:
        chain.append(("temp_ext", (params.temperature, params.dynatemp_range, params.dynatemp_exponent)))
    else:
        chain.append(("temp", (params.temperature,)))
    return [*chain, ("dist", (seed,))]


def _corrections(params: SamplingParams) -> SamplerPlan:
    """What changes the logits themselves, and so counts for the likeliest token too."""
    chain: SamplerPlan = []
    if params.logit_bias:
        chain.append(("logit_bias", (params.logit_bias,)))
    if params.repeat_penalty != 1.0 or params.frequency_penalty or params.presence_penalty:
        penalties = (params.repeat_penalty, params.frequency_penalty, params.presence_penalty)
        chain.append(("penalties", (PENALTY_LAST_N, *penalties)))
    if params.dry_multiplier > 0:
        chain.append(("dry", (params.dry_multiplier, params.dry_base, params.dry_allowed_length, DRY_LAST_N)))
    return chain


def _mirostat(params: SamplingParams, seed: int) -> tuple[str, tuple[Any, ...]]:
    name = "mirostat" if params.mirostat == 1 else "mirostat_v2"
    return name, (seed, params.mirostat_tau, params.mirostat_eta)
