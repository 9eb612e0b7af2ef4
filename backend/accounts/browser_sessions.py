"""The session engine (SESSION_ENGINE): Django's database sessions in `BrowserSession`, which knows its user."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from backend.accounts.models import BrowserSession


class SessionStore(DatabaseStore):
    """Reads and writes `BrowserSession`. A session that was ended elsewhere cannot be saved back (UpdateError)."""

    cache_key_prefix = ""

    @classmethod
    def of(cls, row: BrowserSession) -> SessionStore:
        """The session of a row that was just read, which is not read again."""
        session = cls(row.session_key)
        session._session_cache = session.decode(row.session_data)  # type: ignore[attr-defined]
        return session

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        return BrowserSession

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        row = cast(BrowserSession, super().create_model_instance(data))
        user_id = data.get(SESSION_KEY)
        row.user_id = int(user_id) if user_id is not None else None
        return row
