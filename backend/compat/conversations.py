"""Asks in a session that the client names: found or made, the message sent, its reply awaited. The actions do the work.

Called on the server's loop. A reply that broke for the engine's sake is tried once more (the older service's fallback), and
that is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.chat.turns import get_turns
from backend.compat.errors import AnswerTooSlow
from backend.compat.lanes import Lane
from backend.compat.models import NamedSession
from backend.lib.errors import AppError, NotFound
from backend.lib.storage import in_db
from backend.llm import errors as llm_errors
from backend.moderation.errors import AnswerModerated

MAX_S = 300.0
# What a second try may mend.
ENGINES_FAULT = {"engine_lost", "engine_unavailable", "engine_failed", "engine_malformed", "llm_error"}
_KINDS: dict[str, type[AppError]] = {
    kind.code: kind
    for kind in (*vars(llm_errors).values(), AnswerModerated)
    if isinstance(kind, type)
    and issubclass(kind, llm_errors.LLMError | AnswerModerated)
    and "{" not in kind.texts["en"]
}


@dataclass(frozen=True)
class Answer:
    reply: Message
    metadata: MessageMetadata | None
    fallback_reason: str = ""


async def session_named(user: User, door: str, name: str, **config: Any) -> ChatSession:
    """The user's session of that name; a new one is made with `config`, an older one takes it. One that he has deleted, and may
    still take back, goes without the name."""

    def find() -> NamedSession | None:
        rows = NamedSession.objects.select_related("session")
        return rows.filter(user=user, door=door, name=name).first()

    def take(known: NamedSession | None, session: ChatSession) -> bool:
        if known is not None:
            rows = NamedSession.objects.filter(pk=known.pk, session_id=known.session_id)
            return rows.update(session=session) == 1
        try:
            NamedSession.objects.create(user=user, door=door, name=name, session=session)
        except IntegrityError:
            return False
        return True

    known = await in_db(find)
    if known is not None and known.session.deleted_at is None:
        session = known.session
    else:
        session = await actions.create_session(user, title=name[:60])
        if not await in_db(take, known, session):  # the same name at the same moment
            await actions.delete_session(user, session.pk)
            known = await in_db(find)
            session = known.session if known is not None else session
    if config:
        await actions.update_config(user, session.pk, **config)
    return session


async def ask(user: User, session: ChatSession, text: str, lane: Lane, *, web_search: bool = False) -> Answer:
    """Send `text`, wait for the reply. Raises AppError: the reply's own error when it has no text."""
    async with lane.place():
        submitted = await actions.submit_message(user, session.pk, content=text, web_search=web_search)
        assert submitted.reply is not None
        answer = await _ended(user, submitted.reply.pk)
        if answer.reply.status in (Message.Status.INTERRUPTED, Message.Status.FAILED):
            reason = answer.reply.error_code
            if reason in ENGINES_FAULT:
                again = await actions.continue_reply(user, answer.reply.pk)
                answer = await _ended(user, again.pk, fallback_reason=reason)
                lane.fell_back()
        if answer.reply.status == Message.Status.FAILED or not answer.reply.content:
            raise _KINDS.get(answer.reply.error_code, llm_errors.LLMError)()
        return answer


async def _ended(user: User, reply_id: int, fallback_reason: str = "") -> Answer:
    if not await get_turns().wait(reply_id, MAX_S):
        await actions.stop_reply(user, reply_id)
        raise AnswerTooSlow

    def read() -> Answer:
        reply = Message.objects.select_related("metadata").filter(pk=reply_id).first()
        if reply is None:  # the chat has ended while we waited
            raise NotFound
        return Answer(reply, getattr(reply, "metadata", None), fallback_reason)

    return await in_db(read)
