"""A vector store of each test's own, an indexer worked by hand, and the extraction child as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backend.memory import embeddings, recall, sizes
from backend.memory.indexer import Indexer
from backend.memory.store import VectorStore, use_store


@pytest.fixture
def store(settings: Any) -> Iterator[VectorStore]:
    made = VectorStore(url="", folder=settings.MARU.data_dir / "vectors")
    use_store(made)
    recall.get_recaller.cache_clear()
    yield made
    use_store(None)
    recall.get_recaller.cache_clear()
    embeddings.use_engine(None)
    sizes.use_counter(None)


@pytest.fixture
async def indexer(store: VectorStore, transactional_db: None) -> Any:
    made = Indexer("test")
    yield made
    await made.close()
