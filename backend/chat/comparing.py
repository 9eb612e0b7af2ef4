"""Two models answer one question side by side: which two, the rows, and the vote.

Both replies are turns like any other, siblings below the question, made at once; each counts against the user's limits. A blind
comparison hides which model wrote which until the vote: the order is drawn here, and `Message.model` stays empty (turn_ending.py)
until `vote` writes it. As all actions: scoped by user, one transaction, published after the commit.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from backend.chat import tree
from backend.chat.errors import AlreadyVoted, NothingToCompare
from backend.chat.events import MessageUpdated, SessionUpdated, publish, session_group, user_group
from backend.chat.models import ChatSession, Comparison, Message, MessageMetadata
from backend.chat.rows import session_row
from backend.chat.turns import Claim
from backend.chat.writing import Submitted, queued_reply, show, store_pair, store_question
from backend.lib import clock
from backend.lib.errors import BadInput, Conflict, NotFound, sentence
from backend.lib.storage import in_db
from backend.lib.text import has_hangul
from backend.llm.errors import ImagesNotTaken
from backend.llm.types import ModelCard, card_of
from backend.moderation.matching import Verdict

SIDES = ("a", "b")
_JUDGED = (Message.Status.COMPLETE, Message.Status.STOPPED)


@dataclass(frozen=True, slots=True)
class Pair:
    """The models of the sides a and b."""

    models: tuple[str, str]
    is_blind: bool


def pair_of(asked: Sequence[str], cards: Sequence[ModelCard], *, is_blind: bool, has_images: bool) -> Pair:
    """Who answers on which side. Blind: in an order that was drawn, of two that were drawn where none are named.

    Raises BadInput, and ImagesNotTaken for a named one that does not see.
    """
    able = [card for card in cards if card.kind == "chat" and card.state != "unusable"]
    if is_blind and not asked:
        seeing = [card for card in able if not has_images or card.sees_images is not False]
        names = list({card.id: None for card in seeing})
        if len(names) < 2:
            raise _bad("there are no two models to compare", "비교할 모델이 두 개 없습니다.")
        drawn = secrets.SystemRandom().sample(names, 2)
        return Pair((drawn[0], drawn[1]), is_blind)
    found = [card_of(name, able) for name in asked]
    if len(asked) != 2 or asked[0] == asked[1]:
        raise _bad("name two different models", "서로 다른 모델 두 개를 골라 주세요.")
    if None in found:
        raise _bad("there is no such model here", "여기에 없는 모델입니다.")
    if has_images and any(card is not None and card.sees_images is False for card in found):
        raise ImagesNotTaken
    order = secrets.SystemRandom().sample(asked, 2) if is_blind else asked
    return Pair((order[0], order[1]), is_blind)


def store_asked(message: Message, verdict: Verdict, claim: Claim, key_id: int | None, pair: Pair | None) -> Submitted:
    """As `writing.store_pair`; with a pair there are two replies. Part of the transaction that stores the message."""
    if pair is None:
        return store_pair(message.session, message, verdict, claim, key_id)
    session = message.session
    use = store_question(message, verdict, key_id, n_replies=len(SIDES))
    comparison = Comparison.objects.create(
        session=session,
        is_blind=pair.is_blind,
        model_a=pair.models[0],
        model_b=pair.models[1],
        language="ko" if has_hangul(message.content) else "en",
    )
    replies = []
    for side, model in zip(SIDES, pair.models, strict=True):
        reply = queued_reply(session, message.pk, claim, key_id, comparison=comparison, side=side)
        MessageMetadata.objects.create(message=reply, model_params={"model": model})
        replies.append(reply)
    show(session, replies[0], message.timestamp)
    rows = tuple(tree.rows([message, *replies], known={}))
    return Submitted(message, replies[0], is_new=True, use=use, rows=rows, rival=replies[1])


async def vote(user: AbstractBaseUser, comparison_id: int, verdict: str) -> list[dict[str, Any]]:
    """The user's word on two replies that have ended; the first one counts. Names what was hidden, and shows the better branch
    unless the conversation has gone on. Returns both replies' rows.

    Raises NotFound, AlreadyVoted, NothingToCompare (one has no answer; it can be skipped), Conflict while one is being made.
    """

    def store() -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        with transaction.atomic():
            comparison = _own(user, comparison_id)
            replies = list(comparison.replies.select_related("metadata").order_by("side"))
            _check_vote(comparison, replies, verdict)
            asked = comparison.model_a, comparison.model_b
            names = [_name_of(reply, model) for reply, model in zip(replies, asked, strict=True)]
            comparison.verdict, comparison.voted_at = verdict, clock.now()
            comparison.model_a, comparison.model_b = names
            comparison.save(update_fields=["verdict", "voted_at", "model_a", "model_b"])
            for reply, name in zip(replies, names, strict=True):
                reply.model = name
                reply.save(update_fields=["model"])
            return tree.rows(replies), _show_better(comparison.session, replies, verdict)

    rows, session = await in_db(store)
    group = session_group(rows[0]["session"])
    for row in rows:
        await publish(group, MessageUpdated.model_validate({"message": row}))
    if session is not None:
        event = SessionUpdated.model_validate({"session": session})
        await publish(group, event)
        await publish(user_group(user.pk), event)
    return rows


def _own(user: AbstractBaseUser, comparison_id: int) -> Comparison:
    own = Comparison.objects.filter(session__user_id=user.pk, session__deleted_at=None)
    found = own.select_related("session").select_for_update(of=("self",)).filter(pk=comparison_id).first()
    if found is None:
        raise NotFound
    return found


def _check_vote(comparison: Comparison, replies: Sequence[Message], verdict: str) -> None:
    if comparison.verdict:
        raise AlreadyVoted
    if any(reply.is_live for reply in replies):
        raise Conflict
    is_whole = all(reply.status in _JUDGED and reply.content.strip() for reply in replies)
    if verdict != Comparison.Verdict.SKIPPED and not is_whole:
        raise NothingToCompare


def _name_of(reply: Message, asked: str) -> str:
    """As the model called itself when it answered."""
    metadata: MessageMetadata | None = getattr(reply, "metadata", None)
    return (metadata.model_version if metadata else "") or asked


def _show_better(session: ChatSession, replies: Sequence[Message], verdict: str) -> dict[str, Any] | None:
    """The session's row, if it shows another branch now."""
    better = next((reply for reply in replies if reply.side == verdict), None)
    is_at_its_end = session.active_leaf_id in {reply.pk for reply in replies}
    if better is None or not is_at_its_end or session.active_leaf_id == better.pk:
        return None
    session.active_leaf = better
    session.save(update_fields=["active_leaf", "updated_at"])
    return session_row(session)


def _bad(en: str, ko: str) -> BadInput:
    return BadInput(fields={"models": [sentence(en, ko)]})
