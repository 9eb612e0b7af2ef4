"""What the indexer reads and writes. Synchronous, for its database thread; every write is short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from backend.lib import clock
from backend.memory.extraction import Chunk, Outcome
from backend.memory.models import Document, EmbeddingIndex, Entry, Indexing
from backend.memory.writing import add_chunks, forget_chunks

Status = Document.Status


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry to be embedded. `text` is what its vector is made of."""

    id: int
    owner: int | None
    kind: str
    document: int | None
    text: str


def take_lease(owner: str, now: datetime, lease: timedelta, is_dead: Callable[[str], bool]) -> bool:
    """Whether this process may index: it did already, or nobody does, or who did `is_dead`."""
    row, _ = Indexing.objects.get_or_create(pk=Indexing.THE_ONLY)
    free = Q(owner=owner) | Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=now)
    if row.owner != owner and row.owner and is_dead(row.owner):
        free |= Q(owner=row.owner)
    return bool(Indexing.objects.filter(free, pk=Indexing.THE_ONLY).update(owner=owner, lease_expires_at=now + lease))


def give_up_lease(owner: str) -> None:
    Indexing.objects.filter(pk=Indexing.THE_ONLY, owner=owner).update(lease_expires_at=None)


def requeue() -> int:
    """Documents whose reading was cut, by a process's death or the database's, are read again: after those that wait."""
    return Document.objects.filter(status=Status.EXTRACTING).update(status=Status.QUEUED, updated_at=clock.now())


def next_document() -> Document | None:
    document = Document.objects.filter(status=Status.QUEUED).order_by("updated_at", "id").first()
    if document is None or not Document.objects.filter(pk=document.pk, status=Status.QUEUED).update(
        status=Status.EXTRACTING
    ):
        return None
    document.status = Status.EXTRACTING
    return document


def store_chunks(document_id: int, start: int, chunks: Sequence[Chunk]) -> bool:
    """Of a document that is being read, those from the `start`th on; with the first, what it had goes. False: it was deleted."""
    document = Document.objects.filter(pk=document_id, status=Status.EXTRACTING).first()
    if document is None:
        return False
    if start == 0:
        forget_chunks(document)
    add_chunks(document, start, chunks)
    return True


def store_outcome(document_id: int, outcome: Outcome) -> Document | None:
    """All its chunks are stored, or why there are none. None: it was deleted meanwhile, or is to be read anew."""
    is_stored = Document.objects.filter(pk=document_id, status=Status.EXTRACTING).update(
        status=Status.FAILED if outcome.error_code else Status.INDEXING,
        error_code=outcome.error_code,
        n_pages=outcome.n_pages,
        n_chunks=len(outcome.chunks),
        n_chars=sum(len(text) for text, _, _ in outcome.chunks),
        updated_at=clock.now(),
    )
    return Document.objects.filter(pk=document_id).first() if is_stored else None


def without_index(limit: int) -> list[Waiting]:
    """Entries that have no vector: memories first, they are wanted soonest."""
    waiting = Entry.objects.filter(index__isnull=True)
    found = _waiting(waiting.exclude(kind=Entry.Kind.CHUNK), limit)
    return found or _waiting(waiting, limit)


def not_in(index_id: int, limit: int) -> list[Waiting]:
    return _waiting(Entry.objects.exclude(index_id=index_id), limit)


def _waiting(entries: QuerySet[Entry], limit: int) -> list[Waiting]:
    return [
        Waiting(entry.pk, entry.user_id, entry.kind, entry.document_id, embedded_text(entry))
        for entry in entries.order_by("id")[:limit]
    ]


def embedded_text(entry: Entry) -> str:
    """What a vector is made of: a chunk speaks with the heading it stands under. A title would make all chunks alike
    (measured: docs/retrieval.md); the words' index has it."""
    return "\n".join(part for part in (entry.heading, entry.text) if part)


def mark(batch: Sequence[Waiting], index_id: int) -> None:
    """What has another text or owner by now waits on, for a vector of that."""
    with transaction.atomic():
        rows = Entry.objects.select_for_update().only("text", "heading", "user_id")
        found = {entry.pk: (entry.user_id, embedded_text(entry)) for entry in rows.filter(pk__in=[e.id for e in batch])}
        same = [each.id for each in batch if found.get(each.id) == (each.owner, each.text)]
        Entry.objects.filter(pk__in=same).update(index_id=index_id)


def completed_documents() -> list[Document]:
    """Documents whose chunks all have their vectors now: they are ready."""
    with transaction.atomic():
        waiting = Entry.objects.filter(document__isnull=False, index__isnull=True).values("document_id")
        done = list(Document.objects.filter(status=Status.INDEXING).exclude(pk__in=waiting))
        still = Document.objects.filter(pk__in=[each.pk for each in done], status=Status.INDEXING)
        still.update(status=Status.READY)
    for each in done:
        each.status = Status.READY
    return done


def index_ids() -> list[int]:
    return list(EmbeddingIndex.objects.values_list("id", flat=True))
