"""Whether a user may give the house a file: one rule for images and documents."""

from __future__ import annotations

from typing import Any, ClassVar

from backend import house
from backend.lib.errors import Forbidden, TooLarge
from backend.quotas.limits import MIB, limits_of


class UploadsOff(Forbidden):
    code = "uploads_off"
    texts: ClassVar = {
        "en": "Uploads are switched off on this server.",
        "ko": "이 서버에서는 업로드를 사용할 수 없습니다.",
    }


class UploadTooLarge(TooLarge):
    code = "upload_too_large"
    texts: ClassVar = {"en": "A file may have {limit} MiB.", "ko": "파일은 {limit}MiB까지 올릴 수 있습니다."}


def check_upload(user: Any, n_bytes: int) -> None:
    """Raises UploadsOff (never for staff) or UploadTooLarge."""
    if not house.flag("uploads") and not user.is_staff:
        raise UploadsOff
    limit = limits_of(user).upload_max_bytes
    if n_bytes > limit:
        raise UploadTooLarge(limit=limit // MIB)
