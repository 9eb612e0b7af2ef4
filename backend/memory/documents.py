"""What users do with documents. Async, scoped by user; text and vectors follow in the background (indexer.py).

A document of the house (`user` null) is read by everybody and written by staff.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePath
from typing import Any
from unicodedata import normalize

from django.db import models, transaction
from django.db.models import Q, QuerySet, Sum

from backend.house.acts import Facts, Witness, unseen
from backend.lib import clock
from backend.lib.errors import Forbidden, NotFound, StorageFull
from backend.lib.storage import in_db
from backend.memory import files, folders, indexer, words, writing
from backend.memory.errors import DocumentEmpty, DocumentsFull, DocumentUnsupported
from backend.memory.extraction import KINDS
from backend.memory.models import Document, Entry
from backend.memory.store import get_store
from backend.quotas.limits import limits_of_id
from backend.quotas.uploads import check_upload

MAX_DOCUMENTS = 500
MAX_TOTAL_MIB = 1024
MIB = 1024 * 1024
UNTAKEN_S = 24 * 3600.0
STRAY_S = 3600.0


def visible(user_id: int) -> QuerySet[Document]:
    """What a user may read: their own documents, and the house's."""
    return Document.objects.filter(Q(user_id=user_id) | Q(user__isnull=True)).select_related("collection")


def readable(user: Any, document_id: int, *, lock: bool = False) -> Document:
    """Raises NotFound."""
    found = visible(user.pk).filter(pk=document_id)
    document = (found.select_for_update(of=("self",)) if lock else found).first()
    if document is None:
        raise NotFound
    return document


def writable(user: Any, document_id: int, *, lock: bool = False) -> Document:
    """Raises NotFound, and Forbidden for a document of the house that only staff may change."""
    document = readable(user, document_id, lock=lock)
    if document.user_id is None and not user.is_staff:
        raise Forbidden
    return document


def kind_of(file_name: str) -> str:
    """By its suffix; what is inside is checked by the reader. Raises DocumentUnsupported."""
    kind = KINDS.get(PurePath(file_name).suffix.lower().removeprefix("."))
    if kind is None:
        raise DocumentUnsupported
    return kind


async def add(
    user: Any,
    *,
    file_name: str,
    content: Iterable[bytes],
    n_bytes: int,
    title: str = "",
    collection_id: int | None = None,
    is_temporary: bool = False,
    witness: Witness = unseen,
) -> Document:
    """Keep a file; it is read in the background. Raises BadInput's kind for what cannot become a document.

    `is_temporary`: for a message of a temporary chat, with which it goes (`take`), or after a day when none took it.
    """
    kind = kind_of(file_name)
    if n_bytes == 0:
        raise DocumentEmpty

    def store() -> Document:
        check_upload(user, n_bytes)
        collection = folders.writable(user, collection_id) if collection_id is not None else None
        owner = collection.user_id if collection else user.pk
        _check_room(owner, n_bytes)
        facts = {**_names(title, file_name), "kind": kind, "is_temporary": is_temporary, "n_bytes": n_bytes}
        document = Document(user_id=owner, collection=collection, stored_as=_written(content), **facts)
        with transaction.atomic():
            document.save()
            witness("document", document.pk, None, _facts(document))
        return document

    document = await in_db(store)
    indexer.wake()
    return document


def _names(title: str, file_name: str) -> dict[str, str]:
    """Composed: a Mac takes the syllables of a file's name apart, and nobody types them so."""
    path, title = PurePath(normalize("NFC", file_name)), normalize("NFC", title)
    return {"title": (title.strip() or path.stem or path.name)[:255], "file_name": path.name[:255]}


def _written(content: Iterable[bytes]) -> str:
    """The name of its file. Raises StorageFull."""
    try:
        return files.keep(content)
    except OSError as error:
        raise StorageFull(retry_after_s=60) from error


async def change(
    user: Any, document_id: int, *, title: str | None = None, witness: Witness = unseen, **folder: int | None
) -> Document:
    """`collection_id=` moves it. Between one's own folders and the house's its owner changes, and its marks with it. Its passages
    stay what they are: answers cite them."""

    def store() -> Document:
        with transaction.atomic():
            document = writable(user, document_id, lock=True)
            before = _facts(document)
            if title is not None:
                document.title = title.strip()[:255] or document.title
            owner = document.user_id
            if "collection_id" in folder:
                chosen = folder["collection_id"]
                document.collection = folders.writable(user, chosen) if chosen is not None else None
                owner = document.collection.user_id if document.collection else user.pk
            is_moved, document.user_id = owner != document.user_id, owner
            changed = ["title", "user", "collection", "updated_at"]  # the rest is the indexer's, who goes on meanwhile
            if is_read := document.status in (Document.Status.INDEXING, Document.Status.READY):
                if is_moved:
                    document.status = Document.Status.INDEXING
                    changed.append("status")
                    writing.move_chunks(document)
            elif is_moved or title is not None:
                document.status = Document.Status.QUEUED
                changed.append("status")
                _forget_chunks(document)
            document.save(update_fields=changed)
            witness("document", document.pk, before, _facts(document))
        if title is not None and is_read:
            writing.retitle(document)
        return document

    document = await in_db(store)
    indexer.wake()
    return document


async def reindex(user: Any, document_id: int) -> Document:
    """Read the file again."""

    def store() -> Document:
        with transaction.atomic():
            document = writable(user, document_id, lock=True)
            _forget_chunks(document)
            document.status, document.error_code = Document.Status.QUEUED, ""
            document.save(update_fields=("status", "error_code", "updated_at"))
            return document

    document = await in_db(store)
    indexer.wake()
    return document


async def delete(user: Any, document_id: int, witness: Witness = unseen) -> None:
    """Text, file and vectors."""

    files.remove([await in_db(lambda: remove_rows(writable(user, document_id), witness))])
    indexer.wake()


def take(user_id: int, document_ids: Iterable[int], session_id: int | None) -> None:
    """Of what a message names: temporary documents go with its temporary chat from now on, or (None) are kept for good."""
    untaken = Document.objects.filter(pk__in=document_ids, user_id=user_id, is_temporary=True, session=None)
    if session_id is None:
        untaken.update(is_temporary=False)
    else:
        untaken.update(session_id=session_id)


def keep_of_session(session_id: int) -> None:
    """The chat is temporary no longer, and neither is what it was given."""
    Document.objects.filter(session_id=session_id).update(is_temporary=False, session=None)


def ids_of_sessions(session_ids: Iterable[int]) -> list[int]:
    """Of the documents that go with these temporary chats."""
    return list(Document.objects.filter(session_id__in=session_ids, is_temporary=True).values_list("pk", flat=True))


def ids_untaken() -> list[int]:
    """Of temporary documents that no message took within a day, or whose chat is gone."""
    before = clock.now() - timedelta(seconds=UNTAKEN_S)
    untaken = Document.objects.filter(is_temporary=True, session=None, created_at__lt=before)
    return list(untaken.values_list("pk", flat=True))


def remove_temporary(document_ids: Iterable[int]) -> int:
    """Text, files and vectors of those that no chat has (any more). Returns how many there were. Synchronous."""
    found = list(Document.objects.filter(pk__in=document_ids, is_temporary=True, session=None))
    for document in found:
        files.try_remove(remove_rows(document))
    return len(found)


def remove_rows(document: Document, witness: Witness = unseen) -> str:
    """The document with its text and vectors, whosever it is. Returns the name of its file. Synchronous."""
    with transaction.atomic():
        witness("document", document.pk, _facts(document), None)
        _forget_chunks(document)
        document.delete()
    words.purge()
    return document.stored_as


def _forget_chunks(document: Document) -> None:
    ids = list(document.chunks.values_list("id", flat=True))
    Entry.objects.filter(document=document).delete()
    transaction.on_commit(lambda: get_store().bury(ids))


def limits(user_id: int) -> dict[str, object]:
    """What a user's next upload may be, for those who want to tell before a byte is sent."""
    kept = _kept(Q(user_id=user_id))
    return {
        "suffixes": sorted(KINDS),
        "max_bytes": limits_of_id(user_id).upload_max_bytes,
        "room_bytes": max(0, MAX_TOTAL_MIB * MIB - kept[1]),
        "room_documents": max(0, MAX_DOCUMENTS - kept[0]),
    }


def _kept(whose: Q) -> tuple[int, int]:
    """(how many, their bytes)."""
    kept = Document.objects.filter(whose).aggregate(n=models.Count("id"), n_bytes=Sum("n_bytes"))
    return kept["n"], kept["n_bytes"] or 0


def _check_room(owner: int | None, n_bytes: int) -> None:
    whose = Q(user_id=owner) if owner else Q(user__isnull=True)
    n_kept, kept_bytes = _kept(whose)
    if n_kept >= MAX_DOCUMENTS or kept_bytes + n_bytes > MAX_TOTAL_MIB * MIB:
        raise DocumentsFull(n=MAX_DOCUMENTS, limit=MAX_TOTAL_MIB)


def _facts(document: Document) -> Facts:
    """What the audit log may know of one of the house."""
    if document.user_id is not None:
        return None
    return {"title": document.title, "folder": document.collection.name if document.collection else None}


def erase(user_id: int) -> None:
    """Files, texts and vectors of a user who goes, and the documents' rows: who reads one just now must not add to it. Harmless
    to run twice."""
    mine = Document.objects.filter(user_id=user_id)
    files.remove(list(mine.values_list("stored_as", flat=True)))
    get_store().bury(Entry.objects.filter(user_id=user_id).values_list("id", flat=True))
    Entry.objects.filter(user_id=user_id).delete()
    mine.delete()
    words.purge()


def sweep() -> int:
    """Remove files that no document has (a crash between the file and its row). Returns how many. Younger ones may be on their
    way into a row."""
    before = (clock.now() - timedelta(seconds=STRAY_S)).timestamp()
    paths = [path for path in files.folder().iterdir() if path.is_file()]
    old = [path.name for path in paths if path.stat().st_mtime < before]
    known = set(Document.objects.values_list("stored_as", flat=True))
    return sum(files.try_remove(name) for name in old if name not in known)
