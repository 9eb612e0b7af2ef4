"""`manage.py model`: works beside a running server and without one."""

from __future__ import annotations

import dataclasses
import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backend.llm.config import LLMConfig
from backend.llm.management.commands.model import Command
from backend.llm.model_settings import HouseSettings, read_house, write_house
from backend.llm.shelf import Shelf
from backend.llm.tests.fake_hub import FILE, REPO, FakeHub, in_thread


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
    "words", [("use", "talks"), ("set", "talks", "n_ctx=1024"), ("load", "talks"), ("unload", "talks")]
)
def test_what_the_server_writes_meanwhile_stays(
    models_dir: Path, settings: Any, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, card_of = settings.MARU.data_dir, Command._card

    def seen(self: Command, name: str) -> Any:
        monkeypatch.setattr(Command, "_card", card_of)
        write_house(data_dir, replace(read_house(data_dir), max_loaded=7).with_default("vectors", "embedding"))
        return card_of(self, name)

    monkeypatch.setattr(Command, "_card", seen)
    model(*words)
    house = read_house(data_dir)
    assert (house.max_loaded, house.default_embedding) == (7, "vectors")


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


def test_load_and_unload_are_orders_for_a_server_that_runs(models_dir: Path, settings: Any) -> None:
    model("load", "talks")
    model("unload", "talks")
    orders = read_house(settings.MARU.data_dir).orders
    assert [(order.act, order.model) for order in orders] == [("load", "talks"), ("unload", "talks")]
    assert orders[0].at_ns < orders[1].at_ns
    with pytest.raises(CommandError):
        model("load", "nobody")


async def test_a_server_that_runs_obeys_once(models_dir: Path, tmp_path: Path, tiny_gguf: Path) -> None:
    config = LLMConfig(models_dir=models_dir, data_dir=tmp_path / "data", starter_path=tmp_path / "none.gguf")
    shelf = Shelf(config)
    await shelf._look()
    write_house(config.data_dir, HouseSettings().with_order("load", "talks"))
    await shelf._look()
    assert shelf._wishes.called == {"talks"}
    shelf._wishes.called.clear()
    await shelf._look()
    assert shelf._wishes.called == set()


def test_delete(models_dir: Path) -> None:
    model("delete", "talks")
    assert not (models_dir / "talks.gguf").exists()
    with pytest.raises(CommandError):
        model("delete", "talks")


@pytest.mark.django_db(transaction=True)
def test_pull_in_the_terminal(models_dir: Path, settings: Any, tiny_gguf: Path, tmp_path: Path) -> None:
    hub = FakeHub(tiny_gguf.read_bytes(), token="hf_secret")
    (tmp_path / "token").write_text("hf_secret\n")
    with in_thread(hub):
        settings.MARU = dataclasses.replace(settings.MARU, model_hub=hub.url)
        said = model("pull", REPO, FILE, "--name", "pulled", "--token-file", str(tmp_path / "token"))
        with pytest.raises(CommandError, match="needs a token"):
            model("pull", REPO, FILE, "--name", "other")
    assert (models_dir / "pulled.gguf").read_bytes() == hub.content
    assert "it is here" in said
    assert "hf_secret" not in said
