"""Finds entries by words: BM25 of FTS5 on SQLite, rarity-weighted overlap on Postgres. Synchronous, for a database thread.

`Scope` is the only way to say where to look, and names an owner always. The rarest terms of a question are asked for; its
common ones would make the index read every row and tell nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate

from django.db import connection

MAX_TERMS = 14  # of a question, the rarest
MAX_POSTINGS = 20_000  # entries that have one of them: what the index reads; a question has 150 ms
COMMON_SHARE = 0.2  # a term in more of the entries than this is not asked for
_KEPT_S = 300.0
_MAX_KEPT = 20_000

HOUSE = 0  # stands for no owner: what belongs to the house


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look. `owners`: user ids, HOUSE among them; `documents` empty means all of the owners' entries."""

    owners: tuple[int, ...]
    kinds: tuple[str, ...]
    documents: tuple[int, ...] = ()

    @property
    def marks(self) -> list[list[str]]:
        """Each of these lists must be met by one of its marks. HAZARD: letters and digits only, they stand in a query."""
        groups = [[owner_mark(owner) for owner in self.owners], [f"§k{kind}" for kind in self.kinds]]
        if self.documents:
            groups.append([f"§d{document:d}" for document in self.documents])
        return groups


def owner_mark(user_id: int | None) -> str:
    return f"§u{user_id or HOUSE:d}"


def marks(user_id: int | None, kind: str, document_id: int | None = None) -> str:
    """The `marks` column of an entry."""
    parts = [owner_mark(user_id), f"§k{kind}"]
    if document_id is not None:
        parts.append(f"§d{document_id:d}")
    return " ".join(parts)


class Rarity:
    """How much a term tells: log(1 + entries / entries that have it). Counts are kept for some minutes, in one thread."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._total = (0, -_KEPT_S)

    def of(self, terms: Collection[str]) -> dict[str, float]:
        total = max(1, self._n_entries())
        return {term: math.log1p(total / max(0.5, self._count(term))) for term in terms}

    def is_common(self, term: str) -> bool:
        return self._count(term) > max(50, COMMON_SHARE * self._n_entries())

    def is_known(self, term: str) -> bool:
        return self._count(term) > 0

    def within(self, terms: Sequence[str], most: int) -> list[str]:
        """The first of `terms`, as long as not more than `most` entries have them; three at least."""
        reached = accumulate(self._count(term) for term in terms)
        return [
            term for n, (term, n_entries) in enumerate(zip(terms, reached, strict=True)) if n < 3 or n_entries <= most
        ]

    def _n_entries(self) -> int:
        n, at_s = self._total
        if time.monotonic() - at_s > _KEPT_S / 10:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM memory_entry")
                n = cursor.fetchone()[0]
            self._total = (n, time.monotonic())
        return n

    def _count(self, term: str) -> int:
        known = self._counts.get(term)
        # Few hits are counted anew: a word that was just told must not be unknown for minutes.
        if known and time.monotonic() - known[1] < (_KEPT_S if known[0] > 20 else 0.5):
            return known[0]
        if len(self._counts) > _MAX_KEPT:
            self._counts.clear()
        n = _count(term)
        self._counts[term] = (n, time.monotonic())
        return n


def find(scope: Scope, terms: Collection[str], rarity: Rarity, limit: int = 40) -> list[int]:
    """Ids of the scope's entries that have some of `terms`, best first."""
    weights = rarity.of(terms)
    known = sorted((term for term in terms if rarity.is_known(term)), key=lambda term: (-weights[term], term))
    rare = [term for term in known if not rarity.is_common(term)] or known[:3]
    if not rare or not scope.owners:
        return []
    chosen = {term: weights[term] for term in rarity.within(rare[:MAX_TERMS], MAX_POSTINGS)}
    return _sqlite(scope, chosen, limit) if connection.vendor == "sqlite" else _postgres(scope, chosen, limit)


def _sqlite(scope: Scope, weights: dict[str, float], limit: int) -> list[int]:
    groups = [*scope.marks, list(weights)]
    query = " AND ".join("(" + " OR ".join(f'"{term}"' for term in group) + ")" for group in groups)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rowid FROM memory_words WHERE memory_words MATCH %s ORDER BY bm25(memory_words, 0.0, 1.0) LIMIT %s",
            [query, limit],
        )
        return [row[0] for row in cursor.fetchall()]


_VECTOR = "array_to_tsvector(string_to_array(trim(marks || ' ' || terms), ' '))"  # as the index has it (migration 0003)


def _postgres(scope: Scope, weights: dict[str, float], limit: int) -> list[int]:
    groups: Sequence[Sequence[str]] = [*scope.marks, list(weights)]
    query = " & ".join("(" + " | ".join(f"'{term}'" for term in group) + ")" for group in groups)
    overlap = " + ".join([f"CASE WHEN {_VECTOR} @@ %s::tsquery THEN %s ELSE 0 END"] * len(weights))
    score = f"({overlap}) / (1 + length(terms) / 4000.0)"
    params = [part for term, weight in weights.items() for part in (f"'{term}'", weight)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM memory_entry WHERE {_VECTOR} @@ %s::tsquery ORDER BY {score} DESC, id LIMIT %s",  # noqa: S608  # rule sql: {score} has constants and %s only
            [query, *params, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _count(term: str) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT doc FROM memory_vocabulary WHERE term = %s", [term])
        else:
            cursor.execute(f"SELECT count(*) FROM memory_entry WHERE {_VECTOR} @@ %s::tsquery", [f"'{term}'"])  # noqa: S608
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def purge() -> None:
    """Leave no deleted term in the file: FTS5 keeps them until its parts are merged."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO memory_words(memory_words) VALUES ('optimize')")
