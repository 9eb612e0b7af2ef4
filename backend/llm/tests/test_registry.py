"""ENGINES chooses the service, or stops the start with a sentence."""

from __future__ import annotations

import pytest

from backend.llm.config import LLMConfig
from backend.llm.echo import EchoLLM
from backend.llm.process import LocalLLM
from backend.llm.registry import EnginesError, build_service, service_from


@pytest.mark.parametrize(
    ("engines", "code"),
    [
        ((), "engines_empty"),
        (("https://",), "engines_bad_url"),
        (("https://[::1/v1",), "engines_bad_url"),
        (("https://host/v1?speed=9",), "engines_bad_url"),
        (("https://host/v1?weight=0",), "engines_bad_url"),
        (("https://host/v1?name=a@b",), "engines_bad_name"),
        (("https://user:sk-secret@host/v1",), "engines_key_in_url"),
        (("local", "local"), "engines_twice"),
        (("vllm",), "engines_unknown"),
        (("echo://?tokens=many",), "engines_bad_echo"),
    ],
)
def test_engines_that_cannot_be_served_stop_the_start_with_a_sentence(engines: tuple[str, ...], code: str) -> None:
    with pytest.raises(EnginesError) as refused:
        build_service(LLMConfig(engines=engines))
    assert refused.value.code == code
    assert "secret" not in str(refused.value)


def test_a_key_belongs_to_an_engine_that_is_named() -> None:
    keys = {"https://host/v1": "sk-1"}
    fleet = build_service(LLMConfig(engines=("local", "https://host/v1?name=big&weight=2"), engine_keys=keys))
    spec = fleet.members["big"].spec
    assert (spec.url, spec.api_key, spec.weight, spec.may_be_private) == ("https://host/v1", "sk-1", 2, True)
    assert "sk-1" not in repr(spec)
    with pytest.raises(EnginesError, match="ENGINE_KEYS"):
        build_service(LLMConfig(engine_keys=keys))


def test_engines_choose_the_service() -> None:
    from django.conf import settings

    def only(config: LLMConfig) -> object:
        (member,) = build_service(config).members.values()
        return member.service

    echo = only(LLMConfig(engines=("echo://?tokens=7&rate=0&context=4096",)))
    assert isinstance(echo, EchoLLM)
    assert (echo.n_tokens, echo.rate, echo.n_ctx) == (7, 0, 4096)
    assert isinstance(only(LLMConfig()), LocalLLM)
    assert service_from(settings.MARU).members
    assert list(build_service(LLMConfig(engines=("echo://", "echo://"))).members) == ["echo", "echo-2"]
