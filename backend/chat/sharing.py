"""Shares: a copy of the branch that is shown, readable by its link alone.

The copy holds roles, texts, times and the model's name: no ids, no account, no system prompt. Of images and documents it
says how many there were: whoever shares words has not said yes to files. Synchronous, for a database thread. Off unless the
house allows it; switched off, links that were given out are dead as well.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from backend import house
from backend.chat import tree
from backend.chat.errors import SharingOff
from backend.chat.models import ChatSession, Message, Share
from backend.chat.rows import stamp
from backend.chat.session_actions import own_session
from backend.lib.errors import Conflict, NotFound

MAX_SHARES = 20  # of one session
MAX_MESSAGES = 2_000
_SHOWN = (Message.Role.USER, Message.Role.ASSISTANT)


def share(user: AbstractBaseUser, session_id: int) -> Share:
    """Copy what is shown now. Raises NotFound, SharingOff, and Conflict where there is nothing to share or no room."""
    with transaction.atomic():
        session = own_session(user, session_id, lock=True)
        if not house.flag("sharing"):
            raise SharingOff
        document = _copy(session)
        if session.is_temporary or not document["messages"] or session.shares.count() >= MAX_SHARES:
            raise Conflict
        return Share.objects.create(session=session, token=secrets.token_urlsafe(32), document=document)


def revoke(user: AbstractBaseUser, share_id: int) -> None:
    """The link is dead when this returns. Raises NotFound."""
    own = Share.objects.filter(session__user_id=user.pk, session__deleted_at=None)
    if not own.filter(pk=share_id).delete()[0]:
        raise NotFound


def shared(token: str) -> dict[str, Any]:
    """What a link shows. Raises NotFound: unknown, revoked, deleted, switched off, of somebody shut out: all look the same."""
    there = Share.objects.filter(token=token, session__deleted_at=None, session__user__is_active=True)
    found = there.first() if house.flag("sharing") else None
    if found is None:
        raise NotFound
    said = [{"n_images": 0, "n_documents": 0, **message} for message in found.document["messages"]]  # older copies
    return {**found.document, "messages": said, "shared_at": stamp(found.created_at)}


def share_row(share: Share) -> dict[str, Any]:
    return {
        "id": share.pk,
        "path": f"/s/{share.token}",
        "created_at": stamp(share.created_at),
        "title": share.document["title"],
        "n_messages": len(share.document["messages"]),
    }


def _copy(session: ChatSession) -> dict[str, Any]:
    said = [message for message in tree.branch(session.active_leaf_id, MAX_MESSAGES) if message.role in _SHOWN]
    return {
        "title": session.title,
        "messages": [
            {
                "role": str(message.role),
                "content": message.content,
                "model": message.model,
                "timestamp": stamp(message.timestamp),
                "n_images": sum(1 for each in message.attachments if each["kind"] == "image"),
                "n_documents": sum(1 for each in message.attachments if each["kind"] == "document"),
            }
            for message in said
            if not message.is_live
        ],
    }
