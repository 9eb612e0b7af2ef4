"""Rows as clients see them (PROTOCOL §3): the one shape that frames and REST share. Pure; asks the database nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backend.chat.models import ChatSession, Message


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC, with a Z."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


UNSHAPED: Mapping[str, Any] = {
    "prompt_tokens": None,
    "dropped_turns": 0,
    "dropped_images": 0,
    "reasoning_ms": None,
    "citations": [],
    "web": None,
    "tool_calls": [],
    "memories_used": 0,
}


# Of what shaped a reply, that no model can be known by.
_NAMELESS = ("citations", "web", "tool_calls", "memories_used")
SHOWN_RESULT_CHARS = 2_000  # the whole one is in the message's metadata


def call_row(call: Mapping[str, Any]) -> dict[str, Any]:
    """A tool call as it is shown: with the beginning of its result."""
    return {**call, "result": call["result"][:SHOWN_RESULT_CHARS]}


def message_row(
    message: Message,
    *,
    siblings: Sequence[int] | None = None,
    shaped: Mapping[str, Any] = UNSHAPED,
    comparison: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`siblings`: ids that share the parent, its own included (default: it has none); `shaped`: see UNSHAPED; `comparison`: that
    the reply is one side of (tree.py). While that hides its models, figures that would tell them are left out."""
    is_hidden = comparison is not None and comparison["is_blind"] and comparison["verdict"] is None
    if is_hidden:
        shaped = {**UNSHAPED, **{name: shaped[name] for name in _NAMELESS}}
    return {
        "id": message.pk,
        "session": message.session_id,
        "parent_id": message.parent_id,
        "role": str(message.role),
        "is_user": message.is_user,
        "content": message.content,
        "status": str(message.status),
        "finish_reason": message.finish_reason or None,
        "error_code": message.error_code or None,
        "timestamp": stamp(message.timestamp),
        "edited_at": stamp(message.edited_at) if message.edited_at else None,
        "token_count": None if is_hidden else message.token_count,
        "processing_time": None if is_hidden else message.processing_time,
        "model": message.model,
        "feedback": message.feedback,
        "feedback_note": message.feedback_note,
        **shaped,
        "tool_calls": [call_row(call) for call in shaped["tool_calls"]],
        "attachments": message.attachments,
        "web_search": message.web_search,
        "tools": message.tools,
        "client_id": str(message.client_id) if message.client_id else None,
        "siblings": list(siblings) if siblings is not None else [message.pk],
        "comparison": comparison,
    }


def session_row(session: ChatSession) -> dict[str, Any]:
    return {
        "id": session.pk,
        "title": session.title,
        "pinned": session.pinned,
        "archived": session.archived,
        "folder": session.folder,
        "is_temporary": session.is_temporary,
        "active_leaf": session.active_leaf_id,
        "persona": session.persona_id,
        "is_unread": session.is_unread,
        "created_at": stamp(session.created_at),
        "updated_at": stamp(session.updated_at),
        "last_activity_at": stamp(session.last_activity_at),
    }
