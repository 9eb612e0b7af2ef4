"""Sessions from documents: ours and ChatGPT's export. Everything is checked before anything is written; one transaction.

The writer is an action: it tells the user's other sockets after the commit. Documents are hostile until checked: sizes,
counts, parents that are missing or come later (so no cycle can be), roles, texts no database takes.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, transaction
from pydantic import ValidationError

from backend.chat import expiry, import_receipts, origin, search, uploads
from backend.chat.chatgpt import MAX_SESSIONS, document_of, is_chatgpt
from backend.chat.events import SessionCreated, publish, user_group
from backend.chat.import_receipts import ImportKey
from backend.chat.models import ChatSession, Message, MessageMetadata, SessionConfig
from backend.chat.rows import session_row
from backend.chat.transfer_schema import FORMAT, MessagePart, SessionDocument
from backend.lib import clock, signed
from backend.lib.errors import BadInput, sentence
from backend.lib.problems import problem_sentence
from backend.lib.storage import in_db

_BATCH = 500
_MAX_REASONS = 20


async def import_sessions(user: AbstractBaseUser, data: object, key: ImportKey | None = None) -> list[ChatSession]:
    """The sessions made of `data`, decoded JSON; of what `key` made before, those. Raises BadInput (fields tell the places) and
    KeyReused; then nothing was written."""
    sessions = await in_db(import_receipts.made_before, user, key) if key else None
    if sessions is None:
        # A thread of its own: the database's serves everybody, and megabytes take their time.
        documents = await sync_to_async(read_documents, thread_sensitive=False)(data)
        sessions = await in_db(store_sessions, user, documents, key)
    # Of an import that came again, too: whoever made them may have died before it told.
    for session in sessions:
        event = SessionCreated.model_validate({"session": session_row(session)})
        await publish(user_group(session.user_id), event)
    return sessions


def store_sessions(
    user: AbstractBaseUser, documents: Sequence[SessionDocument], key: ImportKey | None = None
) -> list[ChatSession]:
    """All of them or none. Search learns of them afterwards: its work would hold the database's only writer for too long.

    A crash in between leaves whole sessions that search does not know; `reindex_search` heals that.
    """
    try:
        with transaction.atomic():
            receipt = import_receipts.begin(user, key) if key else None
            sessions = [_store(user, document) for document in documents]
            if receipt:
                import_receipts.end(receipt, sessions)
    except IntegrityError:
        # The same import was on its way, and is there now.
        before = import_receipts.made_before(user, key) if key else None
        if before is None:
            raise
        return before
    for session in sessions:
        search.index_title(session)
        ids = list(Message.objects.filter(session=session).order_by("id").values_list("id", flat=True))
        for first in range(0, len(ids), _BATCH):
            # HAZARD: a list, not an iterator. On SQLite a read that is still going on keeps its snapshot, and a write after
            # somebody else's then fails at once (“database is locked”), however long the timeout.
            search.index_messages(list(Message.objects.filter(id__in=ids[first : first + _BATCH]).order_by("id")))
    return sessions


def read_documents(data: object) -> list[SessionDocument]:
    """Checked documents of either format. Raises BadInput."""
    data = _unwrapped(data)
    if not is_chatgpt(data):  # nor a list of our own
        return [read_document(data)]
    conversations = data if isinstance(data, list) else [data]
    if not conversations or len(conversations) > MAX_SESSIONS:
        raise BadInput(
            fields={
                "conversations": [sentence(f"from 1 to {MAX_SESSIONS}", f"1개에서 {MAX_SESSIONS}개 사이여야 합니다.")]
            }
        )
    return [_of_several(conversation, f"conversations.{n}") for n, conversation in enumerate(conversations)]


def _unwrapped(data: object) -> object:
    """Of a signed export, of any house, the document in it, where nobody changed it. Raises BadInput."""
    if not isinstance(data, dict) or data.get("format") != signed.FORMAT:
        return data
    if not signed.is_unchanged(data):
        raise BadInput(
            fields={
                "signature": [
                    sentence("does not fit: the file was changed", "서명이 맞지 않습니다. 파일이 변경되었습니다.")
                ]
            }
        )
    try:
        return json.loads(data["document"])
    except (ValueError, RecursionError):
        raise BadInput(fields={"document": [sentence("is not valid JSON", "올바른 JSON이 아닙니다.")]}) from None


def _of_several(conversation: object, place: str) -> SessionDocument:
    """One of a list: of our own export of everything, or of ChatGPT's."""
    is_ours = isinstance(conversation, dict) and conversation.get("format") == FORMAT
    return read_document(conversation if is_ours else document_of(conversation, place), f"{place}.")


def read_document(data: object, place: str = "") -> SessionDocument:
    """A checked document of our format. Raises BadInput."""
    if not isinstance(data, dict):
        raise BadInput(
            fields={
                f"{place}format": [
                    sentence(
                        "must be a Maru session or a ChatGPT export", "마루 대화나 ChatGPT 내보내기 파일이어야 합니다."
                    )
                ]
            }
        )
    try:
        document = SessionDocument.model_validate(data)
    except ValidationError as error:
        raise BadInput(fields=_fields(error, place)) from None
    problems = _tree_problems(document) + _image_problems(document)
    if problems:
        raise BadInput(fields={f"{place}{name}": [reason] for name, reason in problems[:_MAX_REASONS]})
    return document


def _tree_problems(document: SessionDocument) -> list[tuple[str, str]]:
    problems = []
    seen: set[int] = set()
    client_ids: set[object] = set()
    for n, message in enumerate(document.messages):
        if message.key in seen:
            problems.append((f"messages.{n}.key", sentence("is there twice", "두 번 나옵니다.")))
        if message.parent is not None and message.parent not in seen:
            problems.append(
                (f"messages.{n}.parent", sentence("must come before its child", "답장보다 먼저 나와야 합니다."))
            )
        if message.client_id is not None and message.client_id in client_ids:
            problems.append((f"messages.{n}.client_id", sentence("is there twice", "두 번 나옵니다.")))
        seen.add(message.key)
        client_ids.add(message.client_id)
    if document.active_leaf is not None and document.active_leaf not in seen:
        problems.append(("active_leaf", sentence("is no message of this document", "이 문서에 없는 메시지입니다.")))
    return problems


def _image_problems(document: SessionDocument) -> list[tuple[str, str]]:
    problems = []
    seen: set[int] = set()
    for n, image in enumerate(document.images):
        try:
            uploads.measure(b64decode(image.content))
        except BadInput:
            problems.append(
                (
                    f"images.{n}.content",
                    sentence("is no PNG, JPEG, WebP or GIF image", "PNG, JPEG, WebP, GIF 이미지가 아닙니다."),
                )
            )
        if image.id in seen:
            problems.append((f"images.{n}.id", sentence("is there twice", "두 번 나옵니다.")))
        seen.add(image.id)
    return problems


def _store(user: AbstractBaseUser, document: SessionDocument) -> ChatSession:
    origin.drop_foreign_ids(document, user.pk)
    now = clock.now()
    fields = expiry.with_end(document.session.model_dump())
    fields["created_at"] = fields["created_at"] or now
    fields["last_activity_at"] = fields["last_activity_at"] or now
    session = ChatSession.objects.create(user_id=user.pk, **fields)
    SessionConfig.objects.create(session=session, **document.config.model_dump())
    ids = _store_messages(session, document.messages, _store_images(user, session, document))
    if document.active_leaf is not None:
        session.active_leaf_id = ids[document.active_leaf]
        session.save(update_fields=["active_leaf", "updated_at"])
    return session


def _store_images(user: AbstractBaseUser, session: ChatSession, document: SessionDocument) -> dict[int, int]:
    """Upload ids by the document's. Only what a message names comes in. Raises UploadsOff, TooLarge, UploadsFull."""
    named = {each.id for part in document.messages for each in part.attachments if each.kind == "image"}
    return {
        image.id: uploads.store(user, image.name, b64decode(image.content), session).pk
        for image in document.images
        if image.id in named
    }


def _store_messages(session: ChatSession, parts: Sequence[MessagePart], images: Mapping[int, int]) -> dict[int, int]:
    """Message ids by key. Parents are set in a second step: an id is only known once its row is there."""
    now = clock.now()
    messages = [_message(session, part, images, now) for part in parts]
    Message.objects.bulk_create(messages, batch_size=_BATCH)
    ids = {part.key: message.pk for part, message in zip(parts, messages, strict=True)}
    links = [(ids[part.parent], ids[part.key]) for part in parts if part.parent is not None]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE chat_message SET parent_id = %s WHERE id = %s", links)
    MessageMetadata.objects.bulk_create(
        [
            MessageMetadata(message=message, **part.metadata.model_dump())
            for part, message in zip(parts, messages, strict=True)
            if part.metadata
        ],
        batch_size=_BATCH,
    )
    return ids


def _message(session: ChatSession, part: MessagePart, images: Mapping[int, int], now: Any) -> Message:
    fields = part.model_dump(exclude={"key", "parent", "metadata"})
    # An id that is not the document's own would name somebody else's image, or another one of the same user.
    there = [each for each in fields["attachments"] if each["kind"] != "image" or each["id"] in images]
    fields["attachments"] = [{**each, "id": images[each["id"]]} if each["kind"] == "image" else each for each in there]
    fields["timestamp"] = fields["timestamp"] or now
    return Message(session=session, **fields)


def _fields(error: ValidationError, place: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False)[:_MAX_REASONS]:
        where = place + ".".join(str(part)[:40] for part in problem["loc"])
        fields.setdefault(where, []).append(problem_sentence(problem))
    return fields
