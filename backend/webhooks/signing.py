"""The secret of a webhook and what it signs. Pure.

`Maru-Signature: t=<unix seconds>,v1=<hex>`, the hex being HMAC-SHA256 over `<t>.<body>`: a receiver compares it in constant time
and refuses what is older than it likes, so a request that was overheard cannot be sent again later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"


def new_salt() -> str:
    return secrets.token_urlsafe(32)


def secret_of(salt: str, house_key: str) -> str:
    """The same each time, from a salt in the database and a key that is not in it. A new house key makes new secrets."""
    digest = hmac.new(house_key.encode(), b"maru.webhook." + salt.encode(), hashlib.sha256).digest()
    return PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signature(secret: str, body: bytes, at_s: int) -> str:
    """The header's value."""
    made = hmac.new(secret.encode(), str(at_s).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={made}"
