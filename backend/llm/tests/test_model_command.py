"""`manage.py model`: works beside a running server and without one."""

from __future__ import annotations

import dataclasses
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backend.llm.model_settings import read_house


@pytest.fixture
def models_dir(settings: Any, tmp_path: Path, tiny_gguf: Path, vectors_gguf: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(tiny_gguf, folder / "talks.gguf")
    shutil.copy(vectors_gguf, folder / "vectors.gguf")
    settings.MARU = dataclasses.replace(settings.MARU, models_dir=folder, model_path=None)
    return folder


def model(*words: str) -> str:
    out = io.StringIO()
    call_command("model", *words, stdout=out)
    return out.getvalue()


def test_it_works(models_dir: Path) -> None:
    lines = model("list").splitlines()
    assert lines[0].split() == ["MODEL", "KIND", "TYPE", "SIZE", "CONTEXT", "NEEDS"]
    assert any(line.startswith("*  talks ") and " chat " in line for line in lines)
    assert any("vectors" in line and " embedding " in line for line in lines)


def test_info_use_and_set(models_dir: Path, settings: Any) -> None:
    assert "architecture: llama" in model("info", "talks")
    assert "sha256: " in model("info", "talks")
    assert "default" in model("use", "talks")
    assert "default for embedding" in model("use", "vectors")
    model("set", "talks", "n_ctx=1024", "kv_type=q8_0", 'lora=[["poet", 0.5]]')
    house = read_house(settings.MARU.data_dir)
    assert (house.default, house.default_embedding) == ("talks", "vectors")
    assert (house.of("talks").n_ctx, house.of("talks").lora) == (1024, (("poet", 0.5),))
    model("set", "talks", "n_ctx=", "kv_type=f16")
    assert read_house(settings.MARU.data_dir).of("talks").n_ctx is None


@pytest.mark.parametrize(
    "words", [("use", "nobody"), ("info", "nobody"), ("set", "talks", "n_ctx=1"), ("set", "talks", "colour=blue")]
)
def test_what_cannot_be_is_said(models_dir: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        model(*words)


def test_a_file_is_checked_before_it_is_copied(models_dir: Path, tmp_path: Path, tiny_gguf: Path) -> None:
    ruin = tmp_path / "ruin.gguf"
    ruin.write_bytes(tiny_gguf.read_bytes()[:5000])
    with pytest.raises(CommandError, match="cannot be used"):
        model("import", str(ruin))
    assert "sha256" in model("import", str(tiny_gguf), "--name", "mine")
    assert (models_dir / "mine.gguf").read_bytes() == tiny_gguf.read_bytes()
    with pytest.raises(CommandError, match="already"):
        model("import", str(tiny_gguf), "--name", "mine")
    assert sorted(path.name for path in models_dir.iterdir()) == ["mine.gguf", "talks.gguf", "vectors.gguf"]
