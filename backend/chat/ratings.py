"""What a user thought of answers, with the conversation before each: to read again, and to train on. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection

from backend.chat.models import Message
from backend.chat.rows import stamp

MAX_TURNS = 40  # messages before the answer

_ABOVE = """
WITH RECURSIVE branch(rated, id, parent_id, depth) AS (
    SELECT id, id, parent_id, 0 FROM chat_message WHERE id IN ({places})
    UNION ALL
    SELECT below.rated, above.id, above.parent_id, below.depth + 1
    FROM branch below JOIN chat_message above ON above.id = below.parent_id WHERE below.depth < %s
)
SELECT branch.rated, message.role, message.content
FROM branch JOIN chat_message message ON message.id = branch.id ORDER BY branch.rated, branch.depth DESC
"""


def ratings(user: AbstractBaseUser, *, value: int | None, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The newest rated answers first. Two queries, however many."""
    own = Message.objects.filter(session__user_id=user.pk, session__deleted_at=None)
    rated = own.filter(role=Message.Role.ASSISTANT).exclude(feedback=0)
    if value is not None:
        rated = rated.filter(feedback=value)
    if before is not None:
        rated = rated.filter(id__lt=before)
    answers = list(rated.order_by("-id")[:limit])
    conversations = _conversations([answer.pk for answer in answers])
    return [
        {
            "message": answer.pk,
            "session": answer.session_id,
            "value": answer.feedback,
            "note": answer.feedback_note,
            "model": answer.model,
            "timestamp": stamp(answer.timestamp),
            "messages": conversations[answer.pk],
        }
        for answer in answers
    ]


def _conversations(ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    if not ids:
        return found
    places = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE.format(places=places), [*ids, MAX_TURNS])
        for rated, role, content in cursor.fetchall():
            found[rated].append({"role": role, "content": content})
    return found
