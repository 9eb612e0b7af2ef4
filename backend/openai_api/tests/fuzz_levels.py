"""Who asks in `test_schema_fuzz.py`. Apart from fuzz_hooks.py, so that collecting that test imports no Schemathesis."""

from __future__ import annotations

# Level of access → what the account is, and the scopes of the key that asks (None: its login).
LEVELS: dict[str, tuple[dict[str, bool], list[str] | None]] = {
    "stranger": ({}, None),
    "key that reads": ({}, ["read"]),
    "key that chats": ({}, ["chat"]),
    "user": ({}, None),
    "staff": ({"is_staff": True}, None),
    "administrator": ({"is_staff": True, "is_superuser": True}, None),
    "administrator's key": ({"is_staff": True, "is_superuser": True}, ["read", "chat", "admin"]),
}
