"""Break-glass: an administrator reads somebody's conversation. He says why, it ends by itself, and its owner sees it.

Synchronous, for a database thread or a view. `along` writes the audit entry in the same transaction: none is there without
the other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from backend.chat.errors import GlassClosed
from backend.chat.models import ChatSession, Opening
from backend.chat.rows import stamp
from backend.lib import clock
from backend.lib.errors import NotFound

OPEN_FOR = timedelta(minutes=15)
MAX_SHOWN = 200


def any_session(session_id: int) -> ChatSession:
    """Whosever it is. Raises NotFound."""
    session = ChatSession.objects.select_related("user").filter(pk=session_id).first()
    if session is None:
        raise NotFound
    return session


def open_session(
    reader: AbstractBaseUser, session: ChatSession, kind: str, reason: str, along: Callable[[], None]
) -> Opening:
    """Break the glass. It stays broken for OPEN_FOR, for this reader alone."""
    with transaction.atomic():
        opening = Opening.objects.create(
            session=session, reader_id=reader.pk, kind=kind, reason=reason, ends_at=clock.now() + OPEN_FOR
        )
        along()
    return opening


def check_open(reader: AbstractBaseUser, session: ChatSession) -> Opening:
    """The opening by which `reader` may read now. Raises GlassClosed."""
    rows = Opening.objects.filter(session=session, reader_id=reader.pk, kind=Opening.Kind.READ)
    opening = rows.filter(ends_at__gt=clock.now()).order_by("-ends_at").first()
    if opening is None:
        raise GlassClosed
    return opening


def of_owner(owner: AbstractBaseUser) -> list[dict[str, Any]]:
    """Who read one's conversations, newest first."""
    rows = Opening.objects.filter(session__user_id=owner.pk, session__deleted_at=None)
    return [owners_row(row) for row in rows.select_related("session", "reader").order_by("-id")[:MAX_SHOWN]]


def mark_seen(owner: AbstractBaseUser) -> None:
    Opening.objects.filter(session__user_id=owner.pk, seen_at=None).update(seen_at=clock.now())


def owners_row(opening: Opening) -> dict[str, Any]:
    return {**row(opening), "title": opening.session.title, "is_seen": opening.seen_at is not None}


def row(opening: Opening) -> dict[str, Any]:
    """`reader` is null once that account is gone."""
    return {
        "id": opening.pk,
        "session": opening.session_id,
        "kind": opening.kind,
        "reader": opening.reader.get_username() if opening.reader else None,
        "reason": opening.reason,
        "opened_at": stamp(opening.opened_at),
        "ends_at": stamp(opening.ends_at),
    }
