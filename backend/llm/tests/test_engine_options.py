"""Every option of an engine can be set for the house and for a model, and is described."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from backend.chat_project.env_values import BadSetting
from backend.llm.config import BASE_DIR, LLMConfig
from backend.llm.engine.config import EngineConfig
from backend.llm.engine_options import OPTIONS, read_options, variable
from backend.llm.model_settings import BadModelSetting, ModelSettings, settings_of

# What the supervisor itself fills in, and what makes sense for one model only.
OURS = {"socket", "model", "cache_dir", "is_embedding", "parent_pid", "log_format"}
OF_A_MODEL = {"rope_freq_base", "rope_freq_scale", "lora", "draft_model", "projector"}


def names(of: type) -> set[str]:
    return {field.name for field in fields(of)}


def test_it_works() -> None:
    environment = {"ENGINE_N_CTX": "8192", "ENGINE_KV_TYPE": "q8_0", "ENGINE_MAX_WAIT_S": "0.5"}
    assert read_options(lambda name: environment.get(name, ""), BadSetting) == {
        "n_ctx": 8192,
        "kv_type": "q8_0",
        "max_wait_s": 0.5,
    }


def test_nothing_of_an_engine_is_out_of_reach() -> None:
    assert names(EngineConfig) - OURS - OF_A_MODEL == set(OPTIONS)
    assert set(OPTIONS) <= names(LLMConfig)
    assert set(OPTIONS) | OF_A_MODEL <= names(ModelSettings)
    text = (Path(BASE_DIR) / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name in OPTIONS:
        assert f"| `{variable(name)}` |" in text


def test_the_house_and_the_engine_have_the_same_defaults() -> None:
    house, engine = LLMConfig(), EngineConfig(socket="s", model="m")
    for name, option in OPTIONS.items():
        assert getattr(house, name) == getattr(engine, name)
        option.check(getattr(house, name))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n_ctx", "1e3"),
        ("n_slots", "0"),
        ("kv_type", "f32"),
        ("max_wait_s", "nan"),
        ("n_batch", "x"),
        ("niceness", "-1"),
        ("niceness", "20"),
    ],
)
def test_what_will_not_do_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(BadSetting, match=variable(name)) as refused:
        read_options(lambda asked: text if asked == variable(name) else "", BadSetting)
    assert refused.value.said.ko.startswith(f"{variable(name)}: “{text}”은(는) 쓸 수 없습니다.")
    with pytest.raises(BadModelSetting, match=name):
        settings_of({name: text})
