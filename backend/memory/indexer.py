"""Makes documents of files and vectors of entries, in the background. One task per process, one process of the house at work.

Its queue is the database: documents that are queued, entries without an index. So nothing is lost by a crash, and nothing
is done twice. Work is done in small pieces; while answers are made each is followed by a pause nine times as long, so that a
running reply does not wait for a library to be filled, and the library is filled all the same. Must not import chat: whoever
wants to hear of a document's progress gives `tell`, and who knows whether answers are made gives `is_busy`.
"""

from __future__ import annotations

import asyncio
import contextlib
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

BATCH = 24  # vectors at once: a question waits behind them, and beside an engine each step for some of their 20 ms
MODEL_BATCH = 2  # the same by a model, while answers are made: it computes for each as long as a step of theirs takes
CHUNKS_AT_ONCE = 50  # rows and words of so many are written in some 15 ms
PAUSE_S = 0.02
BUSY_SHARE = 9  # pauses beside running answers, times the work before them, within:
BUSY_PAUSES_S = (0.25, 1.0)
GATHER_S = 1.0  # at least so long from the end of one work to the next: a busy house wakes us for each reply
IDLE_S = 2.0
LEASE = timedelta(seconds=15)
BACKOFF_S = 5.0
Tell = Callable[[Document], Awaitable[None]]
IsDead = Callable[[str], bool]


async def _tell_nobody(document: Document) -> None:
    return None


class Indexer:
    """`owner`: this process's name. `run()` is the task; `work_once()` does one piece, for tests and the rebuild command.

    `is_dead`: whether another process's name is of one that surely runs no more, so that its lease need not be waited for.
    """

    def __init__(
        self,
        owner: str,
        tell: Tell = _tell_nobody,
        *,
        is_busy: Callable[[], bool] = lambda: False,
        is_dead: IsDead = lambda owner: False,
    ) -> None:
        self._owner, self._tell, self._is_busy, self._is_dead = owner, tell, is_busy, is_dead
        self._storage = StorageThread("indexing", gives_way=True)
        self._wake = asyncio.Event()
        self._is_leading = self._was_cut = False

    def wake(self) -> None:
        """There is work. From the indexer's loop only."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(self._keep_lease(), self._work())

    async def _work(self) -> None:
        worked_s = -GATHER_S
        while True:
            began_s = clock.monotonic_s()
            try:
                if self._was_cut and self._is_leading:  # in the middle of a document, perhaps
                    await self._storage.run(rows.requeue)
                    self._was_cut = False
                # What this process buried only it knows of, whoever leads.
                has_worked = await (self.work_once() if self._is_leading else self._remove_buried())
                worked_s = clock.monotonic_s() if has_worked else worked_s
                pause_s = self._pause_s(worked_s - began_s) if has_worked else IDLE_S
            except (StoreDown, embeddings.NoEngine, AppError, DatabaseError, OSError, ValueError) as error:
                logger.warning("indexing waits: %s", getattr(error, "code", type(error).__name__))
                pause_s, self._was_cut = BACKOFF_S, True
            except Exception:
                logger.exception("indexing failed; it goes on")
                pause_s, self._was_cut = BACKOFF_S, True
            self._wake.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await (asyncio.Event() if pause_s != IDLE_S else self._wake).wait()
            except TimeoutError:
                continue
            await asyncio.sleep(max(0.0, worked_s + GATHER_S - clock.monotonic_s()))

    def _pause_s(self, took_s: float) -> float:
        """After a piece of work."""
        least_s, most_s = BUSY_PAUSES_S
        return min(most_s, max(least_s, took_s * BUSY_SHARE)) if self._is_busy() else PAUSE_S

    async def _keep_lease(self) -> None:
        """Beside the work: a file may be read for longer than the lease."""
        while True:
            was_leading = self._is_leading
            try:
                self._is_leading = await self._storage.run(
                    rows.take_lease, self._owner, clock.now(), LEASE, self._is_dead
                )
                if self._is_leading and not was_leading:
                    await self._storage.run(rows.requeue)
                    self.wake()
            except (AppError, DatabaseError):
                self._is_leading = False
            except Exception:
                logger.exception("the indexer's lease failed; it goes on")
                self._is_leading = False
            await asyncio.sleep(LEASE.total_seconds() / 3 if self._is_leading else IDLE_S)

    async def close(self) -> None:
        """Whoever comes next may lead at once. Not while `run` does."""
        self._is_leading = False
        # Always: `run` may have been cancelled before it heard that the lease was taken.
        with contextlib.suppress(AppError, DatabaseError):  # then it runs out
            await self._storage.run(rows.give_up_lease, self._owner)
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
        for start in range(0, len(outcome.chunks), CHUNKS_AT_ONCE):
            began_s = clock.monotonic_s()
            part = outcome.chunks[start : start + CHUNKS_AT_ONCE]
            if not await self._storage.run(rows.store_chunks, document.pk, start, part):
                return True  # deleted meanwhile
            await asyncio.sleep(self._pause_s(clock.monotonic_s() - began_s))
        read = await self._storage.run(rows.store_outcome, document.pk, outcome)
        if read is not None:
            await self._tell(read)
        return True

    # --- vectors ---------------------------------------------------------------------------------------------------------

    async def _embed_new(self) -> bool:
        index = await self._storage.run(indexes.active_index)
        batch = await self._storage.run(rows.without_index, self._n_at_once(index))
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
        batch = await self._storage.run(rows.not_in, index.pk, self._n_at_once(index))
        if batch:
            await self._add(index, batch)
            return True
        for old in await self._storage.run(indexes.complete, index):
            await get_store().drop(old)
        return True

    def _n_at_once(self, index: EmbeddingIndex) -> int:
        return MODEL_BATCH if index.model != embeddings.HASH and self._is_busy() else BATCH

    async def _add(self, index: EmbeddingIndex, batch: list[rows.Waiting]) -> None:
        embedded = await embeddings.embed([each.text for each in batch], index.model)
        try:
            fits = await self._storage.run(indexes.fix_dimension, index, int(embedded.vectors.shape[1]))
        except EmbeddingIndex.DoesNotExist:  # given up meanwhile
            return
        if not fits:
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
