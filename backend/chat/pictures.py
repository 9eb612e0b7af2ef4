"""Which images of a conversation its model is shown, and what stands in the prompt for those it is not.

The newest MAX_IMAGES go, of at most MAX_IMAGE_BYTES together; those of the question always. Older ones leave in steps, so
that the prompt stays what it was, and is found in the engine's prefix cache, from one image to the next. A model that does not
see is shown none. For each that is left out a short mark stands in its message, and the reply says how many there are.
Synchronous; `branch_pictures` and `load` are for a database thread.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.chat.history import Attached, Row
from backend.chat.models import Upload
from backend.llm.types import MAX_IMAGE_BYTES, MAX_IMAGES, Image

DROP_STEP = 4
MARK = "[Image “{name}” is left out here.]"
# What an image takes of the context is its model's to know; most cut it into patches of about this side, up to a limit.
PATCH_PIXELS, MAX_IMAGE_TOKENS = 28, 4096


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the branch. `upload` None: its bytes are gone, or were never here."""

    message: int
    name: str
    upload: int | None
    n_bytes: int = 0
    n_tokens: int = 0  # estimated


def branch_pictures(attached: Sequence[Attached], session_id: int, user_id: int) -> tuple[Picture, ...]:
    """In the order of the conversation. Asks the database nothing where no message has an image."""
    named = [(message_id, each) for message_id, each in attached if each.get("kind") == "image"]
    if not named:
        return ()
    own = Upload.objects.filter(pk__in={each["id"] for _, each in named}, user_id=user_id, session=session_id)
    found = {row["id"]: row for row in own.values("id", "name", "n_bytes", "width", "height")}
    return tuple(_picture(message_id, each, found.get(each["id"])) for message_id, each in named)


def _picture(message_id: int, named: Mapping[str, Any], row: Mapping[str, Any] | None) -> Picture:
    name = str(named.get("name") or "image")
    if row is None:
        return Picture(message_id, name, None)
    n_tokens = -(-row["width"] // PATCH_PIXELS) * -(-row["height"] // PATCH_PIXELS)
    return Picture(message_id, name, row["id"], row["n_bytes"], min(n_tokens, MAX_IMAGE_TOKENS))


def chosen(pictures: Sequence[Picture], question: int | None, *, sees: bool) -> list[Picture]:
    """Those that the model is shown, in their order. `question`: the message whose images always go."""
    there = [picture for picture in pictures if picture.upload is not None] if sees else []
    n_kept = n_bytes = 0
    for picture in reversed(there):
        n_bytes += picture.n_bytes
        if n_kept == MAX_IMAGES or n_bytes > MAX_IMAGE_BYTES:
            break
        n_kept += 1
    n_asked = sum(1 for picture in there if picture.message == question)
    n_dropped = -(-(len(there) - n_kept) // DROP_STEP) * DROP_STEP
    return there[min(n_dropped, len(there) - n_asked) :]


def load(pictures: Sequence[Picture]) -> dict[int, tuple[Image, ...]]:
    """Message id → its images, whole. What was deleted meanwhile is not there."""
    rows = Upload.objects.filter(pk__in={picture.upload for picture in pictures})
    urls = {
        id_: _url(media_type, bytes(content))
        for id_, media_type, content in rows.values_list("id", "media_type", "content")
    }
    loaded: dict[int, tuple[Image, ...]] = {}
    for picture in pictures:
        if picture.upload in urls:
            loaded[picture.message] = (*loaded.get(picture.message, ()), Image(urls[picture.upload]))
    return loaded


def marked(message: Row, pictures: Sequence[Picture], shown: Collection[Picture]) -> str:
    """The message's text, below a mark for each of its images that is not shown."""
    gone = [MARK.format(name=each.name) for each in pictures if each.message == message.pk and each not in shown]
    return "\n".join([*gone, message.content])


def _url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
