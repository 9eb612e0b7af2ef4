"""What users do with what is remembered of them. Async, scoped by user."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from backend.lib.errors import BadInput, Conflict, NotFound, sentence
from backend.lib.storage import in_db
from backend.lib.text import clean_text
from backend.memory import indexer, words, writing
from backend.memory.facts import Fact
from backend.memory.models import Entry
from backend.memory.store import get_store


def own(user_id: int) -> QuerySet[Entry]:
    """All that is remembered of a user."""
    is_shown = Q(session=None) | Q(session__deleted_at=None)
    return Entry.objects.filter(is_shown, user_id=user_id, kind__in=Entry.MEMORIES)


def own_memory(user: Any, entry_id: int) -> Entry:
    """Raises NotFound."""
    entry = own(user.pk).filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    return entry


async def add(user: Any, text: str) -> Entry:
    """Remember what the user writes down. Raises BadInput, Conflict for what is known, MemoriesFull."""
    entry = await in_db(writing.add_fact, user.pk, Fact(_checked(text)))
    if entry is None:
        raise Conflict
    indexer.wake()
    return entry


async def edit(user: Any, entry_id: int, text: str) -> Entry:
    """A turn that is edited becomes a fact: it is no longer what was said. Raises BadInput, Conflict for what is known."""
    text = _checked(text)

    def store() -> tuple[Entry, list[int] | None]:
        entry = own_memory(user, entry_id)
        gone = writing.edit_fact(entry, text)
        words.purge()
        return entry, gone

    entry, gone = await in_db(store)
    if gone is None:
        raise Conflict
    _buried(gone)
    return entry


async def forget(user: Any, entry_id: int) -> list[int]:
    """Forget one memory, and the turns that would tell it again. Returns all ids that are gone."""

    def remove() -> list[int]:
        ids = writing.forget_memory(own_memory(user, entry_id))
        words.purge()
        return ids

    return _buried(await in_db(remove))


async def forget_everything(user: Any) -> list[int]:
    def remove() -> list[int]:
        ids = writing.forget_everything(user.pk)
        words.purge()
        return ids

    return _buried(await in_db(remove))


def ids_of_sessions(session_ids: Collection[int]) -> list[int]:
    """Of what goes with these conversations: their turns. For `forget_gone`, before they are deleted. Synchronous."""
    return list(Entry.objects.filter(session_id__in=session_ids).values_list("id", flat=True))


def forget_gone(ids: Collection[int]) -> None:
    """Entries whose rows went by cascade: their vectors and their terms go, too. Synchronous."""
    if ids:
        get_store().bury(ids)
        words.purge()


def _buried(ids: list[int]) -> list[int]:
    get_store().bury(ids)
    indexer.wake()
    return ids


def _checked(text: str) -> str:
    text = " ".join(clean_text(text, field="text", max_length=writing.MAX_MEMORY_CHARS).split())
    if not text:
        raise BadInput(fields={"text": [sentence("must not be empty", "비어 있을 수 없습니다.")]})
    return text
