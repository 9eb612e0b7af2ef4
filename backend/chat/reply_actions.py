"""Actions on a reply that exists: let it grow on, stop it, decide on its calls, rate it. As all actions: scoped by user, one
transaction, published after the commit.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.chat import tree
from backend.chat.events import MessageUpdated, publish, session_group
from backend.chat.models import Message
from backend.chat.turns import get_turns
from backend.chat.writing import admit, own_message, show
from backend.lib import clock
from backend.lib.errors import BadInput, Conflict, sentence
from backend.lib.storage import in_db, urgently

CONTINUABLE = (Message.Status.STOPPED, Message.Status.INTERRUPTED, Message.Status.FAILED)


async def continue_reply(user: User, message_id: int, *, session_id: int | None = None) -> Message:
    """Let a reply that was cut (stopped, interrupted, failed, or ended at its length) grow on. Raises Conflict otherwise."""

    def store() -> tuple[Message, dict[str, Any]]:
        claim = get_turns().claim()  # in this thread: the way to it may be longer than a lease
        with transaction.atomic():
            reply = own_message(user, message_id, session_id)
            was_cut = reply.status in CONTINUABLE or reply.finish_reason == "length"
            if reply.role != Message.Role.ASSISTANT or not was_cut:
                raise Conflict
            admit(reply.session, user.by_key_id)
            won = Message.objects.filter(pk=reply.pk, status=reply.status).update(
                status=Message.Status.QUEUED,
                finish_reason="",
                error_code="",
                n_resumes=0,
                owner=claim.owner,
                key_id=user.by_key_id,
                lease_expires_at=claim.lease_expires_at,
            )
            if not won:
                raise Conflict
            reply.refresh_from_db()
            show(reply.session, reply, clock.now(), is_leaf=False)
            return reply, tree.rows([reply])[0]

    try:
        reply, row = await in_db(urgently(store))
    except IntegrityError:  # a sibling is being made
        raise Conflict from None
    try:
        await publish(session_group(reply.session_id), MessageUpdated.model_validate({"message": row}))
    finally:
        get_turns().start(reply.pk)
    return reply


async def stop_reply(user: AbstractBaseUser, message_id: int, *, session_id: int | None = None) -> Message:
    """End a reply and keep its text so far. Returns the stored row; a reply that has ended stays as it is."""
    reply = await in_db(own_message, user, message_id, session_id)
    if reply.role != Message.Role.ASSISTANT:
        raise BadInput(fields={"message_id": [sentence("is not a reply", "답변이 아닙니다.")]})
    if reply.is_live:
        await get_turns().stop(reply.pk)
    return await in_db(own_message, user, message_id, session_id)


async def decide_tool_call(
    user: AbstractBaseUser, message_id: int, call_id: str, *, is_approved: bool, session_id: int | None = None
) -> None:
    """The user's word on a call that waits for it; the first one counts. Raises NotFound, Conflict when it does not wait."""
    reply = await in_db(own_message, user, message_id, session_id)
    if not await get_turns().decide(reply.pk, call_id, is_approved):
        raise Conflict


async def set_feedback(user: AbstractBaseUser, message_id: int, *, value: int, note: str = "") -> Message:
    """What the user thinks of a reply: 1, 0 or -1. Raises Conflict while it is being made."""

    def store() -> tuple[Message, dict[str, Any]]:
        reply = own_message(user, message_id, None)
        if reply.role != Message.Role.ASSISTANT or value not in (-1, 0, 1):
            raise BadInput(
                fields={"value": [sentence("1, 0 or -1, for a reply", "답변에만, 1, 0, -1 중 하나여야 합니다.")]}
            )
        ended = Message.objects.filter(pk=reply.pk).exclude(status__in=Message.LIVE)
        if not ended.update(feedback=value, feedback_note=note):
            raise Conflict
        reply.refresh_from_db()
        return reply, tree.rows([reply])[0]

    reply, row = await in_db(store)
    await publish(session_group(reply.session_id), MessageUpdated.model_validate({"message": row}))
    return reply
