"""Vectors from a real embedding model, in a process of its own beside the one that chats."""

from __future__ import annotations

import asyncio
import math
import shutil
from pathlib import Path

import pytest

from backend.llm.engine.embedder import batches
from backend.llm.errors import BadParameters, ContextOverflow, ModelNotFound, NoEmbeddingModel
from backend.llm.fixtures import SpawnLLM
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask, finished

pytestmark = pytest.mark.engine


@pytest.fixture
def models_dir(tmp_path: Path, tiny_gguf: Path, vectors_gguf: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(tiny_gguf, folder / "talks.gguf")
    shutil.copy(vectors_gguf, folder / "vectors.gguf")
    return folder


def likeness(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


async def test_it_works(spawn_llm: SpawnLLM, models_dir: Path) -> None:
    llm = await spawn_llm(models_dir=models_dir)
    result = await llm.embed(["따뜻한 차", "따뜻한 차 한 잔", "the moon rises over the old house", "따뜻한 차"])
    assert result.model == "vectors"
    assert result.n_tokens == 4 + 6 + 9 + 4
    assert all(math.hypot(*vector) == pytest.approx(1, abs=1e-4) for vector in result.vectors)
    tea, more_tea, moon, again = result.vectors
    assert likeness(tea, more_tea) > likeness(tea, moon) + 0.2
    assert tea == pytest.approx(again, abs=1e-5)


async def test_a_text_has_the_same_vector_alone_and_in_company(spawn_llm: SpawnLLM, models_dir: Path) -> None:
    llm = await spawn_llm(models_dir=models_dir)
    texts = [f"{word} tea" * (n % 9 + 1) for n, word in enumerate(["the moon", "따뜻한 차", "old river"] * 50)]
    together = await llm.embed(texts)
    assert len(together.vectors) == 150
    for n in (0, 63, 64, 149):
        (alone,) = (await llm.embed([texts[n]])).vectors
        assert alone == pytest.approx(together.vectors[n], abs=1e-3)


async def test_the_default_for_chats_is_never_the_one_that_makes_vectors(spawn_llm: SpawnLLM, models_dir: Path) -> None:
    llm = await spawn_llm(models_dir=models_dir)  # vectors.gguf is the newer file
    assert finished(await answer(llm, ask(max_tokens=2))).model == "talks"
    with pytest.raises(BadParameters):
        await llm.embed(["x"], model="talks")
    with pytest.raises(BadParameters):
        await answer(llm, ask(model="vectors"))
    with pytest.raises(ModelNotFound):
        await llm.embed(["x"], model="nothing")


async def test_what_cannot_be_embedded_is_named(spawn_llm: SpawnLLM, models_dir: Path) -> None:
    llm = await spawn_llm(models_dir=models_dir)
    with pytest.raises(ContextOverflow) as refused:
        await llm.embed(["the moon", "tea " * 600])
    assert refused.value.params == {"n_tokens": 602, "n_ctx": 512}
    with pytest.raises(BadParameters):
        await llm.embed([])
    odd = await llm.embed(["", "\0", "\ud83d", "[CLS]", "😀" * 100])
    assert len(odd.vectors) == 5
    assert all(math.isfinite(value) for vector in odd.vectors for value in vector)


async def test_without_an_embedding_model_it_says_so(spawn_llm: SpawnLLM, tiny_gguf: Path, tiny_llm: LocalLLM) -> None:
    llm = await spawn_llm(model_path=tiny_gguf)
    for service in (llm, tiny_llm):
        with pytest.raises(NoEmbeddingModel):
            await service.embed(["x"])


async def test_many_ask_at_once(spawn_llm: SpawnLLM, models_dir: Path) -> None:
    llm = await spawn_llm(models_dir=models_dir)
    results = await asyncio.gather(*(llm.embed([f"tea {n}"] * 3) for n in range(20)))
    assert all(len(result.vectors) == 3 for result in results)


@pytest.mark.parametrize(
    ("lengths", "groups"),
    [([], []), ([3], [[3]]), ([5, 5, 5], [[5, 5], [5]]), ([10, 1, 9], [[10], [1, 9]]), ([1] * 7, [[1] * 4, [1] * 3])],
)
def test_batches_are_filled_in_order(lengths: list[int], groups: list[list[int]]) -> None:
    made = batches([[0] * n for n in lengths], n_tokens_max=10, n_texts_max=4)
    assert [[len(text) for text in group] for group in made] == groups
