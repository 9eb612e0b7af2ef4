"""Parts of the transactions in which actions store messages. Synchronous, for a database thread; nothing is published here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from backend.chat import search, tree
from backend.chat.events import MAX_MESSAGE_CHARS, too_long
from backend.chat.models import ChatSession, Comparison, Message
from backend.chat.turn_job import model_of
from backend.chat.turns import Claim
from backend.lib import clock
from backend.lib.errors import BadInput, NotFound, TooManyRequests, sentence
from backend.lib.prepared import Prepared, PreparedInsert, PreparedUpdate
from backend.lib.text import clean_text
from backend.llm.errors import ImagesNotTaken
from backend.llm.types import ModelCard, card_of
from backend.moderation import rules
from backend.moderation.errors import Moderated
from backend.moderation.matching import Verdict, judge
from backend.quotas import admission as quotas

MAX_LIVE_REPLIES = 8  # of one session: the running one and those queued behind it


_SENT = Prepared(
    lambda user_id, session_id, client_id: Message.objects.filter(
        session_id=session_id, session__user_id=user_id, session__deleted_at=None, client_id=client_id
    ),
    int, int, UUID,
)  # fmt: skip
_LIVE = Prepared(
    lambda session_id: Message.objects.filter(session_id=session_id, status__in=Message.LIVE).values_list("pk"), int
)
_NEW = PreparedInsert(Message)
_SHOWN = PreparedUpdate(
    lambda session_id, leaf_id, at, now: (
        ChatSession.with_deleted.filter(pk=session_id),
        {"active_leaf_id": leaf_id, "last_activity_at": at, "updated_at": now},
    ),
    int, int, datetime, datetime,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a send or an edit made (or had made before, when `is_new` is false).

    `user_message` is what was written down: after the edit of an assistant's message, that new sibling, without a reply.
    """

    user_message: Message
    reply: Message | None
    is_new: bool
    use: quotas.Use | None = None
    rows: tuple[dict[str, Any], ...] = ()  # of all, as others are told of them; of what is new only
    rival: Message | None = None  # beside `reply`, where two models were asked


def check_content(content: str) -> None:
    if len(content) > MAX_MESSAGE_CHARS:
        raise too_long(content)
    if not clean_text(content, field="message").strip():
        raise BadInput(fields={"message": [sentence("must not be empty", "비어 있을 수 없습니다.")]})


def judged(user: AbstractBaseUser, session_id: int, content: str, client_id: UUID | None) -> Verdict:
    """What the house's rules say to a user's text. Outside of the transaction that stores it. Raises Moderated, but not for
    what is stored already: rules may have changed since."""
    verdict = judge(content, rules.active().on_input)
    if verdict.refused_by is not None and known_pair(user, session_id, client_id) is None:
        rules.note(verdict.found, user_id=user.pk, direction="in", session_id=session_id, message_id=None)
        raise Moderated
    return verdict


def note_findings(message: Message, verdict: Verdict) -> None:
    if verdict.found:
        owner_id, place = message.session.user_id, {"session_id": message.session_id, "message_id": message.pk}
        rules.note(verdict.found, user_id=owner_id, direction="in", **place)


def own_message(user: AbstractBaseUser, message_id: int, session_id: int | None) -> Message:
    """Raises NotFound for a message that is missing, another user's, or not of the session it was asked for in."""
    own = Message.objects.select_related("session").filter(session__user_id=user.pk, session__deleted_at=None)
    found = own.filter(pk=message_id)
    message = (found if session_id is None else found.filter(session_id=session_id)).first()
    if message is None:
        raise NotFound
    return message


def parent_of_new(session: ChatSession, parent_id: int | None) -> int | None:
    if parent_id is None:
        return session.active_leaf_id
    if not Message.objects.filter(pk=parent_id, session=session).exists():
        raise NotFound
    return parent_id


def known_pair(user: AbstractBaseUser, session_id: int, client_id: UUID | None) -> Submitted | None:
    """What the same send has stored before."""
    if client_id is None:
        return None
    message = _SENT.first(user.pk, session_id, client_id)
    if message is None:
        return None
    reply = message.children.filter(role=Message.Role.ASSISTANT).order_by("id").first() if message.is_user else None
    compared = reply.comparison if reply is not None and reply.comparison_id is not None else None
    rival = compared.replies.exclude(pk=reply.pk).first() if compared and reply else None
    return Submitted(message, reply, is_new=False, rival=rival)


def check_sight(session: ChatSession, cards: Sequence[ModelCard]) -> None:
    """Before images are sent into it; `cards` are there only then. Raises ImagesNotTaken where its model is known not to see."""
    card = card_of(model_of(session), cards) if cards else None  # no statement for a message without images
    if card is not None and card.sees_images is False:
        raise ImagesNotTaken


def admit(session: ChatSession, key_id: int | None, n_turns: int = 1) -> quotas.Use:
    """Before replies are stored, in the same transaction. Raises TooManyRequests, of which QuotaExceeded is one."""
    if len(_LIVE.tuples(session.pk)) + n_turns > MAX_LIVE_REPLIES:
        raise TooManyRequests(retry_after_s=5)
    session.user.by_key_id = key_id
    return quotas.admit(session.user, n_turns)


def queued_reply(
    session: ChatSession,
    parent_id: int,
    claim: Claim,
    key_id: int | None,
    *,
    comparison: Comparison | None = None,
    side: str = "",
) -> Message:
    reply = Message(
        session=session,
        parent_id=parent_id,
        role=Message.Role.ASSISTANT,
        status=Message.Status.QUEUED,
        owner=claim.owner,
        lease_expires_at=claim.lease_expires_at,
        key_id=key_id,
        comparison=comparison,
        side=side,
    )
    return _NEW.run(reply)


def store_question(message: Message, verdict: Verdict, key_id: int | None, n_replies: int = 1) -> quotas.Use:
    """A new message of the user's, with what the rules found in it, for so many replies. Raises as `admit`."""
    use = admit(message.session, key_id, n_replies)
    _NEW.run(message)
    note_findings(message, verdict)
    search.index_messages([message])
    return use


def store_pair(session: ChatSession, message: Message, verdict: Verdict, claim: Claim, key_id: int | None) -> Submitted:
    """A new message of the user's and its reply, queued. Raises as `admit`."""
    use = store_question(message, verdict, key_id)
    reply = queued_reply(session, message.pk, claim, key_id)
    show(session, reply, message.timestamp)
    return Submitted(message, reply, is_new=True, use=use, rows=tuple(tree.rows([message, reply], known={})))


def show(session: ChatSession, leaf: Message, at: datetime, *, is_leaf: bool = True) -> None:
    session.last_activity_at, session.updated_at = at, clock.now()
    if is_leaf:
        session.active_leaf_id = leaf.pk  # with the row itself each would hold the other
    _SHOWN.run(session.pk, session.active_leaf_id, session.last_activity_at, session.updated_at)
