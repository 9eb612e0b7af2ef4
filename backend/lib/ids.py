"""Ids of the outside: what no row can have never reaches a database (SQLite overflows above 2**63-1)."""

from __future__ import annotations

import re

from backend.lib.errors import NotFound

MAX_ID = 2**63 - 1


def object_id(text: str) -> int:
    """An id from an address. Raises NotFound for everything that no row can have."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or not 1 <= int(text) <= MAX_ID:
        raise NotFound
    return int(text)
