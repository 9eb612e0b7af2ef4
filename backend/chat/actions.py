"""The writes others must hear of. Here: what makes new messages and replies. What is done to a reply that exists is in
reply_actions, sessions are in session_actions; all are called as `actions.…`.

Every action is scoped by user (another's object answers `NotFound`), is one transaction, and publishes after its commit.
Called by consumers and, through async_to_sync, by views. Generates nothing: that is the turns' work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.chat import search, tree, uploads
from backend.chat.comparing import Pair, pair_of, store_asked, vote
from backend.chat.events import (
    MessageCreated,
    MessageUpdated,
    QuotaWarning,
    SessionUpdated,
    publish,
    session_group,
    user_group,
)
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.chat.reply_actions import continue_reply, decide_tool_call, set_feedback, stop_reply
from backend.chat.rows import session_row
from backend.chat.session_actions import (
    check_documents,
    create_session,
    delete_session,
    erase_session,
    mark_read,
    own_session,
    restore_session,
    save_draft,
    update_config,
    update_session,
)
from backend.chat.turns import get_turns
from backend.chat.writing import (
    Submitted,
    admit,
    check_content,
    check_sight,
    judged,
    known_pair,
    note_findings,
    own_message,
    parent_of_new,
    queued_reply,
    show,
    store_pair,
)
from backend.lib import clock
from backend.lib.errors import BadInput, Conflict, sentence
from backend.lib.storage import in_db, urgently
from backend.llm.service import get_service
from backend.llm.types import ModelCard
from backend.moderation import hook

__all__ = [
    "Submitted", "continue_reply", "create_session", "decide_tool_call", "delete_session", "edit_message",
    "erase_session", "mark_read", "regenerate", "restore_session", "save_draft", "set_feedback", "stop_reply",
    "submit_message", "update_config", "update_session", "vote",
]  # fmt: skip


async def submit_message(
    user: User,
    session_id: int,
    *,
    content: str,
    client_id: UUID | None = None,
    parent_id: int | None = None,
    attachments: Sequence[Mapping[str, Any]] = (),
    web_search: bool = False,
    tools: bool = False,
    compare: Mapping[str, Any] | None = None,
) -> Submitted:
    """Store a user's message and its queued reply, and start the turn. The same `client_id` again gives the same pair.

    `parent_id` None: at the end of the branch that is shown. For each reply that is made to it: with `web_search` its words
    may leave the house, with `tools` models may ask for calls. `compare` (`models`, `is_blind`): two models answer.
    Raises NotFound, BadInput, TooLarge, TooManyRequests, Restarting, StorageFull, Unavailable, ImagesNotTaken.
    """
    before = partial(known_pair, user, session_id, client_id)
    if (known := await _check(content, before, asks_models=bool(attachments) or compare is not None)) is not None:
        return known
    cards, pair = await _answerers(attachments, compare, tools=tools)
    given = {"client_id": client_id, "web_search": web_search, "tools": tools}

    def store() -> Submitted:
        claim = get_turns().claim()  # HAZARD: a lease taken before the wait for this thread may be over in it
        verdict = judged(user, session_id, content, client_id)
        with transaction.atomic():
            session = own_session(user, session_id, lock=True)
            if (known := before()) is not None:
                return known
            message = Message(session=session, role=Message.Role.USER, content=verdict.text, **given)
            message.parent_id = parent_of_new(session, parent_id)
            message.attachments = _taken(user, session, attachments, cards)
            return store_asked(message, verdict, claim, user.by_key_id, pair)

    return await _submit(user, session_id, client_id, store)


async def _answerers(
    attachments: Sequence[Mapping[str, Any]], compare: Mapping[str, Any] | None, *, tools: bool
) -> tuple[Sequence[ModelCard], Pair | None]:
    """All models, where it matters whether the session's sees; the two that are compared. Raises BadInput, ImagesNotTaken."""
    has_images = any(each["kind"] == "image" for each in attachments)
    if compare is None:
        return (await get_service().models() if has_images else ()), None
    if tools:  # what a call does in the world would be done twice
        raise BadInput(fields={"tools": [sentence("not with a comparison", "비교할 때는 쓸 수 없습니다.")]})
    asked, is_blind = list(compare.get("models") or ()), compare.get("is_blind", False)
    return (), pair_of(asked, await get_service().models(), is_blind=is_blind, has_images=has_images)


def _taken(
    user: User, session: ChatSession, attachments: Sequence[Mapping[str, Any]], cards: Sequence[ModelCard]
) -> list[dict[str, Any]]:
    """As they are stored. Raises NotFound, BadInput, TooLarge, ImagesNotTaken."""
    check_sight(session, cards)
    check_documents(user, [each["id"] for each in attachments if each["kind"] == "document"])
    return uploads.take(session, attachments)


async def edit_message(
    user: User,
    message_id: int,
    *,
    content: str,
    client_id: UUID | None = None,
    session_id: int | None = None,
) -> Submitted:
    """Write a sibling of a message: of a user's with a new reply, of an assistant's as it is. Nothing is overwritten."""

    def before() -> Submitted | None:
        return known_pair(user, own_message(user, message_id, session_id).session_id, client_id)

    if (known := await _check(content, before)) is not None:
        return known

    def store() -> Submitted:
        claim = get_turns().claim()  # HAZARD: a lease taken before the wait for this thread may be over in it
        verdict = judged(user, own_message(user, message_id, session_id).session_id, content, client_id)
        with transaction.atomic():
            old = own_message(user, message_id, session_id)
            if (known := known_pair(user, old.session_id, client_id)) is not None:
                return known
            if old.role == Message.Role.SYSTEM or old.is_live:
                raise Conflict
            message = _sibling(old, verdict.text, client_id)
            if old.is_user:
                return store_pair(old.session, message, verdict, claim, user.by_key_id)
            message.model = old.model
            message.save(force_insert=True)
            note_findings(message, verdict)
            search.index_messages([message])
            show(old.session, message, message.timestamp)
            return Submitted(message, None, is_new=True, rows=tuple(tree.rows([message])))

    return await _submit(user, None, client_id, store)


def _sibling(old: Message, text: str, client_id: UUID | None) -> Message:
    """As `old`, but for its text; not stored yet."""
    now = clock.now()
    return Message(
        session=old.session,
        parent_id=old.parent_id,
        role=old.role,
        content=text,
        client_id=client_id,
        attachments=old.attachments,
        web_search=old.web_search,
        tools=old.tools,
        edited_at=now,
        timestamp=now,
    )


async def regenerate(
    user: User,
    message_id: int,
    *,
    overrides: Mapping[str, Any] | None = None,
    session_id: int | None = None,
) -> Message:
    """Make another reply to the same user message, a sibling of the one given. Raises Conflict while one is being made.

    `overrides` replace the session's model and sampling parameters for this reply only (names of SessionConfig).
    """

    def store() -> Submitted:
        claim = get_turns().claim()  # HAZARD: a lease taken before the wait for this thread may be over in it
        with transaction.atomic():
            old = own_message(user, message_id, session_id)
            parent_id = old.pk if old.is_user else old.parent_id
            if parent_id is None or old.role == Message.Role.SYSTEM:
                raise BadInput(
                    fields={"message_id": [sentence("there is no question that this answers", "답할 질문이 없습니다.")]}
                )
            if Message.objects.filter(parent_id=parent_id, status__in=Message.LIVE).exists():
                raise Conflict  # the constraint alone would let one come beside the two sides of a comparison
            use = admit(old.session, user.by_key_id)
            reply = queued_reply(old.session, parent_id, claim, user.by_key_id)
            if overrides:
                MessageMetadata.objects.create(message=reply, model_params=dict(overrides))
            show(old.session, reply, reply.timestamp)
            question = Message.objects.select_related("session").get(pk=parent_id)
            return Submitted(question, reply, is_new=True, use=use, rows=tuple(tree.rows([question, reply])))

    try:
        submitted = await in_db(urgently(store))
    except IntegrityError:  # one live reply per user message
        raise Conflict from None
    await _announce(submitted, None)
    assert submitted.reply is not None
    return submitted.reply


# --- after the commit ----------------------------------------------------------------------------------------------------


async def _check(
    content: str, before: Callable[[], Submitted | None], *, asks_models: bool = False
) -> Submitted | None:
    """What the same send has stored `before`, looked for before anybody is asked about it. Where nobody is, `store` finds it:
    one way to the database less. Raises BadInput, TooLarge, NotFound, Moderated, ModerationAway."""
    check_content(content)
    if (asks_models or hook.is_set()) and (known := await in_db(before)) is not None:
        return known
    await hook.ask([content])
    return None


async def _submit(user: AbstractBaseUser, session_id: int | None, client_id: UUID | None, store: Any) -> Submitted:
    try:
        submitted: Submitted = await in_db(urgently(store))
    except IntegrityError:
        if client_id is None:
            raise
        # The same client_id at the same moment: the other one has committed, so now it is found.
        submitted = await in_db(urgently(store))
    if submitted.is_new:
        await _announce(submitted, client_id)
    return submitted


async def _announce(submitted: Submitted, client_id: UUID | None) -> None:
    """Tell of what was stored and start the reply: in this order for the readers, but whatever happens to the telling."""
    message, reply, use = submitted.user_message, submitted.reply, submitted.use
    rival = submitted.rival
    try:
        event: dict[str, Any] = {"message": submitted.rows[0]}
        if reply is not None:
            event["reply"] = submitted.rows[1]
        if client_id is not None:
            event["client_id"] = str(client_id)
        await publish(session_group(message.session_id), MessageCreated.model_validate(event))
        if rival is not None:
            await publish(
                session_group(message.session_id), MessageUpdated.model_validate({"message": submitted.rows[2]})
            )
        session = message.session
        await publish(user_group(session.user_id), SessionUpdated.model_validate({"session": session_row(session)}))
        for warning in use.near() if use is not None else ():
            await publish(user_group(session.user_id), QuotaWarning.model_validate(warning))
    finally:
        for each in (reply, rival):
            if each is not None:
                get_turns().start(each.pk)
