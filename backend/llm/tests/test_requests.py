"""What the engine makes of a request and of its own configuration before anything is computed."""

from __future__ import annotations

import pytest

from backend.llm.engine.config import EngineConfig
from backend.llm.engine.requests import Reading, Refusal, sequence_of
from backend.llm.engine.sampling import ParameterError, check, plan
from backend.llm.types import SamplingParams


def test_the_engines_command_line_says_all_of_its_config() -> None:
    config = EngineConfig(socket="/s", model="/m", n_ctx=77, chat_template="alpaca", parent_pid=9)
    assert EngineConfig.from_argv(config.to_argv()) == config


def test_samplers_stand_in_the_servers_order() -> None:
    names = [name for name, _ in plan(SamplingParams(repeat_penalty=1.1), seed=3)]
    assert names == ["penalties", "top_k", "top_p", "min_p", "temp", "dist"]
    assert plan(SamplingParams(temperature=0), seed=3) == [("greedy", ())]


@pytest.mark.parametrize(
    "raw",
    [
        {"colour": 1},
        {"temperature": True},
        {"top_k": 1.5},
        {"stop": "x"},
        {"stop": ["x" * 65]},
        {"min_p": float("inf")},
    ],
)
def test_sampling_parameters_out_of_range_are_named(raw: dict[str, object]) -> None:
    with pytest.raises(ParameterError) as refused:
        check(raw)
    assert refused.value.param == next(iter(raw))


class _Builder:
    """A prompt of as many tokens as there are characters."""

    def build(self, messages: list[object], **_: object) -> object:
        from backend.llm.engine.prompt import Prompt

        text = messages[-1].content  # type: ignore[attr-defined]
        return Prompt(text, [1] * len(text))

    class template:  # noqa: N801
        stops: tuple[str, ...] = ()


def test_max_tokens_is_cut_to_what_the_context_has_left() -> None:
    reading = Reading("m", 100, _Builder(), list, strips_first_space=False)  # type: ignore[arg-type]
    request = {"messages": [{"role": "user", "content": "x" * 90}], "params": {"max_tokens": 50}}
    assert sequence_of(request, (1, 1), 0.0, reading).max_tokens == 10
    request["messages"] = [{"role": "user", "content": "x" * 100}]
    with pytest.raises(Refusal) as refused:
        sequence_of(request, (1, 1), 0.0, reading)
    assert (refused.value.code, refused.value.params) == ("context_length_exceeded", {"n_tokens": 100, "n_ctx": 100})
