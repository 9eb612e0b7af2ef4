"""What a prompt is made of: the end of a branch, as much as a context can hold, and of the rest what still counts.

A model's context bounds what is read of a conversation: at its thousandth question no more than at its hundredth. What lies
before is walked in the database alone (some microseconds a message), which hands out a few sums. Synchronous, for a database
thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from backend.chat.models import Message
from backend.chat.prompt import NOTHING_LEFT, TEMPLATE_TOKENS, Left
from backend.chat.tree import MAX_BRANCH

Attached = tuple[int, dict[str, Any]]  # message id, and what it names

_NO_LIMIT = 2**62
_COLUMNS = ("id", "role", "status", "content", "token_count", "attachments", "web_search", "tools", "parent_id")
# HAZARD: these must count as prompt.build does, which leaves out empty messages and the system's; images come on top.
_IS_COUNTED = "m.role <> 'system' AND m.content <> ''"
_COST = f"CASE WHEN {_IS_COUNTED} THEN CAST(COALESCE(m.token_count, 0) AS bigint) + {TEMPLATE_TOKENS} ELSE 0 END"
_OPENS = f"CASE WHEN {_IS_COUNTED} AND m.role = 'user' THEN 1 ELSE 0 END"
# What only prompt.build can judge: it is being written, its tokens are not counted yet, or an image may make it count.
_IS_ODD = f"""CASE WHEN m.status IN ('queued', 'streaming') OR (m.token_count IS NULL AND m.content <> '')
                    OR (m.attachments <> '[]' AND NOT ({_IS_COUNTED})) THEN 1 ELSE 0 END"""

# From the leaf to a question from which on there is more than the limit, or to the root. The same on SQLite and Postgres.
_NEAR = f"""
    WITH RECURSIVE near({", ".join(_COLUMNS)}, depth, opens, n_tokens) AS (
        SELECT {", ".join(f"m.{name}" for name in _COLUMNS)}, 1, {_OPENS}, {_COST} FROM chat_message m WHERE m.id = %s
        UNION ALL
        SELECT {", ".join(f"m.{name}" for name in _COLUMNS)}, near.depth + 1, {_OPENS}, near.n_tokens + {_COST}
        FROM near JOIN chat_message m ON m.id = near.parent_id
        WHERE near.depth < %s AND (near.opens = 0 OR near.n_tokens <= %s)
    )
    SELECT {", ".join(_COLUMNS)} FROM near ORDER BY depth DESC
"""  # noqa: S608
# From there to the root, in sums: its last row has them all. `opens`: whether the oldest one that counts is a question.
_FAR = f"""
    WITH RECURSIVE far(id, parent_id, depth, n_questions, opens, n_tokens, n_attached, n_odd) AS (
        SELECT m.id, m.parent_id, 1, {_OPENS}, CASE WHEN {_IS_COUNTED} THEN {_OPENS} ELSE 1 END, {_COST},
               CASE WHEN m.attachments <> '[]' THEN 1 ELSE 0 END, {_IS_ODD}
        FROM chat_message m WHERE m.id = %s
        UNION ALL
        SELECT m.id, m.parent_id, far.depth + 1, far.n_questions + {_OPENS},
               CASE WHEN {_IS_COUNTED} THEN {_OPENS} ELSE far.opens END, far.n_tokens + {_COST},
               far.n_attached + CASE WHEN m.attachments <> '[]' THEN 1 ELSE 0 END, far.n_odd + {_IS_ODD}
        FROM far JOIN chat_message m ON m.id = far.parent_id WHERE far.depth < %s
    )
    SELECT far.n_odd, far.n_questions + 1 - far.opens, far.n_tokens, far.n_attached, m.content
    FROM far JOIN chat_message m ON m.id = far.id WHERE far.parent_id IS NULL OR far.depth = %s
"""  # noqa: S608
_ATTACHED = """
    WITH RECURSIVE far(id, parent_id, attachments, depth) AS (
        SELECT id, parent_id, attachments, 1 FROM chat_message WHERE id = %s
        UNION ALL
        SELECT m.id, m.parent_id, m.attachments, far.depth + 1
        FROM far JOIN chat_message m ON m.id = far.parent_id WHERE far.depth < %s
    )
    SELECT id, attachments FROM far WHERE attachments <> '[]' ORDER BY depth DESC
"""


@dataclass(slots=True)
class Row:
    """A message of the branch, as far as a prompt needs it. A turn fills in `token_count`."""

    pk: int
    role: str
    status: str
    content: str
    token_count: int | None = None
    attachments: list[dict[str, Any]] = field(default_factory=list)
    web_search: bool = False
    tools: bool = False

    @property
    def is_user(self) -> bool:
        return self.role == "user"

    @property
    def is_live(self) -> bool:
        return self.status in Message.LIVE


@dataclass(frozen=True, slots=True)
class History:
    """`rows`, oldest first, end with the question. What is `left` before them has no place in a prompt of `n_ctx` tokens
    (None: of any length). `first` is the text of the conversation's first message, `attached` what all messages name."""

    rows: list[Row] = field(default_factory=list)
    left: Left = NOTHING_LEFT
    first: str = ""
    attached: tuple[Attached, ...] = ()
    n_ctx: int | None = None


def read(leaf_id: int | None, n_ctx: int | None = None, limit: int = MAX_BRANCH) -> History:
    """The branch that ends in `leaf_id`: at most its last `limit` messages, and of them those that a prompt of `n_ctx` tokens
    can hold (None: all). One query where that is all of them, else two; three where something is attached before, or must
    be looked at."""
    if leaf_id is None:
        return History()
    found = _asked(_NEAR, leaf_id, limit, _NO_LIMIT if n_ctx is None else n_ctx)
    if not found:
        return History()
    rows = [_row(*values) for *values, _ in found]
    attached = _named((row.pk, row.attachments) for row in rows)
    parent_id, n_more = found[0][-1], limit - len(rows)
    if parent_id is None or not n_more:
        return History(rows, NOTHING_LEFT, rows[0].content, attached, n_ctx)
    sums = _asked(_FAR, parent_id, n_more, n_more)
    if not sums or sums[0][0]:  # odd, or deleted meanwhile
        return read(leaf_id, None, limit)
    _, n_turns, n_tokens, n_attached, first = sums[0]
    if n_attached:
        before = _asked(_ATTACHED, parent_id, n_more)
        attached = (*_named((id_, json.loads(listed)) for id_, listed in before), *attached)
    return History(rows, Left(n_turns, n_tokens), first, attached, n_ctx)


def _asked(sql: str, *values: int) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)  # rule sql: one of the three above
        return cursor.fetchall()


def _row(
    id_: int, role: str, status: str, content: str, token_count: int | None, attached: str, web_search: Any, tools: Any
) -> Row:
    there = json.loads(attached) if attached != "[]" else []
    return Row(id_, role, status, content, token_count, there, bool(web_search), bool(tools))


def _named(many: Iterable[tuple[int, list[dict[str, Any]]]]) -> tuple[Attached, ...]:
    return tuple((id_, each) for id_, listed in many for each in listed)
