"""The entries that may be recalled for a question: where is looked, and which rows of what was found are the user's to hear.

Synchronous, for the recall's database thread. Reads only, but for vectors without a row, which it has buried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from backend.lib.ids import MAX_ID
from backend.lib.prepared import Prepared
from backend.memory import documents
from backend.memory.models import Entry
from backend.memory.store import get_store
from backend.memory.terms import terms
from backend.memory.words import HOUSE, Rarity, Scope, find

_REMEMBERED = (Entry.Kind.FACT, Entry.Kind.TURN)

_ANY = Prepared(lambda user_id: Entry.objects.filter(user_id=user_id).order_by().values_list("pk")[:1], int)
_N_VECTORS = Prepared(
    lambda user_id: (
        Entry.objects.filter(user_id=user_id, kind__in=_REMEMBERED, index__isnull=False)
        .order_by()
        .values("user_id")
        .annotate(n=Count("pk"))
        .values_list("n")
    ),
    int,
)


@dataclass(frozen=True, slots=True)
class Question:
    """`documents`: those at hand, of the user's own or the house's; others are passed over. `message_id`: where it was asked;
    the facts that stand in it are no news."""

    user_id: int
    text: str
    session_id: int | None = None
    message_id: int | None = None
    wants_memories: bool = True
    documents: tuple[int, ...] = ()
    excluded: frozenset[int] = frozenset()


def plan(question: Question) -> list[tuple[Scope, int]]:
    """Where to look, and how many vectors the owners have there. Of the documents only the user's own and the house's stay."""
    found: list[tuple[Scope, int]] = []
    if question.wants_memories and _ANY.tuples(question.user_id):
        n = sum(n for (n,) in _N_VECTORS.tuples(question.user_id))
        found.append((Scope((question.user_id,), _REMEMBERED), n))
    if question.documents:
        readable = list(
            documents.visible(question.user_id)
            .filter(pk__in=question.documents)
            .values_list("id", "user_id", "n_chunks")
        )
        if readable:
            owners = tuple(sorted({owner or HOUSE for _, owner, _ in readable}))
            ids = tuple(id for id, _, _ in readable)
            found.append((Scope(owners, (Entry.Kind.CHUNK,), ids), sum(n for _, _, n in readable)))
    return found


def rows(scope: Scope, question: Question, ids: Collection[int]) -> dict[int, Entry]:
    """HAZARD: the owner once more, and in SQL: an index may hold what is no longer so."""
    if scope.kinds == _REMEMBERED and _is_common(question, ids):
        known = list(ids)
        asked = known + known[:1] * (_N_IDS - len(known))  # the same one again makes no difference
        return {
            each.pk: each for each in _HEARD.all(question.user_id, question.session_id, question.message_id, *asked)
        }
    return _rows(scope, question, ids).in_bulk()


def _is_common(question: Question, ids: Collection[int]) -> bool:
    """A question in a conversation, as nearly all are."""
    is_placed = question.session_id is not None and question.message_id is not None
    return is_placed and not question.excluded and 0 < len(ids) <= _N_IDS


def _rows(scope: Scope, question: Question, ids: Collection[int]) -> QuerySet[Entry]:
    found = (
        Entry.objects.filter(pk__in=ids, kind__in=scope.kinds)
        .select_related("document")
        .exclude(pk__in=question.excluded)
    )
    if Entry.Kind.CHUNK in scope.kinds:
        found = found.filter(document_id__in=scope.documents)
    else:
        found = found.filter(Q(session=None) | Q(session__deleted_at=None, session__is_temporary=False))
        found = found.filter(user_id=question.user_id, replaced_by=None)
        if question.session_id is not None:
            found = found.exclude(kind=Entry.Kind.TURN, session_id=question.session_id)
        if question.message_id is not None:
            found = found.exclude(kind=Entry.Kind.FACT, message_id=question.message_id)
    return found


_N_IDS = 80  # candidates by words and by vectors
_HEARD = Prepared(
    lambda user_id, session_id, message_id, *ids: _rows(
        Scope((user_id,), _REMEMBERED), Question(user_id, "", session_id, message_id), ids
    ),
    *[int] * (3 + _N_IDS),
)


def facts_near(user_id: int, text: str, n: int) -> list[tuple[int, str]]:
    """At most `n` facts of a user, as (id, text): those that share words with `text`, then the newest."""
    facts = Entry.objects.filter(user_id=user_id, kind=Entry.Kind.FACT, replaced_by=None)
    near = find(Scope((user_id,), (Entry.Kind.FACT,)), terms(text), Rarity(), n // 2)
    found = facts.in_bulk(near)
    newest = facts.order_by("-id")[:n]
    rows = {**{id: found[id].text for id in near if id in found}, **{each.pk: each.text for each in newest}}
    return list(rows.items())[:n]


def bury_dead(ids: Collection[int]) -> None:
    """Vectors whose rows went by cascade would fill the places of living ones."""
    if ids and (dead := set(ids) - set(Entry.objects.filter(pk__in=ids).values_list("id", flat=True))):
        get_store().bury(dead)


def sound(told: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Imports could once bring in rows of any shape."""
    return [
        row
        for row in told
        if type(row.get("id")) is int
        and 1 <= row["id"] <= MAX_ID
        and row.get("kind") in Entry.Kind.values
        and type(row.get("score")) in (int, float)
        and -1e9 <= row["score"] <= 1e9
    ]


def described(user_id: int, told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a reply's metadata names, as it is now: `text` is None for what is gone, or no longer the user's to read."""
    kept = sound(told)
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
