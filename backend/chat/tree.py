"""Reads of the message tree. Synchronous, for a database thread; writes nothing.

Callers have made sure that the session is the asking user's: nothing here knows users.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from django.db.models import Q

from backend.chat.models import Comparison, Message, MessageMetadata
from backend.chat.rows import UNSHAPED, message_row
from backend.lib.prepared import Prepared

MAX_BRANCH = 10_000  # messages from the root to a leaf that are ever walked
PAGE_MESSAGES = 50
PAGE_CHARS = 1_000_000

# One walk from the leaf to the root; a recursive CTE, the same on SQLite and Postgres.
_BRANCH = """
    WITH RECURSIVE branch(id, parent_id, depth) AS (
        SELECT id, parent_id, 1 FROM chat_message WHERE id = %s
        UNION ALL
        SELECT m.id, m.parent_id, b.depth + 1 FROM chat_message m JOIN branch b ON m.id = b.parent_id WHERE b.depth < %s
    )
    SELECT m.* FROM chat_message m JOIN branch b ON b.id = m.id ORDER BY b.depth DESC
"""


_BELOW = Prepared(
    lambda first, second: (
        Message.objects.filter(parent_id__in=(first, second))
        .order_by("id")
        .values_list("id", "session_id", "parent_id")
    ),
    int,
    int,
)
# Of a page: as many values as it has messages, those that are missing are 0, which is no id.
_FAMILY = Prepared(
    lambda session_id, *parents: (
        Message.objects.filter(Q(parent_id__in=parents) | Q(parent_id__isnull=True, session_id=session_id))
        .order_by("id")
        .values_list("id", "session_id", "parent_id")
    ),
    *[int] * (1 + PAGE_MESSAGES),
)
_SHAPED = Prepared(
    lambda *ids: MessageMetadata.objects.filter(message_id__in=ids).values_list("message_id", *UNSHAPED),
    *[int] * PAGE_MESSAGES,
)


def branch(leaf_id: int | None, limit: int = MAX_BRANCH) -> list[Message]:
    """The messages that end in `leaf_id`, oldest first, at most the last `limit`. One query."""
    if leaf_id is None:
        return []
    return list(Message.objects.raw(_BRANCH, [leaf_id, limit]))


def last_page(leaf_id: int | None) -> list[Message]:
    """The end of a branch: bounded in number and in size, at least the leaf itself."""
    page = branch(leaf_id, PAGE_MESSAGES)
    n_chars = 0
    for n, message in enumerate(reversed(page)):
        n_chars += len(message.content)
        if n and n_chars > PAGE_CHARS:
            return page[len(page) - n :]
    return page


def newest_leaf_below(message_id: int) -> int:
    """The leaf reached by always taking the newest child: what a switch to another branch shows."""
    leaf = message_id
    for _ in range(MAX_BRANCH):
        child = Message.objects.filter(parent_id=leaf).order_by("-id").values_list("id", flat=True).first()
        if child is None:
            break
        leaf = child
    return leaf


def siblings(messages: Iterable[Message]) -> dict[int, list[int]]:
    """For each message the ids that share its parent, its own included, oldest first. One query; none for none."""
    chosen = list(messages)
    parents = {message.parent_id for message in chosen if message.parent_id is not None}
    rooted = {message.session_id for message in chosen if message.parent_id is None}
    family: dict[tuple[int, int | None], list[int]] = {}
    for message_id, session_id, parent_id in _children(parents, rooted):
        family.setdefault((session_id, parent_id), []).append(message_id)
    return {message.pk: family.get((message.session_id, message.parent_id), [message.pk]) for message in chosen}


def _children(parents: AbstractSet[int], rooted: AbstractSet[int]) -> Iterable[tuple[int, int, int | None]]:
    """(id, session, parent) of what hangs below these messages, and of the roots of these sessions."""
    if parents and len(parents) <= 2 and not rooted:  # a question and its answer
        return _BELOW.tuples(min(parents), max(parents))
    if len(parents) <= PAGE_MESSAGES and len(rooted) <= 1:
        return _FAMILY.tuples(*(rooted or (0,)), *_padded(parents)) if parents or rooted else ()
    together = Message.objects.filter(Q(parent_id__in=parents) | Q(parent_id__isnull=True, session_id__in=rooted))
    return together.order_by("id").values_list("id", "session_id", "parent_id")


def _padded(ids: Collection[int]) -> tuple[int, ...]:
    return (*ids, *(0,) * (PAGE_MESSAGES - len(ids)))


def shaped(messages: Iterable[Message]) -> dict[int, dict[str, Any]]:
    """What a row tells of its provenance, where there is one. One query; none without replies."""
    ids = [message.pk for message in messages if not message.is_user]
    if not ids:
        return {}
    if len(ids) <= PAGE_MESSAGES:
        known = _SHAPED.tuples(*_padded(ids))
    else:
        known = list(MessageMetadata.objects.filter(message__in=ids).values_list("message_id", *UNSHAPED))
    return {message_id: dict(zip(UNSHAPED, values, strict=True)) for message_id, *values in known}


def compared(messages: Iterable[Message]) -> dict[int, dict[str, Any]]:
    """Of replies that are a side of a comparison what their rows tell of it. Two queries where there are such, else none."""
    chosen = [message for message in messages if message.comparison_id is not None]
    if not chosen:
        return {}
    ids = {message.comparison_id for message in chosen}
    comparisons = Comparison.objects.in_bulk(ids)
    sides = Message.objects.filter(comparison__in=ids).values_list("comparison_id", "side", "id")
    others = {(comparison_id, side): message_id for comparison_id, side, message_id in sides}
    return {
        message.pk: {
            "id": comparison.pk,
            "side": message.side,
            "other": others[comparison.pk, "b" if message.side == "a" else "a"],
            "is_blind": comparison.is_blind,
            "verdict": comparison.verdict or None,
        }
        for message in chosen
        if (comparison := comparisons.get(message.comparison_id)) is not None
    }


def rows(messages: Iterable[Message], *, known: Mapping[int, Mapping[str, Any]] | None = None) -> list[dict[str, Any]]:
    """PROTOCOL §3 rows with their siblings. Two queries; one where the caller has what `shaped` would find; two more where a
    reply is compared."""
    chosen = list(messages)
    family = siblings(chosen)
    known = shaped(chosen) if known is None else known
    beside = compared(chosen)
    return [
        message_row(m, siblings=family[m.pk], shaped=known.get(m.pk, UNSHAPED), comparison=beside.get(m.pk))
        for m in chosen
    ]
