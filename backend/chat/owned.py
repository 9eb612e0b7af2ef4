"""The views' ways from an id in an address to a row: by its owner. A missing row and another's answer alike. (Actions have
their own: `own_session`, `own_message`.)"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from backend.chat.models import ChatSession, Message
from backend.lib.errors import NotFound
from backend.lib.ids import object_id
from backend.lib.prepared import Prepared

_SESSION = Prepared(lambda session_id, user_id: ChatSession.objects.filter(pk=session_id, user_id=user_id), int, int)


def session_of(user: AbstractBaseUser, text: str) -> ChatSession:
    """The user's session of this id. Raises NotFound."""
    session = _SESSION.first(object_id(text), user.pk)
    if session is None:
        raise NotFound
    return session


def message_of(user: AbstractBaseUser, text: str) -> Message:
    """A message of one of the user's sessions, with its session and metadata. Raises NotFound."""
    rows = Message.objects.select_related("session", "metadata")
    message = rows.filter(id=object_id(text), session__user_id=user.pk, session__deleted_at=None).first()
    if message is None:
        raise NotFound
    return message
