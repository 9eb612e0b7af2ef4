"""Which documents an answer may be made from. Reads only; a database thread's."""

from __future__ import annotations

from collections.abc import Iterable

from backend.chat.history import Attached
from backend.chat.models import SessionConfig
from backend.memory import documents
from backend.personas.voice import Voice

MAX_IN_FOLDERS = 1_000  # the newest ones


def document_ids(config: SessionConfig, voice: Voice, attached: Iterable[Attached]) -> tuple[int, ...]:
    """Of the session and its folders, of its persona, and what was attached to the branch's messages. Ids may be of
    documents that are gone, or no longer the user's to read: recall passes them over."""
    named = (each["id"] for _, each in attached if each.get("kind") == "document")
    return tuple(dict.fromkeys((*config.document_ids, *_in_folders(config), *voice.document_ids, *named)))


def _in_folders(config: SessionConfig) -> list[int]:
    if not config.collection_ids:
        return []
    found = documents.visible(config.session.user_id).filter(collection_id__in=config.collection_ids)
    return list(found.order_by("-id").values_list("id", flat=True)[:MAX_IN_FOLDERS])
