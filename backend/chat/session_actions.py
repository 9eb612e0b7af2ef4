"""Actions on sessions and their settings. As all actions: scoped by user, one transaction, published after the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from backend.chat import expiry, search, tree
from backend.chat.events import (
    DraftChanged,
    SessionCreated,
    SessionDeleted,
    SessionUpdated,
    publish,
    session_group,
    user_group,
)
from backend.chat.models import ChatSession, Draft, Message, SessionConfig
from backend.chat.rows import session_row
from backend.chat.turns import get_turns
from backend.lib import clock
from backend.lib.errors import BadInput, NotFound, sentence
from backend.lib.prepared import Prepared
from backend.lib.storage import in_db
from backend.memory import documents, folders
from backend.personas.models import Persona
from backend.personas.service import persona_of, voice_for

SESSION_FIELDS = frozenset({"title", "pinned", "archived", "folder", "is_temporary", "persona"})
CONFIG_FIELDS = frozenset(
    field.name for field in SessionConfig._meta.concrete_fields if field.name not in ("id", "session")
)


_OWN = Prepared(lambda session_id, user_id: ChatSession.objects.filter(pk=session_id, user_id=user_id), int, int)
_LOCKED = Prepared(
    lambda session_id, user_id: (
        ChatSession.objects.select_related("user__limits")
        .select_for_update(of=("self",))
        .filter(pk=session_id, user_id=user_id)
    ),
    int,
    int,
)


def own_session(user: AbstractBaseUser, session_id: int, *, lock: bool = False) -> ChatSession:
    """The user's session. `lock` (in a transaction) makes writers of one session take turns, and reads its user's limits
    along. Raises NotFound."""
    session = (_LOCKED if lock else _OWN).first(session_id, user.pk)
    if session is None:
        raise NotFound
    return session


async def create_session(user: AbstractBaseUser, **fields: Any) -> ChatSession:
    """A session with its settings. `fields`: title, pinned, archived, folder, is_temporary, persona (an id).

    Empty, or with the persona's greeting as its first message.
    """
    _check_names(fields, SESSION_FIELDS)

    def store() -> ChatSession:
        with transaction.atomic():
            persona = _persona(user, fields.pop("persona", None))
            session = ChatSession.objects.create(user_id=user.pk, persona=persona, **expiry.with_end(fields))
            SessionConfig.objects.create(session=session)
            if persona is not None:
                _greet(user, session, persona)
            search.index_title(session)
            return session

    session = await in_db(store)
    await publish(user_group(session.user_id), SessionCreated.model_validate({"session": session_row(session)}))
    return session


async def update_session(user: AbstractBaseUser, session_id: int, **changes: Any) -> ChatSession:
    """Change what a user may change. `active_leaf` (an id) chooses a branch: its newest leaf is shown."""
    _check_names(changes, SESSION_FIELDS | {"active_leaf", "is_unread"})

    def store() -> ChatSession:
        with transaction.atomic():
            session = own_session(user, session_id, lock=True)
            wanted = dict(changes)
            if "active_leaf" in wanted:
                session.active_leaf_id = _leaf(session, wanted.pop("active_leaf"))
            if "persona" in wanted:
                session.persona = _persona(user, wanted.pop("persona"))
                if session.persona is not None and not session.messages.exists():
                    _greet(user, session, session.persona)
            if "is_unread" in wanted:
                session.last_read = session.last_reply - int(wanted.pop("is_unread"))
            for name, value in expiry.with_end(wanted).items():
                setattr(session, name, value)
            if wanted.get("is_temporary") is False:
                documents.keep_of_session(session.pk)
            session.save()
            if "title" in wanted:
                search.index_title(session)
            return session

    session = await in_db(store)
    await publish_session(session)
    return session


async def delete_session(user: AbstractBaseUser, session_id: int) -> None:
    """Delete a session; replies that are being made end. For `expiry.UNDO_S` it can be restored; a temporary one is gone."""

    def remove() -> list[int]:
        with transaction.atomic():
            session = own_session(user, session_id, lock=True)
            replies = Message.objects.filter(session=session, status__in=Message.LIVE)
            live = list(replies.values_list("id", flat=True))
            if session.is_temporary:
                expiry.remove_now(session)
            else:
                replies.update(status=Message.Status.STOPPED, owner="", lease_expires_at=None)
                search.index_messages(Message.objects.filter(id__in=live))  # it may be restored
                session.deleted_at = clock.now()
                session.save(update_fields=["deleted_at"])
            return live

    live = await in_db(remove)
    get_turns().abandon(live)
    for group in (session_group(session_id), user_group(user.pk)):
        await publish(group, SessionDeleted(session_id=session_id))


async def erase_session(session_id: int, along: Callable[[], None]) -> None:
    """Delete a session for good, whosever it is: for administrators. `along` writes in the same transaction. Raises NotFound."""

    def remove() -> tuple[int, list[int]]:
        with transaction.atomic():
            session = ChatSession.objects.filter(pk=session_id).first()
            if session is None:
                raise NotFound
            replies = Message.objects.filter(session=session, status__in=Message.LIVE)
            live = list(replies.values_list("id", flat=True))
            along()
            expiry.remove_now(session)
            return session.user_id, live

    owner_id, live = await in_db(remove)
    get_turns().abandon(live)
    for group in (session_group(session_id), user_group(owner_id)):
        await publish(group, SessionDeleted(session_id=session_id))


async def restore_session(user: AbstractBaseUser, session_id: int) -> ChatSession:
    """Take a deletion back. Raises NotFound when there is none of this user, or its time has passed."""

    def restore() -> ChatSession:
        with transaction.atomic():
            rows = ChatSession.with_deleted.filter(pk=session_id, user_id=user.pk, deleted_at__isnull=False)
            if not rows.update(deleted_at=None):
                raise NotFound
            return ChatSession.objects.get(pk=session_id)

    session = await in_db(restore)
    await publish(user_group(user.pk), SessionCreated.model_validate({"session": session_row(session)}))
    return session


async def save_draft(user: AbstractBaseUser, session_id: int, text: str, *, sender: str = "") -> None:
    """Keep what is being written; the user's other tabs and devices show it. `sender` is the channel that wrote it."""

    def store() -> None:
        session = own_session(user, session_id)
        if text:
            Draft.objects.update_or_create(session=session, defaults={"text": text})
        else:
            Draft.objects.filter(session=session).delete()

    await in_db(store)
    await publish(session_group(session_id), DraftChanged(text=text), sender=sender)


async def mark_read(user: AbstractBaseUser, session_id: int, message_id: int) -> None:
    """The reply, and those before it, were looked at. The account's other tabs hear of it if it is news."""

    def store() -> ChatSession | None:
        with transaction.atomic():
            session = own_session(user, session_id, lock=True)
            seen = min(message_id, session.last_reply)  # nobody has read what is still to come
            if seen <= session.last_read:
                return None
            session.last_read = seen
            session.save(update_fields=["last_read"])
            return session

    session = await in_db(store)
    if session is not None:
        await publish_session(session)


async def update_config(user: AbstractBaseUser, session_id: int, **changes: Any) -> SessionConfig:
    """Change how the next replies of a session are made. Ranges are checked by the serializers."""
    _check_names(changes, CONFIG_FIELDS)

    def store() -> SessionConfig:
        with transaction.atomic():
            session = own_session(user, session_id, lock=True)
            check_documents(user, changes.get("document_ids", ()))
            check_folders(user, changes.get("collection_ids", ()))
            config, _ = SessionConfig.objects.update_or_create(session=session, defaults=changes)
            return config

    return await in_db(store)


async def publish_session(session: ChatSession) -> None:
    """Tell the session's sockets and the account's other ones what the row is now."""
    event = SessionUpdated.model_validate({"session": session_row(session)})
    await publish(session_group(session.pk), event)
    await publish(user_group(session.user_id), event)


def check_documents(user: AbstractBaseUser, ids: Iterable[int]) -> None:
    """Raises BadInput for documents that the user may not read; a missing one answers alike."""
    wanted = set(ids)
    if wanted and documents.visible(user.pk).filter(pk__in=wanted).count() != len(wanted):
        raise BadInput(fields={"document_ids": [sentence("no such document", "없는 문서입니다.")]})


def check_folders(user: AbstractBaseUser, ids: Iterable[int]) -> None:
    """As `check_documents`, for folders."""
    wanted = set(ids)
    if wanted and folders.visible(user.pk).filter(pk__in=wanted).count() != len(wanted):
        raise BadInput(fields={"collection_ids": [sentence("no such folder", "없는 폴더입니다.")]})


def _check_names(given: dict[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise BadInput(fields={name: [sentence("unknown", "알 수 없는 항목입니다.")] for name in unknown})


def _leaf(session: ChatSession, message_id: object) -> int | None:
    if message_id is None:
        return None
    is_own = isinstance(message_id, int) and Message.objects.filter(pk=message_id, session=session).exists()
    if not is_own or not isinstance(message_id, int):
        raise NotFound
    return tree.newest_leaf_below(message_id)


def _persona(user: AbstractBaseUser, persona_id: object) -> Persona | None:
    return persona_of(user, persona_id) if isinstance(persona_id, int) else None


def _greet(user: AbstractBaseUser, session: ChatSession, persona: Persona) -> None:
    """The persona speaks first, if it has something to say."""
    voice = voice_for(user, persona)
    if not voice.greeting:
        return
    greeting = Message.objects.create(session=session, role=Message.Role.ASSISTANT, content=voice.greeting)
    search.index_messages([greeting])
    session.active_leaf = greeting
    session.save(update_fields=["active_leaf"])
