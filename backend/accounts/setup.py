"""The house's first minutes: the setup code that only somebody at the terminal can know, and invitations.

The code is stored as a hash in the data folder (0600), so every web process knows it and none can print it again; each
start prints a new one, which replaces it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.utils import timezone

from backend.accounts.models import User

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without what is read wrongly: I, L, O, 0, 1
GROUPS, GROUP_LENGTH = 3, 4
INVITE_LIFE = timedelta(days=7)
_signer = TimestampSigner(salt="maru.invite")


def needs_setup() -> bool:
    """Whether there is nobody yet: the next to register becomes the administrator."""
    return not User.objects.exists()


def needs_code() -> bool:
    """Whether the first administrator must prove to be at the machine. Not where nobody else can reach us."""
    return not settings.MARU.is_loopback


def setup_code_line() -> str | None:
    """What `serve` prints at start: one line with a fresh setup code, or None when none is needed."""
    if not needs_setup() or not needs_code():
        return None
    groups = ["".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)]
    code = "-".join(groups)
    _write(_digest(code))
    return f"Setup code for the first administrator (관리자 설정 코드): {code}"


def is_setup_code(code: str) -> bool:
    """Whether this is the code of the latest start. Case, dashes and spaces do not matter."""
    try:
        stored = _path().read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    return hmac.compare_digest(stored, _digest(code))


def forget_setup_code() -> None:
    _path().unlink(missing_ok=True)


def new_invite() -> tuple[str, datetime]:
    """(invitation, when it ends). It may be used by several people until then, say a class."""
    return _signer.sign(secrets.token_urlsafe(9)), timezone.now() + INVITE_LIFE


def is_invite(text: str) -> bool:
    try:
        _signer.unsign(text, max_age=INVITE_LIFE)
    except BadSignature:
        return False
    return True


def _path() -> Path:
    data_dir: Path = settings.MARU.data_dir
    return data_dir / "setup_code.sha256"


def _digest(code: str) -> str:
    return hashlib.sha256("".join(code.upper().replace("-", "").split()).encode()).hexdigest()


def _write(digest: str) -> None:
    path = _path()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(digest)
    draft.replace(path)
