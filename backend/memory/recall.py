"""What is put before the model: memories of the user, passages of the documents at hand. Within a budget of time, or without.

Words and vectors are asked at the same time, what they give is fused (ranking.py). Reads only. Owner: whoever awaits
`recall`; database work runs in a thread of its own, so that a slow question never holds up a turn's writes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.lib import clock
from backend.lib.errors import AppError
from backend.lib.storage import StorageThread
from backend.memory import embeddings, recall_rows
from backend.memory.indexes import active_index
from backend.memory.models import EmbeddingIndex, Entry
from backend.memory.ranking import Hits, Recalled, chosen, fused, recalled
from backend.memory.recall_rows import Question
from backend.memory.store import StoreDown, get_store
from backend.memory.terms import asking_terms, terms
from backend.memory.words import Rarity, Scope, find

__all__ = ["Question", "Recall", "Recalled", "Recaller", "Told", "get_recaller"]
logger = logging.getLogger(__name__)

BUDGET_S = 0.150
VECTORS_S = 0.110  # of the budget; the rest reads the rows
MAX_QUESTION_CHARS = 2_000
CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class Recall:
    """`is_late`: the budget ran out, so that something, or everything, is missing."""

    memories: tuple[Recalled, ...] = ()
    passages: tuple[Recalled, ...] = ()
    is_late: bool = False

    @property
    def rows(self) -> list[dict[str, object]]:
        """For the reply's metadata."""
        return [{"id": each.id, "kind": each.kind, "score": each.score} for each in (*self.memories, *self.passages)]


@dataclass(frozen=True, slots=True)
class Told:
    """What a reply's metadata names (`Recall.rows`), to be recalled once more."""

    rows: tuple[Mapping[str, Any], ...]
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class _Looked:
    """One place that was looked at: what its words gave, and how many vectors its owners have."""

    scope: Scope
    n_vectors: int
    words: list[int]


class Recaller:
    """Has the thread and the counts of terms. One per process: `get_recaller()`."""

    def __init__(self) -> None:
        self._storage = StorageThread("recall")
        self._rarity = Rarity()
        self._late_tasks: set[asyncio.Task[Any]] = set()

    async def recall(self, question: Question, budget_s: float = BUDGET_S, told: Told | None = None) -> Recall:
        """Never raises for a store that is away or slow: then there is less, or nothing, and `is_late` says so.

        `told`: nothing is looked for; the same entries are read again, those that are still there and may be.
        """
        if not question.text.strip() or not (question.wants_memories or question.documents):
            return Recall()
        work = asyncio.ensure_future(
            self._recall(question, budget_s) if told is None else self._storage.run(self._read, question, told)
        )
        done, _ = await asyncio.wait([work], timeout=budget_s)
        if not done:
            # A database thread cannot be interrupted; what it brings is thrown away.
            self._late_tasks.add(work)
            work.add_done_callback(self._forget)
            return Recall(is_late=True)
        try:
            return work.result()
        except AppError as error:
            logger.warning("recalled nothing: %s", error.code)
            return Recall(is_late=True)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._late_tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("a late recall failed: %s", type(error).__name__)

    async def _recall(self, question: Question, budget_s: float) -> Recall:
        """Two visits to the database, and the vectors between them for as long as the budget lets."""
        began_s = clock.monotonic_s()
        text = question.text[:MAX_QUESTION_CHARS]
        index, looked = await self._storage.run(self._look, question, text)
        if not looked:  # nothing is remembered yet
            return Recall()
        left_s = max(0.0, budget_s * VECTORS_S / BUDGET_S - (clock.monotonic_s() - began_s))
        vectors = await asyncio.gather(*(self._in_time(left_s, self._nearest(text, index, each)) for each in looked))
        found = await self._storage.run(self._fuse_all, text, question, looked, vectors)
        is_late = any(each is None for each in vectors)
        return _parted(found, is_late=is_late)

    async def _in_time(self, left_s: float, work: Coroutine[Any, Any, Hits | None]) -> Hits | None:
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait([task], timeout=left_s)
        if done:
            return task.result()
        self._late_tasks.add(task)
        task.add_done_callback(self._forget)
        return None

    async def _nearest(self, text: str, index: EmbeddingIndex, looked: _Looked) -> Hits | None:
        """None: no vectors now."""
        if not looked.n_vectors or index.dimension is None:
            return []
        try:
            embedded = await embeddings.embed([text], index.model)
            if embedded.vectors.shape[1] != index.dimension:
                return None
            return await get_store().query(index.pk, embedded.vectors[0], looked.scope, looked.n_vectors, CANDIDATES)
        except (StoreDown, embeddings.NoEngine, AppError, ValueError) as error:
            logger.warning("no vectors: %s", type(error).__name__)
            return None

    # --- in the thread ---------------------------------------------------------------------------------------------------

    def _look(self, question: Question, text: str) -> tuple[EmbeddingIndex, list[_Looked]]:
        asked = terms(text) | asking_terms(text)
        return active_index(), [
            _Looked(scope, n, find(scope, asked, self._rarity, CANDIDATES)) for scope, n in recall_rows.plan(question)
        ]

    def _read(self, question: Question, told: Told) -> Recall:
        entries: dict[int, Entry] = {}
        kept = recall_rows.sound(told.rows)
        for scope, _ in recall_rows.plan(question):
            entries |= recall_rows.rows(scope, question, [row["id"] for row in kept])
        there = [(entries[row["id"]], float(row["score"])) for row in kept if row["id"] in entries]
        return _parted([recalled(entry, score) for entry, score in there], is_late=told.is_late)

    def _fuse_all(
        self, text: str, question: Question, looked: Sequence[_Looked], vectors: Sequence[Hits | None]
    ) -> list[Recalled]:
        hits: list[Recalled] = []
        for each, near in zip(looked, vectors, strict=True):
            hits += self._fused(text, each.scope, question, each.words, near or [])
        return hits

    def _fused(
        self, text: str, scope: Scope, question: Question, words: Sequence[int], vectors: Hits
    ) -> list[Recalled]:
        near = {id for id, _ in vectors}
        entries = recall_rows.rows(scope, question, {*words, *near})
        recall_rows.bury_dead(near - entries.keys())
        candidates = fused(text, entries, words, vectors, self._rarity)
        return chosen(candidates, is_memory=Entry.Kind.CHUNK not in scope.kinds)


def _parted(found: Sequence[Recalled], *, is_late: bool) -> Recall:
    memories = tuple(hit for hit in found if hit.kind != Entry.Kind.CHUNK)
    return Recall(memories, tuple(hit for hit in found if hit.kind == Entry.Kind.CHUNK), is_late)


@lru_cache(maxsize=1)
def get_recaller() -> Recaller:
    """The one of this process."""
    return Recaller()
