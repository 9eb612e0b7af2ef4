"""The only ways from an id of the outside to a row: by its owner. A missing row and another's answer alike."""

from __future__ import annotations

import re

from django.contrib.auth.models import AbstractBaseUser

from backend.chat.events import MAX_ID
from backend.chat.models import ChatSession, Message
from backend.lib.errors import NotFound


def object_id(text: str) -> int:
    """An id from an address. Raises NotFound for everything that no row can have (SQLite overflows above 2**63-1)."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or not 1 <= int(text) <= MAX_ID:
        raise NotFound
    return int(text)


def session_of(user: AbstractBaseUser, text: str) -> ChatSession:
    """The user's session of this id. Raises NotFound."""
    session = ChatSession.objects.filter(id=object_id(text), user_id=user.pk).first()
    if session is None:
        raise NotFound
    return session


def message_of(user: AbstractBaseUser, text: str) -> Message:
    """A message of one of the user's sessions, with its session and metadata. Raises NotFound."""
    rows = Message.objects.select_related("session", "metadata")
    message = rows.filter(id=object_id(text), session__user_id=user.pk).first()
    if message is None:
        raise NotFound
    return message
