"""One session as a document: our JSON (transfer_schema.py) or Markdown for people. Reads only; a database thread's."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from backend.chat import origin, tree
from backend.chat.models import ChatSession, Message, MessageMetadata, SessionConfig, Upload
from backend.chat.rows import stamp
from backend.chat.transfer_schema import FORMAT, MAX_IMAGES, ConfigPart, MessagePart, MetadataPart, SessionPart

_HEADINGS = {
    "en": {
        "user": "You",
        "assistant": "Answer",
        "system": "System",
        "untitled": "Untitled chat",
        "image": "Image",
        "document": "Document",
    },
    "ko": {
        "user": "나",
        "assistant": "답변",
        "system": "시스템",
        "untitled": "제목 없는 대화",
        "image": "이미지",
        "document": "문서",
    },
}


MAX_IMAGE_BYTES = 40 * 1024 * 1024  # of one document
# What comes in again may have 64 MiB (chat_project/body_limit.py), images as base64; the rest is for settings and names.
MAX_DOCUMENT_BYTES = 62 * 1024 * 1024


def as_document(session: ChatSession) -> dict[str, Any]:
    """The whole tree with config and metadata. Keys count the messages from 0, images from 1; `origin` goes with all other ids.

    It can come in again: above MAX_DOCUMENT_BYTES the oldest prompts that the model was shown are left out, which the
    messages tell anew; images above MAX_IMAGE_BYTES together, or without room beside the messages, are only named.
    """
    messages = list(Message.objects.filter(session=session).select_related("metadata", "comparison").order_by("id"))
    keys = {message.pk: key for key, message in enumerate(messages)}
    taken = dict(Upload.objects.filter(session=session).order_by("id").values_list("id", "n_bytes"))
    images = {upload_id: n for n, upload_id in enumerate(taken, 1)}
    config = SessionConfig.objects.filter(session=session).first() or SessionConfig(session=session)
    parts = [_message(message, keys, images) for message in messages]
    room = MAX_DOCUMENT_BYTES - _shortened(
        parts, MAX_DOCUMENT_BYTES - _in_base64(min(MAX_IMAGE_BYTES, sum(taken.values())))
    )
    return {
        "format": FORMAT,
        "version": 1,
        "session": _plain(session, SessionPart),
        "config": _plain(config, ConfigPart),
        "messages": parts,
        "active_leaf": keys.get(session.active_leaf_id),  # type: ignore[arg-type]
        "images": _images(images, taken, room),
        "origin": origin.of_user(session.user_id),
    }


def as_markdown(session: ChatSession) -> str:
    """The branch that is shown, as people read it."""
    words = _HEADINGS.get((get_language() or "en").split("-")[0], _HEADINGS["en"])
    title = " ".join(session.title.split()) or words["untitled"]
    parts = [f"# {title}"]
    for message in tree.branch(session.active_leaf_id):
        parts.append(f"## {words[message.role]} · {message.timestamp:%Y-%m-%d %H:%M} UTC")
        parts += [f"> {words[each['kind']]}: {each['name']}" for each in message.attachments]
        parts.append(message.content.strip())
    return "\n\n".join(part for part in parts if part) + "\n"


def _shortened(messages: list[dict[str, Any]], room: int) -> int:
    """Takes prompts from the oldest messages on until all fit into `room`, or none is left. Returns the bytes they have."""
    n_bytes = sum(_n_bytes(message) + 2 for message in messages)
    for message in messages:
        if n_bytes <= room:
            break
        if message["metadata"] and message["metadata"]["rendered_prompt"]:
            n_bytes -= _n_bytes(message["metadata"]["rendered_prompt"]) - 2
            message["metadata"]["rendered_prompt"] = ""
    return n_bytes


def _n_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _in_base64(n_bytes: int) -> int:
    return -(-n_bytes // 3) * 4


def _images(keys: dict[int, int], sizes: dict[int, int], room: int) -> list[dict[str, Any]]:
    """Those that fit. `sizes`: bytes of each; `room`: for all of them, as base64."""
    fitting: list[int] = []
    n_bytes = 0
    for upload_id, size in sizes.items():
        fits = n_bytes + size <= MAX_IMAGE_BYTES and _in_base64(n_bytes + size) <= room
        if fits and len(fitting) < MAX_IMAGES:
            fitting.append(upload_id)
            n_bytes += size
    uploads = Upload.objects.filter(pk__in=fitting).order_by("id")
    return [
        {"id": keys[upload.pk], "name": upload.name, "content": b64encode(upload.content).decode()}
        for upload in uploads.iterator(chunk_size=1)  # they are large
    ]


def _attachment(named: dict[str, Any], images: dict[int, int]) -> dict[str, Any]:
    """An image that is gone keeps a number that no image of this document has."""
    return {**named, "id": images.get(named["id"], len(images) + 1)} if named["kind"] == "image" else named


def _message(message: Message, keys: dict[int, int], images: dict[int, int]) -> dict[str, Any]:
    part = _plain(message, MessagePart, skip=("key", "parent", "metadata"))
    part["attachments"] = [_attachment(named, images) for named in message.attachments]
    if message.is_live:
        part["status"] = str(Message.Status.INTERRUPTED)
    metadata: MessageMetadata | None = getattr(message, "metadata", None)
    if message.hides_model:
        metadata, part["token_count"], part["processing_time"] = None, None, None
    return {
        "key": keys[message.pk],
        "parent": None if message.parent_id is None else keys[message.parent_id],
        **part,
        "client_id": str(message.client_id) if message.client_id else None,
        "metadata": _plain(metadata, MetadataPart) if metadata else None,
    }


def _plain(row: Any, part: Any, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in part.model_fields if name not in skip}
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in values.items()}
