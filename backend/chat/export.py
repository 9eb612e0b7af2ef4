"""One session as a document: our JSON (transfer_schema.py) or Markdown for people. Reads only; a database thread's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from backend.chat import tree
from backend.chat.models import ChatSession, Message, MessageMetadata, SessionConfig
from backend.chat.rows import stamp
from backend.chat.transfer_schema import FORMAT, ConfigPart, MessagePart, MetadataPart, SessionPart

_HEADINGS = {
    "en": {"user": "You", "assistant": "Answer", "system": "System", "untitled": "Untitled chat"},
    "ko": {"user": "나", "assistant": "답변", "system": "시스템", "untitled": "제목 없는 대화"},
}


def as_document(session: ChatSession) -> dict[str, Any]:
    """The whole tree with config and metadata. Holds no id of this database: keys count the messages from 0."""
    messages = list(Message.objects.filter(session=session).select_related("metadata").order_by("id"))
    keys = {message.pk: key for key, message in enumerate(messages)}
    config = SessionConfig.objects.filter(session=session).first() or SessionConfig(session=session)
    return {
        "format": FORMAT,
        "version": 1,
        "session": _plain(session, SessionPart),
        "config": _plain(config, ConfigPart),
        "messages": [_message(message, keys) for message in messages],
        "active_leaf": keys.get(session.active_leaf_id),  # type: ignore[arg-type]
    }


def as_markdown(session: ChatSession) -> str:
    """The branch that is shown, as people read it."""
    words = _HEADINGS.get((get_language() or "en").split("-")[0], _HEADINGS["en"])
    title = " ".join(session.title.split()) or words["untitled"]
    parts = [f"# {title}"]
    for message in tree.branch(session.active_leaf_id):
        parts.append(f"## {words[message.role]} · {message.timestamp:%Y-%m-%d %H:%M} UTC")
        parts.append(message.content.strip())
    return "\n\n".join(part for part in parts if part) + "\n"


def _message(message: Message, keys: dict[int, int]) -> dict[str, Any]:
    part = _plain(message, MessagePart, skip=("key", "parent", "metadata"))
    if message.is_live:
        part["status"] = str(Message.Status.INTERRUPTED)
    metadata: MessageMetadata | None = getattr(message, "metadata", None)
    return {
        "key": keys[message.pk],
        "parent": None if message.parent_id is None else keys[message.parent_id],
        **part,
        "client_id": str(message.client_id) if message.client_id else None,
        "metadata": _plain(metadata, MetadataPart) if metadata else None,
    }


def _plain(row: Any, part: Any, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in part.model_fields if name not in skip}
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in values.items()}
