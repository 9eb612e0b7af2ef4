"""Which of the candidates are put before the model, and in which order. Reads nothing but counts of terms (words.Rarity).

Words and vectors are fused by reciprocal rank and relevance; what is near the question in neither way is left out, what
repeats another is left out, what is newer stands a little higher among memories. Weights are measured: docs/retrieval.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.lib import clock
from backend.memory.models import Entry
from backend.memory.terms import asking_terms, terms
from backend.memory.words import Rarity

MAX_MEMORIES = 6
MAX_PASSAGES = 6
RRF = 10.0
WORD_WEIGHT, VECTOR_WEIGHT, RELEVANCE_WEIGHT = 1.0, 0.35, 1.0
COVERAGE_SHARE = 0.6  # of the relevance; the rest is the cosine
MEMORY_RELEVANCE = 0.34
PASSAGE_RELEVANCE = 0.1
REPEATED = 0.8  # share of terms in common
UNKNOWN_PAIR = 0.25  # of a pair's weight, when no entry has it: mostly a particle's
RECENT_S = 30 * 24 * 3600.0
RECENT_WEIGHT = 0.1

Hits = list[tuple[int, float]]  # ids of entries with their cosine, nearest first


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


@dataclass(slots=True)
class Candidate:
    entry: Entry
    terms: frozenset[str]
    rank_score: float = 0.0
    cosine: float = 0.0
    coverage: float = 0.0
    relevance: float = 0.0


def fused(text: str, entries: Mapping[int, Entry], words: Sequence[int], near: Hits, rarity: Rarity) -> list[Candidate]:
    """`words` and `near` name what was found, best first; what has no row in `entries` is passed over."""
    candidates = {id: Candidate(entry, frozenset(entry.terms.split())) for id, entry in entries.items()}
    for weight, ranked in ((WORD_WEIGHT, words), (VECTOR_WEIGHT, [id for id, _ in near])):
        for rank, id in enumerate(ranked):
            if id in candidates:
                candidates[id].rank_score += weight / (RRF + rank)
    for id, cosine in near:
        if id in candidates:
            candidates[id].cosine = cosine
    _judge(text, candidates.values(), rarity)
    return list(candidates.values())


def _judge(text: str, candidates: Iterable[Candidate], rarity: Rarity) -> None:
    """Relevance: how much of what the question says (by rarity) is in the entry, and how near the vectors are."""
    asked, asking = terms(text), asking_terms(text)
    weights = rarity.of(asked | {term for term in asking if rarity.is_known(term)})
    for term in weights:
        if not term.isascii() and not rarity.is_known(term):
            weights[term] *= UNKNOWN_PAIR
    whole = sum(weights.values()) or 1.0
    for each in candidates:
        each.coverage = sum(weight for term, weight in weights.items() if term in each.terms) / whole
        each.relevance = COVERAGE_SHARE * each.coverage + (1 - COVERAGE_SHARE) * max(0.0, each.cosine)
        each.rank_score += RELEVANCE_WEIGHT * each.relevance / RRF


def chosen(candidates: list[Candidate], *, is_memory: bool) -> list[Recalled]:
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
    kept: list[Candidate] = []
    for each in ranked:
        if len(kept) == n:
            break
        if not any(_overlap(each.terms, other.terms) > REPEATED for other in kept):
            kept.append(each)
    return [recalled(each.entry, each.relevance) for each in kept]


def _recency(now: datetime, at: datetime) -> float:
    age_s = max(0.0, (now - at).total_seconds())
    return 1.0 + RECENT_WEIGHT * RECENT_S / (RECENT_S + age_s)


def _overlap(some: Collection[str], others: Collection[str]) -> float:
    return len(set(some) & set(others)) / max(1, min(len(some), len(others)))


def recalled(entry: Entry, score: float) -> Recalled:
    document = entry.document
    return Recalled(
        id=entry.pk,
        kind=entry.kind,
        score=round(min(1.0, score), 3),
        text=entry.text.strip(),
        document=document.pk if document else None,
        title=document.title if document else "",
        page=entry.page,
    )
