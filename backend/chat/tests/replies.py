"""A reply that was asked for, and its row. For tests."""

from __future__ import annotations

from typing import Any

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import ChatSession, Message


async def row(message: Message) -> Message:
    return await Message.objects.select_related("session", "metadata").aget(pk=message.pk)


async def asked(user: User, chat: ChatSession, text: str = "count", **more: Any) -> Message:
    """The queued reply to a new message."""
    reply = (await actions.submit_message(user, chat.pk, content=text, **more)).reply
    assert reply is not None
    return reply
