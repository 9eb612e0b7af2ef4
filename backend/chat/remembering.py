"""What a turn leaves in the user's memory. Synchronous, part of the transaction in which a reply ends.

Facts are taken from what the user said, by rules; the turn itself is kept for later chats, and marked if a model may look for
more (noting.py). Nothing is kept of temporary chats, nor where the house, the user or the session has memory switched off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from backend import house
from backend.chat.models import ChatSession, Message
from backend.chat.thinking import said
from backend.lib import clock
from backend.memory import writing
from backend.memory.errors import MemoriesFull
from backend.memory.facts import facts_in
from backend.memory.model_facts import may_tell

QUIET = timedelta(seconds=20)  # who goes on talking shall not wait behind what he said before


def is_wanted(session: ChatSession) -> bool:
    """Whether the user's memories may be read and written here."""
    config = getattr(session, "config", None)
    return (
        house.flag("memory")
        and session.user.memory_enabled
        and not session.is_temporary
        and (config is None or config.memory_enabled)
    )


def may_be_read(session: ChatSession) -> bool:
    """Whether a model may look for facts in what the user says here."""
    return is_wanted(session) and house.flag("memory_by_model") and session.user.facts_by_model


def remember(reply: Message, recalled: Sequence[int]) -> None:
    """Keep the facts of the question, and the turn if it was answered. `recalled`: entries that shaped the reply."""
    question, session = reply.parent, reply.session
    if question is None or not question.is_user or not is_wanted(session):
        return
    for fact in facts_in(question.content):
        try:
            writing.add_fact(session.user_id, fact, question.pk)
        except MemoriesFull:
            break
    if reply.status == Message.Status.COMPLETE and (answer := said(reply.content)).strip():
        is_to_read = may_be_read(session) and may_tell(question.content)
        writing.add_turn(
            session.user_id,
            session.pk,
            question.pk,
            question.content,
            answer,
            recalled,
            to_read_at=clock.now() + QUIET if is_to_read else None,
        )
