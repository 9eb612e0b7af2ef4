"""Makes documents of files and vectors of entries, in the background. One task per process, one process of the house at work.

Its queue is the database: documents that are queued, entries without an index. So nothing is lost by a crash, and nothing
is done twice. Work is done in small pieces with pauses: a running reply must not wait for a library to be filled. Must not
import chat: whoever wants to hear of a document's progress gives `tell`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from django.db import DatabaseError

from backend.lib import clock
from backend.lib.errors import AppError
from backend.lib.storage import StorageThread
from backend.memory import embeddings, extraction, files, indexes, sizes
from backend.memory import indexer_rows as rows
from backend.memory.models import Document, EmbeddingIndex
from backend.memory.store import Row, StoreDown, get_store
from backend.memory.words import HOUSE

logger = logging.getLogger(__name__)

BATCH = 24  # vectors at once: larger batches of Chroma hold up the event loop
PAUSE_S = 0.02
GATHER_S = 1.0  # at least so long from the end of one work to the next: a busy house wakes us for each reply
IDLE_S = 2.0
LEASE = timedelta(seconds=15)
BACKOFF_S = 5.0
Tell = Callable[[Document], Awaitable[None]]


async def _tell_nobody(document: Document) -> None:
    return None


class Indexer:
    """`owner`: this process's name. `run()` is the task; `work_once()` does one piece, for tests and the rebuild command."""

    def __init__(self, owner: str, tell: Tell = _tell_nobody) -> None:
        self._owner, self._tell = owner, tell
        self._storage = StorageThread("indexing")
        self._wake = asyncio.Event()
        self._is_leading = False

    def wake(self) -> None:
        """There is work. From the indexer's loop only."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        worked_s = -GATHER_S
        while True:
            try:
                # What this process buried only it knows of, whoever leads.
                has_worked = await (self.work_once() if await self._lead() else self._remove_buried())
                pause_s = PAUSE_S if has_worked else IDLE_S
                worked_s = clock.monotonic_s() if has_worked else worked_s
            except (StoreDown, embeddings.NoEngine, AppError, DatabaseError, OSError, ValueError) as error:
                logger.warning("indexing waits: %s", getattr(error, "code", type(error).__name__))
                pause_s = BACKOFF_S
            self._wake.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await (asyncio.Event() if pause_s != IDLE_S else self._wake).wait()
            except TimeoutError:
                continue
            await asyncio.sleep(max(0.0, worked_s + GATHER_S - clock.monotonic_s()))

    async def close(self) -> None:
        await self._storage.close()

    async def drain(self) -> None:
        """Do all there is to do (tests, `manage.py memory rebuild`)."""
        while await self.work_once():
            pass

    async def work_once(self) -> bool:
        """One piece: the most urgent. Returns whether there was any."""
        return (
            await self._embed_new()
            or await self._read_document()
            or await self._move_on()
            or await self._remove_buried()
        )

    async def _lead(self) -> bool:
        is_new = not self._is_leading
        self._is_leading = await self._storage.run(rows.take_lease, self._owner, clock.now(), LEASE)
        if self._is_leading and is_new:
            await self._storage.run(rows.requeue)
        return self._is_leading

    # --- documents -------------------------------------------------------------------------------------------------------

    async def _read_document(self) -> bool:
        document = await self._storage.run(rows.next_document)
        if document is None:
            return False
        await self._tell(document)
        path = files.path_of(document)
        try:
            outcome = await extraction.extract(path, document.kind, await sizes.of_the_model())
        except OSError:
            outcome = extraction.Outcome("document_damaged")
        document = await self._storage.run(rows.store_text, document.pk, outcome)
        if document is not None:
            await self._tell(document)
        return True

    # --- vectors ---------------------------------------------------------------------------------------------------------

    async def _embed_new(self) -> bool:
        index = await self._storage.run(indexes.active_index)
        batch = await self._storage.run(rows.without_index, BATCH)
        if not batch:
            return False
        await self._add(index, batch)
        for document in await self._storage.run(rows.completed_documents):
            await self._tell(document)
        return True

    async def _move_on(self) -> bool:
        """Fill the index that is being built; when it is full, it takes over."""
        index = await self._storage.run(indexes.building_index)
        if index is None:
            return False
        batch = await self._storage.run(rows.not_in, index.pk, BATCH)
        if batch:
            await self._add(index, batch)
            return True
        for old in await self._storage.run(indexes.complete, index):
            await get_store().drop(old)
        return True

    async def _add(self, index: EmbeddingIndex, batch: list[rows.Waiting]) -> None:
        embedded = await embeddings.embed([each.text for each in batch], index.model)
        if not await self._storage.run(indexes.fix_dimension, index, int(embedded.vectors.shape[1])):
            raise ValueError("the model gives vectors of another width than before")
        vectors = [Row(each.id, each.owner or HOUSE, each.kind, each.document or 0) for each in batch]
        await get_store().add(index.pk, vectors, embedded.vectors)
        await self._storage.run(rows.mark, batch, index.pk)

    async def _remove_buried(self) -> bool:
        ids = get_store().take_buried(BATCH * 8)
        if not ids:
            return False
        for index in await self._storage.run(rows.index_ids):
            await get_store().delete(index, ids)
        return True


_indexer: Indexer | None = None


def get_indexer() -> Indexer | None:
    """The one that runs in this process, if any."""
    return _indexer


def use_indexer(indexer: Indexer | None) -> None:
    global _indexer
    _indexer = indexer


def wake() -> None:
    """Tell the indexer of this process, from its event loop, that something waits. Without one it is found within IDLE_S."""
    if _indexer is not None:
        _indexer.wake()
