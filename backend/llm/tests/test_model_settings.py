"""`models.json` is changed by several at once: nothing of anybody is lost, and nothing is left lying about."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from backend.llm.model_settings import FILE_NAME, HouseSettings, ModelSettings, change_house, read_house

N = 8


def with_model(model: str, house: HouseSettings) -> HouseSettings:
    return house.with_model(model, ModelSettings(n_ctx=1024))


def test_changes_at_once_are_all_kept(tmp_path: Path) -> None:
    begin = threading.Barrier(N)

    def change(n: int) -> None:
        begin.wait(30)
        for model in (f"{n}-{k}" for k in range(5)):
            change_house(tmp_path, partial(with_model, model))

    with ThreadPoolExecutor(N) as pool:
        list(pool.map(change, range(N)))
    assert set(read_house(tmp_path).models) == {f"{n}-{k}" for n in range(N) for k in range(5)}
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob(".*.part"))


def test_a_change_that_fails_changes_nothing_and_holds_nobody_up(tmp_path: Path) -> None:
    def fail(house: HouseSettings) -> HouseSettings:
        raise ValueError

    with pytest.raises(ValueError):
        change_house(tmp_path, fail)
    assert not (tmp_path / FILE_NAME).exists()
    before = change_house(tmp_path, lambda house: house.with_default("talks", "chat"))
    assert (before.default, read_house(tmp_path).default) == ("", "talks")
