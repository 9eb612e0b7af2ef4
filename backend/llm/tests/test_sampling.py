"""Samplers: which ones a request's parameters make, and what they do in the real engine."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from typing import Any

import pytest

from backend.llm.engine.sampling import ParameterError, check, plan
from backend.llm.errors import BadParameters
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask, finished, text_of
from backend.llm.types import Delta, SamplingParams

OFF = SamplingParams(top_k=0, top_p=1, min_p=0)

PLANS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["temp", "dist"]),
    ({"temperature": 0, "top_k": 5}, ["greedy"]),
    (
        {"typical_p": 0.9, "top_k": 5, "top_p": 0.9, "min_p": 0.1},
        ["top_k", "typical", "top_p", "min_p", "temp", "dist"],
    ),
    ({"xtc_probability": 0.5}, ["xtc", "temp", "dist"]),
    ({"dry_multiplier": 0.8, "frequency_penalty": 0.1}, ["penalties", "dry", "temp", "dist"]),
    ({"presence_penalty": 1.0, "temperature": 0}, ["penalties", "greedy"]),
    ({"dynatemp_range": 0.5}, ["temp_ext", "dist"]),
    ({"mirostat": 1, "top_k": 5, "xtc_probability": 1}, ["temp", "mirostat"]),
    ({"mirostat": 2}, ["temp", "mirostat_v2"]),
    ({"logit_bias": ((3, 5.0),)}, ["logit_bias", "temp", "dist"]),
]


@pytest.mark.parametrize(("params", "names"), PLANS)
def test_the_chain_is_in_llama_servers_order(params: dict[str, Any], names: list[str]) -> None:
    assert [name for name, _ in plan(replace(OFF, **params), 1)] == names


@pytest.mark.parametrize(
    "params",
    [
        {"typical_p": 0},
        {"xtc_probability": 1.5},
        {"mirostat": 3},
        {"mirostat": 1.5},
        {"mirostat_tau": -1},
        {"dry_allowed_length": 0},
        {"dynatemp_exponent": 0},
        {"frequency_penalty": float("inf")},
        {"presence_penalty": 2.1},
        {"top_logprobs": 21},
        {"logit_bias": [[1, 2]] * 301},
        {"logit_bias": [[1]]},
        {"logit_bias": [[-1, 0]]},
        {"logit_bias": [[1, 101]]},
        {"logit_bias": [[1, float("nan")]]},
        {"logit_bias": {"1": 1}},
    ],
)
def test_what_is_out_of_range_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        check(params)


@pytest.mark.parametrize("params", [one for one, _ in PLANS])
async def test_the_engine_answers_with_each_sampler(tiny_llm: LocalLLM, params: dict[str, Any]) -> None:
    events = await answer(tiny_llm, ask(**{"max_tokens": 20, "temperature": 1.0, **params}))
    assert finished(events).completion_tokens > 0
    again = await answer(tiny_llm, ask(**{"max_tokens": 20, "temperature": 1.0, **params}))
    assert finished(again).seed == finished(events).seed


async def test_a_bias_forbids_and_forces_tokens(tiny_llm: LocalLLM) -> None:
    token = ord("z")  # the byte alphabet comes first
    forced = await answer(tiny_llm, ask(max_tokens=5, temperature=0, logit_bias=((token, 100.0), (10**6, 5.0))))
    assert text_of(forced) == "zzzzz"


async def test_log_probabilities_of_each_token_and_of_the_likeliest(tiny_llm: LocalLLM) -> None:
    events = await answer(tiny_llm, ask(max_tokens=30, temperature=0, top_logprobs=5))
    told = [one for event in events if isinstance(event, Delta) for one in event.logprobs]
    assert sum(event.n_tokens for event in events if isinstance(event, Delta)) == len(told) > 5
    for one in told:
        assert len(one.top) == 5
        assert one.logprob == pytest.approx(one.top[0][1], abs=1e-3)  # greedy takes the likeliest
        assert [logprob for _, logprob in one.top] == sorted((logprob for _, logprob in one.top), reverse=True)
        assert 0 < sum(exp(logprob) for _, logprob in one.top) <= 1.001


async def test_without_being_asked_no_log_probabilities_are_sent(tiny_llm: LocalLLM) -> None:
    events = await answer(tiny_llm, ask(max_tokens=5))
    assert all(event.logprobs == () for event in events if isinstance(event, Delta))
    only_own = await answer(tiny_llm, ask(max_tokens=5, top_logprobs=0))
    assert all(one.top == () for event in only_own if isinstance(event, Delta) for one in event.logprobs)


async def test_a_sampler_out_of_range_is_refused_by_the_engine(tiny_llm: LocalLLM) -> None:
    with pytest.raises(BadParameters):
        await answer(tiny_llm, ask(mirostat=7))
