"""What a socket reads when it joins or has lost track. Synchronous reads for a database thread, scoped by user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from backend.chat import tree
from backend.chat.events import LiveText
from backend.chat.models import ChatSession, Draft, Message
from backend.chat.rows import session_row
from backend.chat.session_actions import own_session
from backend.chat.writing import own_message
from backend.lib.prepared import Prepared

_DRAFT = Prepared(lambda session_id: Draft.objects.filter(session_id=session_id).values_list("text"), int)


@dataclass(frozen=True, slots=True)
class SessionView:
    """`live` maps ids of replies being made, anywhere on the page, to their owner and their text in the database."""

    session: dict[str, Any]
    messages: list[dict[str, Any]]
    live: dict[int, Message]
    draft: str


def session_view(user: AbstractBaseUser, session_id: int) -> SessionView:
    """The session and the last page of the branch that is shown. Raises NotFound."""
    session: ChatSession = own_session(user, session_id)
    page = tree.last_page(session.active_leaf_id)
    live = {message.pk: message for message in page if message.is_live}
    draft = "".join(text for (text,) in _DRAFT.tuples(session_id))
    return SessionView(session_row(session), tree.rows(page), live, draft)


def newest(row: Message, *seen: LiveText | None) -> LiveText:
    """Of one live reply that was looked at more than once: its text only grows, so the longest is the newest."""
    status: Any = str(row.status)
    found = [each for each in seen if each is not None]
    found.append(LiveText(message_id=row.pk, text=row.content, status=status))
    return max(found, key=lambda each: len(each.text))


def message_of(user: AbstractBaseUser, session_id: int, message_id: int) -> Message:
    """Raises NotFound."""
    return own_message(user, message_id, session_id)


def message_and_row(
    user: AbstractBaseUser, session_id: int, message_id: int
) -> tuple[Message, dict[str, Any], list[dict[str, Any]]]:
    """A reply, its row, and the calls of tools as they are stored. Raises NotFound."""
    message = message_of(user, session_id, message_id)
    known = tree.shaped([message])
    [row] = tree.rows([message], known=known)
    return message, row, known.get(message_id, {}).get("tool_calls", [])
