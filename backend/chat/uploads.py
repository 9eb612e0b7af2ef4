"""Images that users attach. What a file is, its content says, never its name or what the sender claims.

Nothing is decoded here: the header's size is checked and the bytes are kept as they came. Synchronous, for a database thread.
Documents are another matter (backend.memory): `take` passes them on as they are named.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Sum
from PIL import Image, UnidentifiedImageError

from backend.chat.errors import UploadsFull
from backend.chat.models import ChatSession, Upload
from backend.chat.rows import stamp
from backend.lib import clock
from backend.lib.errors import BadInput, TooLarge, sentence
from backend.llm.types import MAX_IMAGE_BYTES
from backend.memory import documents
from backend.quotas.limits import limits_of
from backend.quotas.uploads import check_upload

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
ROOM_BYTES = 1024 * 1024 * 1024  # of one user
UNTAKEN_S = 24 * 3600.0


def store(user: AbstractBaseUser, name: str, content: bytes, session: ChatSession | None = None) -> Upload:
    """`session` None: until a message takes it.

    Raises UploadsOff, TooLarge, BadInput for what is no image of MEDIA_TYPES, UploadsFull.
    """
    check_upload(user, len(content))
    if len(content) > MAX_BYTES:
        raise TooLarge
    media_type, width, height = measure(content)
    if used_bytes(user) + len(content) > ROOM_BYTES:
        raise UploadsFull
    return Upload.objects.create(
        user_id=user.pk,
        session=session,
        name=clean_name(name),
        media_type=media_type,
        width=width,
        height=height,
        n_bytes=len(content),
        content=content,
    )


def measure(content: bytes) -> tuple[str, int, int]:
    """(media type, width, height) as the header tells them. Raises BadInput."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=tuple(MEDIA_TYPES))
    # Pillow's parsers raise these and more on hostile headers; none of them is ours to tell apart.
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError,
            SyntaxError, OverflowError, EOFError):  # fmt: skip
        raise _no_image() from None
    width, height = image.size
    if not 0 < width * height <= MAX_PIXELS or image.format not in MEDIA_TYPES:
        raise _no_image()
    return MEDIA_TYPES[image.format], width, height


def clean_name(name: str) -> str:
    """The last part of a path, without what no file system or header takes."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    return kept[-255:] or "image"


def max_bytes(user: AbstractBaseUser) -> int:
    """Of one image."""
    return min(MAX_BYTES, limits_of(user).upload_max_bytes)


def used_bytes(user: AbstractBaseUser) -> int:
    return Upload.objects.filter(user_id=user.pk).aggregate(n=Sum("n_bytes"))["n"] or 0


def take(session: ChatSession, attachments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a message's attachments are, under their stored names; images belong to the session from now on,
    and so do documents that were given to a temporary chat.

    Raises BadInput for an image that is not this user's, or already another session's; TooLarge for more than one prompt takes.
    """
    if not attachments:
        return []
    ids = [item["id"] for item in attachments if item["kind"] == "image"]
    own = Upload.objects.filter(pk__in=ids, user_id=session.user_id).defer("content")
    found = {upload.pk: upload for upload in own if upload.session_id in (None, session.pk)}
    if missing := [str(id_) for id_ in ids if id_ not in found]:
        problem = sentence("is not there: {ids}", "찾을 수 없습니다: {ids}").format(ids=", ".join(missing))
        raise BadInput(fields={"attachments": [problem]})
    if sum(found[id_].n_bytes for id_ in ids) > MAX_IMAGE_BYTES:
        text = f"{MAX_IMAGE_BYTES >> 20} MiB"
        problem = sentence(f"images of at most {text} together", f"이미지를 모두 합해 {text}까지 보낼 수 있습니다")
        raise TooLarge(fields={"attachments": [problem]})
    Upload.objects.filter(pk__in=ids, session=None).update(session=session)
    given = [item["id"] for item in attachments if item["kind"] == "document"]
    if given:
        documents.take(session.user_id, given, session.pk if session.is_temporary else None)
    return [{**item, "name": found[item["id"]].name} if item["kind"] == "image" else dict(item) for item in attachments]


def drop_untaken() -> int:
    """Images that no message took within a day. Returns how many went."""
    before = clock.now() - timedelta(seconds=UNTAKEN_S)
    return Upload.objects.filter(session=None, created_at__lt=before).delete()[0]


def upload_row(upload: Upload) -> dict[str, Any]:
    names = ("session", "name", "media_type", "width", "height", "n_bytes")
    values = {name: getattr(upload, "session_id" if name == "session" else name) for name in names}
    return {"id": upload.pk, **values, "created_at": stamp(upload.created_at)}


def _no_image() -> BadInput:
    text = sentence(
        f"is no PNG, JPEG, WebP or GIF image of at most {MAX_PIXELS // 1_000_000} megapixels",
        f"PNG, JPEG, WebP, GIF 이미지가 아니거나 {MAX_PIXELS // 1_000_000}메가픽셀보다 큽니다",
    )
    return BadInput(fields={"file": [text]})
