"""What users thought of answers, with the conversation before each: to read again, and to train on. Reads only.

Of the house's users only those who share their ratings (`User.shares_ratings`) are read by others than themselves; a temporary
conversation never is. Whoever takes it back is left out from that moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import Count, Q, QuerySet

from backend.chat.models import Message
from backend.chat.rows import stamp

MAX_TURNS = 40  # messages before the answer
READ_AT_ONCE = 200

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


def of_the_house(*, value: int | None, model: str, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The newest ratings of everybody; text and note only of those who share them. Two queries."""
    rated = _rated(value, model)
    if before is not None:
        rated = rated.filter(id__lt=before)
    answers = list(rated.order_by("-id").select_related("session__user")[:limit])
    shared = {answer.pk for answer in answers if _is_shared(answer)}
    conversations = _conversations(sorted(shared))
    return [
        {
            "message": answer.pk,
            "username": answer.session.user.username,
            "value": answer.feedback,
            "model": answer.model,
            "timestamp": stamp(answer.timestamp),
            "is_shared": answer.pk in shared,
            "note": answer.feedback_note if answer.pk in shared else "",
            "messages": conversations[answer.pk],
        }
        for answer in answers
    ]


def sums_by_model() -> list[dict[str, Any]]:
    """How many of each model's answers were found good, bad, and how many of them may be trained on."""
    shared = Q(session__user__shares_ratings=True, session__is_temporary=False)
    counted = _rated(None, "").order_by().values("model")
    sums = counted.annotate(
        n_good=Count("pk", filter=Q(feedback=1)),
        n_bad=Count("pk", filter=Q(feedback=-1)),
        n_shared=Count("pk", filter=shared),
    )
    return [dict(row) for row in sums.order_by("model")]


def examples(*, value: int | None, model: str, limit: int) -> Iterator[dict[str, Any]]:
    """Shared ratings as conversations that end with the answer, newest first. The system prompt is not stored, so not here."""
    for answers in _shared_in_parts(value, model, limit):
        conversations = _conversations([answer.pk for answer in answers])
        for answer in answers:
            yield {"messages": conversations[answer.pk], "value": answer.feedback, "model": answer.model}


def preferences(*, model: str, limit: int) -> Iterator[dict[str, Any]]:
    """Pairs of answers to the same message, one found good and one found bad: what preference training reads."""
    for answers in _shared_in_parts(1, model, limit):
        parents = [answer.parent_id for answer in answers]
        worse = {bad.parent_id: bad for bad in _shared(_rated(-1, "")).filter(parent__in=parents).order_by("-id")}
        paired = [answer for answer in answers if answer.parent_id in worse]
        conversations = _conversations([answer.pk for answer in paired])
        for answer in paired:
            *prompt, chosen = conversations[answer.pk]
            rejected = {"role": chosen["role"], "content": worse[answer.parent_id].content}
            yield {"prompt": prompt, "chosen": [chosen], "rejected": [rejected], "model": answer.model}


def _rated(value: int | None, model: str) -> QuerySet[Message]:
    rated = Message.objects.filter(session__deleted_at=None, role=Message.Role.ASSISTANT).exclude(feedback=0)
    if value is not None:
        rated = rated.filter(feedback=value)
    return rated.filter(model=model) if model else rated


def _shared(rated: QuerySet[Message]) -> QuerySet[Message]:
    return rated.filter(session__user__shares_ratings=True, session__is_temporary=False)


def _is_shared(answer: Message) -> bool:
    return answer.session.user.shares_ratings and not answer.session.is_temporary


def _shared_in_parts(value: int | None, model: str, limit: int) -> Iterator[list[Message]]:
    """A part at a time: a house may have many, and each brings its conversation."""
    shared = _shared(_rated(value, model)).order_by("-id")
    before: int | None = None
    while limit > 0:
        page = shared.filter(id__lt=before) if before is not None else shared
        answers = list(page[: min(limit, READ_AT_ONCE)])
        if not answers:
            return
        yield answers
        limit, before = limit - len(answers), answers[-1].pk


def _conversations(ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    if not ids:
        return found
    places = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE.format(places=places), [*ids, MAX_TURNS])  # rule sql: places are %s only
        for rated, role, content in cursor.fetchall():
            found[rated].append({"role": role, "content": content})
    return found
