"""Vectors, in Chroma. Holds no text: ids, vectors, owner, kind and document, nothing else.

Duty: one client per house, two threads (one reads, one writes), the owner in every question. Each EmbeddingIndex has a
collection of its own, made for one dimension; Chroma refuses any other. Chroma may be away, slow or damaged at any time:
everything here raises `StoreDown`, and SQL can always build it anew.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from backend.memory.embeddings import Vectors
from backend.memory.store.calls import Calls, Row, StoreDown
from backend.memory.store.chroma import Chroma
from backend.memory.store.process import ChromaProcess
from backend.memory.words import Scope

__all__ = ["Row", "StoreDown", "VectorStore", "get_store", "new_store", "use_store"]

T = TypeVar("T")

MAX_WAITING = 8  # questions in line; more are refused at once


class VectorStore:
    """`url` empty: embedded, in `folder`. Methods may be awaited from any task of one event loop.

    `in_child`: an embedded Chroma works in a process of its own, as a server needs it."""

    def __init__(self, *, url: str, folder: Path, in_child: bool = False) -> None:
        self._calls: Calls = ChromaProcess(folder) if in_child and not url else Chroma(url=url, folder=folder)
        self._line = threading.BoundedSemaphore(MAX_WAITING)
        self._buried: set[int] = set()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="vectors-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="vectors-write")

    async def query(
        self, index: int, vector: Vectors, scope: Scope, n_owned: int, limit: int
    ) -> list[tuple[int, float]]:
        """(id, cosine) of the nearest entries of the scope, nearest first. `n_owned`: how many entries its owners have."""
        if not self._line.acquire(blocking=False):
            raise StoreDown("too many questions wait")
        future = self._reader.submit(lambda: self._calls.query(index, vector, scope, n_owned, limit))
        # Counted until Chroma has answered, not until somebody stops waiting for it: a hung one must not gather questions.
        future.add_done_callback(lambda _: self._line.release())
        return await asyncio.wrap_future(future)

    def warm(self) -> None:
        """Import and open Chroma now, beside the start, and not within the budget of the first question."""
        self._reader.submit(self._calls.open).add_done_callback(lambda done: done.exception())

    async def add(self, index: int, rows: Sequence[Row], vectors: Vectors) -> None:
        """Enter these vectors, or enter them anew. At most some dozen at once: questions wait meanwhile."""
        await self._write(lambda: self._calls.add(index, rows, vectors))

    def bury(self, ids: Iterable[int]) -> None:
        """Entries whose rows are gone: their vectors are found by nobody, and the indexer removes them. From any thread."""
        self._buried.update(ids)

    def take_buried(self, most: int) -> list[int]:
        """Up to `most` of what was buried, for the indexer."""
        taken = list(self._buried)[:most]
        self._buried.difference_update(taken)
        return taken

    async def delete(self, index: int, ids: Sequence[int]) -> None:
        """Forget vectors; those that are not there are passed over."""
        if ids:
            await self._write(lambda: self._calls.delete(index, ids))

    async def drop(self, index: int) -> None:
        """Forget an index with all its vectors."""
        await self._write(lambda: self._calls.drop(index))

    async def count(self, index: int) -> int:
        return await self._write(lambda: self._calls.count(index))

    async def ids(self, index: int, after: int, limit: int) -> list[int]:
        """Of `limit` vectors from the `after`th on, in Chroma's own order; none for an index that is not there."""
        return await self._write(lambda: self._calls.ids(index, after, limit))

    async def indexes(self) -> list[int]:
        """All that Chroma has of ours, whether a row knows them or not."""
        return await self._write(self._calls.indexes)

    async def start_anew(self) -> None:
        """Put a damaged embedded store away, for `manage.py memory rebuild`. A server's indexes are dropped one by one."""
        await self._write(self._calls.start_anew)

    def close(self) -> None:
        """Returns at once; what runs in Chroma ends with its process."""
        for pool in (self._reader, self._writer):
            pool.shutdown(wait=False, cancel_futures=True)
        self._calls.close()

    async def _write(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._writer.submit(work))


_store: VectorStore | None = None


def get_store() -> VectorStore:
    """The one of this process."""
    global _store
    if _store is None:
        _store = new_store()
    return _store


def new_store(*, in_child: bool = False) -> VectorStore:
    """As the settings say."""
    from django.conf import settings

    maru = settings.MARU
    return VectorStore(url=maru.chroma_url, folder=maru.data_dir / "vectors", in_child=in_child)


def use_store(store: VectorStore | None) -> None:
    """Put another one in place (tests). The one before is closed."""
    global _store
    if _store is not None and _store is not store:
        _store.close()
    _store = store
