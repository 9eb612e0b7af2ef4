"""Secrets that have to be stored and shown again to others (keys of engines, tokens of hubs): encrypted at rest.

The key is made from SECRET_KEY, which lies outside of the database: in the environment, or in a file of the data folder. Who has
the database, or a backup of it alone, has no secret. `purpose` parts the keys: what was sealed for one thing opens for no other.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(Exception):
    """Sealed with another SECRET_KEY, for another purpose, or damaged."""


def seal(text: str, purpose: str) -> str:
    """Empty stays empty."""
    return _fernet(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, purpose: str) -> str:
    """Raises CannotOpen."""
    if not sealed:
        return ""
    try:
        return _fernet(purpose).decrypt(sealed.encode()).decode()
    except (InvalidToken, ValueError) as error:
        raise CannotOpen(purpose) from error


def _fernet(purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"maru sealed {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
