"""What leaves the house with its signature (Ed25519, RFC 8032), so that others can tell later whether it was changed.

The key is made from SECRET_KEY: the same in every process, another one when that changes. A signature says that this house gave
out this text at this time by its own clock; not that the text is true. `tools/verify_export.py` checks it without Maru.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

FORMAT, VERSION, ALGORITHM = "maru.signed", 1, "Ed25519"


def public_key() -> str:
    """The house's, 32 bytes in base64."""
    return base64.b64encode(_key().public_key().public_bytes_raw()).decode()


def signed(document: str, signed_at: str) -> dict[str, Any]:
    """`document` as it is, a text in a text: whoever checks it has the very bytes that were signed."""
    value = base64.b64encode(_key().sign(_bytes_of(document, signed_at))).decode()
    signature = {"algorithm": ALGORITHM, "public_key": public_key(), "signed_at": signed_at, "value": value}
    return {"format": FORMAT, "version": VERSION, "document": document, "signature": signature}


def is_unchanged(envelope: dict[str, Any]) -> bool:
    """Whether the signature fits the text and the key that stands beside it; whose key that is, it does not say."""
    try:
        signature = envelope["signature"]
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["public_key"], validate=True))
        value = base64.b64decode(signature["value"], validate=True)
        key.verify(value, _bytes_of(envelope["document"], signature["signed_at"]))
    except (InvalidSignature, binascii.Error, KeyError, TypeError, ValueError, AttributeError):
        return False
    return bool(signature.get("algorithm") == ALGORITHM)


def _bytes_of(document: str, signed_at: str) -> bytes:
    return f"{FORMAT}.{VERSION}\n{signed_at}\n{document}".encode()


def _key() -> Ed25519PrivateKey:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"maru signed exports")
    return Ed25519PrivateKey.from_private_bytes(derived.derive(settings.SECRET_KEY.encode()))
