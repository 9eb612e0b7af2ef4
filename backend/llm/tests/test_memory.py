"""Memory of the engine process: what it may become, and what happens when it becomes more."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from backend.llm.engine.loading import kv_bytes_per_token
from backend.llm.engine.memory import MIB, process_bytes_max, saved_bytes_max
from backend.llm.engine.memory_watch import PATIENCE, watch_memory
from backend.llm.fixtures import SpawnLLM
from backend.llm.tests.asking import answer, ask, finished

PARTS = {"rss_now": 100 * MIB, "model_bytes": 400 * MIB, "kv_bytes": 200 * MIB, "saved_bytes": 100 * MIB}


def test_it_works() -> None:
    assert process_bytes_max(0, **PARTS) == 2024 * MIB
    assert process_bytes_max(700, **PARTS) == 700 * MIB
    assert process_bytes_max(-1, **PARTS) is None


@pytest.mark.parametrize(
    ("max_saved_mib", "free_gib", "expected_mib"), [(-1, 10, 1024), (-1, 100, 2048), (0, 10, 0), (64, 10, 64)]
)
def test_ram_for_conversations_is_what_was_said_or_a_part_of_what_is_free(
    max_saved_mib: int, free_gib: int, expected_mib: int
) -> None:
    assert saved_bytes_max(max_saved_mib, free_gib * 1024 * MIB) == expected_mib * MIB


@pytest.mark.parametrize(
    ("told", "values"), [({}, 2 * 64), ({"key": 128, "value": 128}, 2 * 128), ({"key": 96}, 96 + 64)]
)
def test_the_memory_of_a_token_follows_the_width_of_heads_that_the_header_tells(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, int], values: int
) -> None:
    """28 layers of 16 heads in rows of 1,024 numbers, of which 8 are kept: Qwen 3, 0.6 B, whose heads have 128."""
    meta = {"general.architecture": "qwen3", **{f"qwen3.attention.{name}_length": n for name, n in told.items()}}

    def meta_val_str(model: object, key: bytes, buffer: Any, size: int) -> int:
        buffer.value = str(meta.get(key.decode(), "")).encode()
        return len(buffer.value) if key.decode() in meta else -1

    for name, n in {"layer": 28, "head": 16, "head_kv": 8, "embd": 1024}.items():
        monkeypatch.setattr(f"llama_cpp.llama_cpp.llama_model_n_{name}", lambda model, n=n: n)
    monkeypatch.setattr("llama_cpp.llama_cpp.llama_model_meta_val_str", meta_val_str)
    assert kv_bytes_per_token(None, "f16") == 28 * 8 * values * 2


async def watched(sizes: list[int]) -> list[str]:
    """What happened at which sizes; the last one stays."""
    happened: list[str] = []
    task = asyncio.create_task(
        watch_memory(
            10,
            forget=lambda: happened.append("forget"),
            end=lambda: happened.append("end"),
            every_s=0,
            look=lambda: sizes.pop(0) if len(sizes) > 1 else sizes[0],
        )
    )
    for _ in range(200):
        await asyncio.sleep(0)
    task.cancel()
    return happened


async def test_too_much_first_costs_what_is_saved_and_then_the_process() -> None:
    assert await watched([10]) == []
    assert await watched([10, 11, 9]) == ["forget"]
    assert await watched([11] * (PATIENCE - 1) + [10]) == ["forget"]
    assert await watched([11]) == ["forget", "end"]


async def test_the_figures_are_told(spawn_llm: SpawnLLM, endless_gguf: Path) -> None:
    llm = await spawn_llm(model_path=endless_gguf, n_slots=1, n_parked=0, max_saved_mib=1)
    for n in range(3):
        assert finished(await answer(llm, ask(f"{n} " + "하나 둘 셋 넷 " * 12, max_tokens=2)))
    stats = await llm.stats()
    assert stats.saved_bytes_max == MIB
    assert 0 < stats.saved_bytes <= MIB
    assert stats.saved_conversations >= 1
    assert stats.rss_bytes is not None
    assert stats.rss_bytes_max is not None
    assert stats.rss_bytes < stats.rss_bytes_max
