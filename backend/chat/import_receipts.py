"""An import that is sent again makes nothing twice: the field's `Idempotency-Key`, kept for a day with what came of it.

After draft-ietf-httpapi-idempotency-key-header. Kept are a hash of the body and ids, no word of what was brought in. A receipt is
written in the transaction of its import: it is there exactly when the sessions are. Synchronous, for a database thread.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser

from backend.chat.errors import KeyReused
from backend.chat.models import ChatSession, ImportReceipt
from backend.lib import clock
from backend.lib.errors import BadInput, sentence

HEADER = "Idempotency-Key"
KEPT_S = 24 * 3600.0
# The draft's form is a string in quotes, what most programs send has none.
_KEY = re.compile(r"[!#-\[\]-~]{1,128}")


class ImportKey(NamedTuple):
    """What makes two requests the same import: its caller's word for it, and the SHA-256 of its body."""

    word: str
    digest: str


def import_key(header: str, body: bytes) -> ImportKey:
    """Raises BadInput for what is no key."""
    is_quoted = len(header) > 1 and header[0] == header[-1] == '"'
    word = header[1:-1] if is_quoted else header
    if not _KEY.fullmatch(word):
        reason = sentence("1 to 128 visible ASCII characters", "공백이 없는 ASCII 문자 1자에서 128자 사이여야 합니다.")
        raise BadInput(fields={HEADER: [reason]})
    return ImportKey(word, hashlib.sha256(body).hexdigest())


def made_before(user: AbstractBaseUser, key: ImportKey) -> list[ChatSession] | None:
    """The sessions that `key` made, without what was deleted since; None: it made none yet. Raises KeyReused."""
    receipt = ImportReceipt.objects.filter(user_id=user.pk, key=key.word).first()
    if receipt is None:
        return None
    if receipt.digest != key.digest:
        raise KeyReused
    return list(ChatSession.objects.filter(user_id=user.pk, pk__in=receipt.session_ids).order_by("pk"))


def begin(user: AbstractBaseUser, key: ImportKey) -> ImportReceipt:
    """First of all in the transaction: the same import once more waits here for the end of this one, and gets IntegrityError."""
    return ImportReceipt.objects.create(user_id=user.pk, key=key.word, digest=key.digest, created_at=clock.now())


def end(receipt: ImportReceipt, sessions: Iterable[ChatSession]) -> None:
    receipt.session_ids = [session.pk for session in sessions]
    receipt.save(update_fields=["session_ids"])


def drop_old() -> None:
    ImportReceipt.objects.filter(created_at__lt=clock.now() - timedelta(seconds=KEPT_S)).delete()
