"""An index by a real embedding model takes over from the default one, entry by entry, and back, without a gap in recall."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.llm.fixtures import SpawnLLM
from backend.memory import embeddings, indexes, writing
from backend.memory.facts import Fact
from backend.memory.indexer import Indexer
from backend.memory.models import EmbeddingIndex, Entry
from backend.memory.recall import Question, get_recaller
from backend.memory.store import VectorStore, get_store, use_store

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
FACTS = ("The user drinks warm tea under the moon.", "사용자는 따뜻한 차를 마신다.", "The user keeps old boats.")


@pytest.fixture
async def indexed(user: User, settings: Any) -> Any:
    """Facts in the default index, and the indexer that put them there."""
    use_store(VectorStore(url="", folder=settings.MARU.data_dir / "vectors"))
    for text in FACTS:
        await sync_to_async(writing.add_fact)(user.pk, Fact(text))
    indexer = Indexer("test")
    await indexer.drain()
    yield indexer
    embeddings.use_engine(None)
    await indexer.close()


@pytest.fixture
async def engine(spawn_llm: SpawnLLM, tmp_path: Path, tiny_gguf: Path, vectors_gguf: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(tiny_gguf, folder / "talks.gguf")
    shutil.copy(vectors_gguf, folder / "vectors.gguf")
    llm = await spawn_llm(models_dir=folder)

    async def embed(texts: Any, model: str) -> Any:
        return await llm.embed(list(texts), model=model)

    embeddings.use_engine(embed)


async def recalled(user: User) -> list[str]:
    found = await get_recaller().recall(Question(user.pk, "Who drinks warm tea under the moon?"), budget_s=20)
    assert not found.is_late
    return [each.text for each in found.memories]


async def states() -> dict[str, tuple[str, int | None]]:
    return {each.model: (each.state, each.dimension) async for each in EmbeddingIndex.objects.all()}


async def test_it_works(user, indexed, engine):
    index = await sync_to_async(indexes.begin)("vectors")
    assert (await recalled(user))[0] == FACTS[0]  # the old one is asked while the new one is built
    assert set(await states()) == {embeddings.HASH, "vectors"}
    await indexed.drain()
    ((model, (state, dimension)),) = (await states()).items()
    assert (model, state) == ("vectors", "active")
    assert dimension != embeddings.DIMENSION
    assert await get_store().count(index.pk) == len(FACTS)
    assert (await recalled(user))[0] == FACTS[0]


async def test_while_it_is_built_what_is_told_is_recalled_and_ends_in_both(user, indexed, engine):
    index = await sync_to_async(indexes.begin)("vectors")
    assert await indexed.work_once()
    await sync_to_async(writing.add_fact)(user.pk, Fact("The user collects stamps from Quimbra."))
    await indexed.drain()
    assert await get_store().count(index.pk) == len(FACTS) + 1
    assert not await Entry.objects.exclude(index=index).aexists()


async def test_back_to_the_default(user, indexed, engine):
    await sync_to_async(indexes.begin)("vectors")
    await indexed.drain()
    await sync_to_async(indexes.begin)(embeddings.HASH)
    await indexed.drain()
    assert await states() == {embeddings.HASH: ("active", embeddings.DIMENSION)}
    assert (await recalled(user))[0] == FACTS[0]


async def test_without_its_engine_the_words_go_on_and_it_is_said(user, indexed, engine):
    await sync_to_async(indexes.begin)("vectors")
    await indexed.drain()
    embeddings.use_engine(None)
    found = await get_recaller().recall(Question(user.pk, "Who drinks warm tea under the moon?"), budget_s=20)
    assert found.is_late
    assert found.memories[0].text == FACTS[0]
