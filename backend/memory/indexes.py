"""Which set of vectors is asked, and which one is being built. Synchronous, for a database thread.

There is always exactly one active index, of the default embedding until an administrator chooses a model. Another one may
be building: it is filled entry by entry, and when none is left it becomes the active one and the old one goes.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from backend.lib.prepared import Prepared
from backend.memory.embeddings import DIMENSION, HASH
from backend.memory.models import EmbeddingIndex, Entry

State = EmbeddingIndex.State
_ACTIVE = Prepared(lambda: EmbeddingIndex.objects.filter(state=State.ACTIVE))


def active_index() -> EmbeddingIndex:
    found = _ACTIVE.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return EmbeddingIndex.objects.create(model=HASH, dimension=DIMENSION, state=State.ACTIVE)
    except IntegrityError:  # another process was first
        return EmbeddingIndex.objects.get(state=State.ACTIVE)


def building_index() -> EmbeddingIndex | None:
    return EmbeddingIndex.objects.filter(state=State.BUILDING).first()


def begin(model: str) -> EmbeddingIndex | None:
    """Let an index by `model` be built. None: the active one is by this model. One that was building is given up."""
    with transaction.atomic():
        EmbeddingIndex.objects.filter(state=State.BUILDING).delete()
        if active_index().model == model:
            return None
        return EmbeddingIndex.objects.create(
            model=model, dimension=DIMENSION if model == HASH else None, state=State.BUILDING
        )


def give_up() -> list[int]:
    """Stop building; the active index stays, and entries that had moved on are embedded for it anew.

    Returns the ids of indexes that are no longer needed.
    """
    with transaction.atomic():
        building = list(EmbeddingIndex.objects.filter(state=State.BUILDING).values_list("id", flat=True))
        EmbeddingIndex.objects.filter(pk__in=building).delete()
        return building


def fix_dimension(index: EmbeddingIndex, dimension: int) -> bool:
    """Record the first vector's width. False: the index is of another one. Raises DoesNotExist for one that is given up."""
    if EmbeddingIndex.objects.filter(pk=index.pk, dimension__isnull=True).update(dimension=dimension):
        index.dimension = dimension
        return True
    index.refresh_from_db()
    return index.dimension == dimension


def complete(index: EmbeddingIndex) -> list[int]:
    """The built index takes over, if nothing waits for it. Returns the ids of indexes that are no longer needed."""
    with transaction.atomic():
        if Entry.objects.exclude(index=index).exists():
            return []
        old = list(EmbeddingIndex.objects.filter(state=State.ACTIVE).values_list("id", flat=True))
        EmbeddingIndex.objects.filter(pk__in=old).delete()
        EmbeddingIndex.objects.filter(pk=index.pk).update(state=State.ACTIVE)
        return old


def progress(index: EmbeddingIndex) -> tuple[int, int]:
    """(entries in it, entries there are)."""
    n_all = Entry.objects.count()
    n_in = Entry.objects.filter(index=index).count()
    return n_in, n_all
