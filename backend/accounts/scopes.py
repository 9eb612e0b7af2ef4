"""What an API key may reach. One rule for all routes, so that a new view cannot forget it.

`read` takes safe methods only, `chat` everything of chat, `admin` staff's routes (of a user who is staff: a key never can
what its user cannot). None touches the account or its keys.
"""

from __future__ import annotations

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ACCOUNT = "/api/auth/"
ME = "/api/auth/me/"
STAFF = ("/api/admin/", "/api/system/")


def key_may(scopes: frozenset[str], method: str, path: str) -> bool:
    """Whether a key of these scopes may do `method` on `path`."""
    if path.startswith(STAFF):
        return "admin" in scopes
    if path.startswith(ACCOUNT) and path != ME:
        return False
    if method in SAFE:
        return bool(scopes & {"read", "chat"})
    return "chat" in scopes and path != ME
