"""What is put before the model: memories of the user, passages of the documents at hand. Within a budget of time, or without.

Words and vectors are asked at the same time; ranks and relevance are fused, what is near the question in neither way is left out,
what repeats another is left out, what is newer stands a little higher among memories. Reads only. Owner: whoever awaits
`recall`; database work runs in a thread of its own, so that a slow question never holds up a turn's writes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q

from backend.lib import clock
from backend.lib.errors import AppError
from backend.lib.storage import StorageThread
from backend.memory import documents, embeddings
from backend.memory.indexes import active_index
from backend.memory.models import EmbeddingIndex, Entry
from backend.memory.store import StoreDown, get_store
from backend.memory.terms import asking_terms, terms
from backend.memory.words import HOUSE, Rarity, Scope, find

logger = logging.getLogger(__name__)

BUDGET_S = 0.150
VECTORS_S = 0.110  # of the budget; the rest reads the rows
MAX_QUESTION_CHARS = 2_000
CANDIDATES = 40
MAX_MEMORIES = 6
MAX_PASSAGES = 6

# Fusion and thresholds are measured: docs/retrieval.md.
RRF = 10.0
WORD_WEIGHT, VECTOR_WEIGHT, RELEVANCE_WEIGHT = 1.0, 0.35, 1.0
COVERAGE_SHARE = 0.6  # of the relevance; the rest is the cosine
MEMORY_RELEVANCE = 0.34
PASSAGE_RELEVANCE = 0.1
REPEATED = 0.8  # share of terms in common
_REMEMBERED = (Entry.Kind.FACT, Entry.Kind.TURN)
UNKNOWN_PAIR = 0.25  # of a pair's weight, when no entry has it: mostly a particle's
RECENT_S = 30 * 24 * 3600.0
RECENT_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class Question:
    """`documents`: those at hand, of the user's own or the house's; others are passed over."""

    user_id: int
    text: str
    session_id: int | None = None
    wants_memories: bool = True
    documents: tuple[int, ...] = ()
    excluded: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Recalled:
    """One entry, and how near it is to the question (0 … 1)."""

    id: int
    kind: str
    score: float
    text: str
    document: int | None = None
    title: str = ""
    page: int | None = None


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


@dataclass(slots=True)
class _Candidate:
    entry: Entry
    terms: frozenset[str]
    rank_score: float = 0.0
    cosine: float = 0.0
    coverage: float = 0.0
    relevance: float = field(default=0.0)


Hits = list[tuple[int, float]]


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

    async def recall(self, question: Question, budget_s: float = BUDGET_S) -> Recall:
        """Never raises for a store that is away or slow: then there is less, or nothing, and `is_late` says so."""
        if not question.text.strip() or not (question.wants_memories or question.documents):
            return Recall()
        work = asyncio.ensure_future(self._recall(question, budget_s))
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
        left_s = max(0.0, budget_s * VECTORS_S / BUDGET_S - (clock.monotonic_s() - began_s))
        vectors = await asyncio.gather(*(self._in_time(left_s, self._nearest(text, index, each)) for each in looked))
        found = await self._storage.run(self._fuse_all, text, question, looked, vectors)
        is_late = any(each is None for each in vectors)
        memories = tuple(hit for hit in found if hit.kind != Entry.Kind.CHUNK)
        return Recall(memories, tuple(hit for hit in found if hit.kind == Entry.Kind.CHUNK), is_late)

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
            _Looked(scope, n, find(scope, asked, self._rarity, CANDIDATES)) for scope, n in _plan(question)
        ]

    def _fuse_all(
        self, text: str, question: Question, looked: Sequence[_Looked], vectors: Sequence[Hits | None]
    ) -> list[Recalled]:
        hits: list[Recalled] = []
        for each, near in zip(looked, vectors, strict=True):
            hits += self._fused(text, each.scope, question, each.words, near or [])
        return hits

    def _fused(
        self, text: str, scope: Scope, question: Question, words: Sequence[int], vectors: Sequence[tuple[int, float]]
    ) -> list[Recalled]:
        candidates = _rows(scope, question, {*words, *(id for id, _ in vectors)})
        _bury_dead({id for id, _ in vectors} - candidates.keys())
        for weight, ranked in ((WORD_WEIGHT, words), (VECTOR_WEIGHT, [id for id, _ in vectors])):
            for rank, id in enumerate(ranked):
                if id in candidates:
                    candidates[id].rank_score += weight / (RRF + rank)
        for id, cosine in vectors:
            if id in candidates:
                candidates[id].cosine = cosine
        self._judge(text, candidates.values())
        return chosen(list(candidates.values()), is_memory=Entry.Kind.CHUNK not in scope.kinds)

    def _judge(self, text: str, candidates: Iterable[_Candidate]) -> None:
        """Relevance: how much of what the question says (by rarity) is in the entry, and how near the vectors are."""
        asked, asking = terms(text), asking_terms(text)
        weights = self._rarity.of(asked | {term for term in asking if self._rarity.is_known(term)})
        for term in weights:
            if not term.isascii() and not self._rarity.is_known(term):
                weights[term] *= UNKNOWN_PAIR
        whole = sum(weights.values()) or 1.0
        for each in candidates:
            each.coverage = sum(weight for term, weight in weights.items() if term in each.terms) / whole
            each.relevance = COVERAGE_SHARE * each.coverage + (1 - COVERAGE_SHARE) * max(0.0, each.cosine)
            each.rank_score += RELEVANCE_WEIGHT * each.relevance / RRF


def chosen(candidates: list[_Candidate], *, is_memory: bool) -> list[Recalled]:
    """Those near enough, best first, none that repeats a better one."""
    least, n = (MEMORY_RELEVANCE, MAX_MEMORIES) if is_memory else (PASSAGE_RELEVANCE, MAX_PASSAGES)
    now = clock.now()
    ranked = sorted(
        (each for each in candidates if each.relevance >= least),
        key=lambda each: (
            -each.rank_score * (_recency(now, each.entry.created_at) if is_memory else 1.0),
            each.entry.pk,
        ),
    )
    kept: list[_Candidate] = []
    for each in ranked:
        if len(kept) == n:
            break
        if not any(_overlap(each.terms, other.terms) > REPEATED for other in kept):
            kept.append(each)
    return [_recalled(each) for each in kept]


def _recency(now: datetime, at: datetime) -> float:
    age_s = max(0.0, (now - at).total_seconds())
    return 1.0 + RECENT_WEIGHT * RECENT_S / (RECENT_S + age_s)


def _overlap(some: Collection[str], others: Collection[str]) -> float:
    return len(set(some) & set(others)) / max(1, min(len(some), len(others)))


def _recalled(each: _Candidate) -> Recalled:
    document = each.entry.document
    return Recalled(
        id=each.entry.pk,
        kind=each.entry.kind,
        score=round(min(1.0, each.relevance), 3),
        text=each.entry.text.strip(),
        document=document.pk if document else None,
        title=document.title if document else "",
        page=each.entry.page,
    )


def _plan(question: Question) -> list[tuple[Scope, int]]:
    """Where to look, and how many vectors the owners have there. Of the documents only the user's own and the house's stay."""
    plan: list[tuple[Scope, int]] = []
    if question.wants_memories:
        mine = Entry.objects.filter(user_id=question.user_id)
        if mine.exists():
            n = mine.filter(kind__in=_REMEMBERED, index__isnull=False).count()
            plan.append((Scope((question.user_id,), _REMEMBERED), n))
    if question.documents:
        readable = list(
            documents.visible(question.user_id)
            .filter(pk__in=question.documents)
            .values_list("id", "user_id", "n_chunks")
        )
        if readable:
            owners = tuple(sorted({owner or HOUSE for _, owner, _ in readable}))
            ids = tuple(id for id, _, _ in readable)
            plan.append((Scope(owners, (Entry.Kind.CHUNK,), ids), sum(n for _, _, n in readable)))
    return plan


def _rows(scope: Scope, question: Question, ids: Collection[int]) -> dict[int, _Candidate]:
    """HAZARD: the owner once more, and in SQL: an index may hold what is no longer so."""
    rows = (
        Entry.objects.filter(pk__in=ids, kind__in=scope.kinds)
        .select_related("document")
        .exclude(pk__in=question.excluded)
    )
    if Entry.Kind.CHUNK in scope.kinds:
        rows = rows.filter(document_id__in=scope.documents)
    else:
        rows = rows.filter(Q(session=None) | Q(session__deleted_at=None, session__is_temporary=False))
        rows = rows.filter(user_id=question.user_id)
        if question.session_id is not None:
            rows = rows.exclude(kind=Entry.Kind.TURN, session_id=question.session_id)
    return {entry.pk: _Candidate(entry, frozenset(entry.terms.split())) for entry in rows}


def _bury_dead(ids: Collection[int]) -> None:
    """Vectors whose rows went by cascade would fill the places of living ones."""
    if ids and (dead := set(ids) - set(Entry.objects.filter(pk__in=ids).values_list("id", flat=True))):
        get_store().bury(dead)


def described(user_id: int, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a reply's metadata names, as it is now: `text` is None for what is gone, or no longer the user's to read."""
    kept = list(rows)
    mine = Q(user_id=user_id) | Q(user__isnull=True)
    entries = Entry.objects.filter(mine, pk__in=[row["id"] for row in kept]).select_related("document").in_bulk()
    described = []
    for row in kept:
        entry = entries.get(row["id"])
        document = entry.document if entry else None
        described.append(
            {
                "id": row["id"],
                "kind": row["kind"],
                "score": float(row["score"]),
                "text": entry.text.strip() if entry else None,
                "document": document.pk if document else None,
                "title": document.title if document else "",
                "page": entry.page if entry else None,
            }
        )
    return described


@lru_cache(maxsize=1)
def get_recaller() -> Recaller:
    """The one of this process."""
    return Recaller()
