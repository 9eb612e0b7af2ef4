"""What text may be stored. Pure functions, no Django."""

from __future__ import annotations


def check_storable(text: str) -> str:
    """`text` itself. Raises ValueError for NUL (Postgres refuses it) and for lone surrogates (they are no UTF-8)."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    return text
