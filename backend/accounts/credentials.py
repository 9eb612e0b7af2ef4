"""From what a visitor carries (session cookie, bearer token, API key) to the login it stands for.

The only reader of credentials: REST (authentication.py) and sockets (chat_project/socket_auth.py) both come here.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from knox.crypto import hash_token
from knox.models import AuthToken

from backend.accounts.browser_sessions import SessionStore
from backend.accounts.logins import login_id_of_key, login_id_of_session, login_id_of_token, wait_for_end
from backend.accounts.models import ApiKey, BrowserSession, KnownLogin, User
from backend.lib.prepared import Prepared
from backend.quotas.limits import caps_of_row

KEY_PREFIX = "maru-"
MAX_TOKEN_LENGTH = 200
LAST_USED_STEP = timedelta(minutes=1)
BACKEND = "django.contrib.auth.backends.ModelBackend"

_USED = KnownLogin.objects.filter(token_digest=OuterRef("digest")).values("last_used_at")[:1]
_TOKEN = Prepared(
    lambda digest: (
        AuthToken.objects.select_related("user__limits").annotate(used_at=Subquery(_USED)).filter(digest=digest)
    ),
    str,
)
_KEY = Prepared(lambda digest: ApiKey.objects.select_related("user__limits", "own_limits").filter(digest=digest), str)
_SESSION = Prepared(
    lambda session_key, now: BrowserSession.objects.select_related("user").filter(
        session_key=session_key, expire_date__gt=now
    ),
    str,
    datetime,
)
_STILL = Prepared(
    lambda session_key, now: BrowserSession.objects.filter(
        session_key=session_key, expire_date__gt=now, user__is_active=True
    ).values_list("user_id", "user__password"),
    str,
    datetime,
)


@dataclass(frozen=True)
class Login:
    """Who is there, and by which credential. `scopes` None: a person, who may do everything the user may."""

    user: User
    login_id: str
    expires_at: datetime | None
    scopes: frozenset[str] | None = None
    token_digest: str | None = None

    async def ended(self) -> None:
        """Return when this login has ended, be it by its time, for streams that would outlive it."""
        await wait_for_end(self.user.pk, self.login_id, self.expires_at)


def resolve_bearer(token: str) -> Login | None:
    """The login of a token or API key; None when it is unknown, expired, or its user inactive."""
    if not token.isascii() or len(token) > MAX_TOKEN_LENGTH:
        return None
    return _of_key(token) if token.startswith(KEY_PREFIX) else _of_token(token)


def resolve_session(session_key: str | None) -> Login | None:
    """The login of a browser session; None when it is unknown, expired, or of an older password."""
    if not session_key or not session_key.isascii() or len(session_key) > 40:
        return None
    row = _SESSION.first(session_key, timezone.now())
    if row is None:
        return None
    session = SessionStore.of(row)
    user: Any = row.user if _fits(session, row.user) else get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    if not isinstance(user, User) or session.session_key is None:
        return None
    return Login(user, login_id_of_session(session.session_key), session.get_expiry_date())


def is_session_there(session_key: str, user: User) -> bool:
    """Whether the session that was this user's a moment ago still is. What would refuse him since then is seen in the user's
    row (inactive, another password), or has taken the session's away."""
    return _STILL.tuples(session_key, timezone.now()) == [(user.pk, user.password)]


def _fits(session: SessionStore, user: User | None) -> bool:
    """What get_user would find, which reads the user once more. Where it does not fit, that is Django's to judge: it knows
    former secrets, and flushes a session of an older password."""
    return (
        user is not None
        and user.is_active
        and session.get(SESSION_KEY) == str(user.pk)
        and session.get(BACKEND_SESSION_KEY) == BACKEND
        and constant_time_compare(session.get(HASH_SESSION_KEY) or "", user.get_session_auth_hash())
    )


def new_key() -> tuple[str, str]:
    """A fresh API key: (text to show once, digest to store)."""
    text = KEY_PREFIX + secrets.token_urlsafe(32)
    return text, digest_of_key(text)


def digest_of_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _of_token(token: str) -> Login | None:
    # Looked up by the digest of 256 random bits: what the index's timing tells about a digest helps nobody.
    row: Any = _TOKEN.first(hash_token(token))
    now = timezone.now()
    if row is None or not row.user.is_active or (row.expiry is not None and row.expiry <= now):
        return None
    if row.used_at is not None and row.used_at < now - LAST_USED_STEP:
        note_use(row.digest)
    return Login(row.user, login_id_of_token(row.digest), row.expiry, token_digest=row.digest)


def note_use(token_digest: str | None) -> None:
    """Remember that this login was used, to the minute."""
    now = timezone.now()
    stale = KnownLogin.objects.filter(token_digest=token_digest or "-", last_used_at__lt=now - LAST_USED_STEP)
    # HAZARD: an UPDATE waits for SQLite's one writer even where it finds no row; every request passes here.
    if stale.exists():
        stale.update(last_used_at=now)


def _of_key(token: str) -> Login | None:
    row = _KEY.first(digest_of_key(token))
    now = timezone.now()
    if row is None or not row.user.is_active or (row.expires_at is not None and row.expires_at <= now):
        return None
    if row.last_used_at is None or row.last_used_at < now - LAST_USED_STEP:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
        ApiKey.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    row.user.by_key_id, row.user.by_key_caps = row.pk, caps_of_row(getattr(row, "own_limits", None))
    return Login(row.user, login_id_of_key(row.digest), row.expires_at, scopes=frozenset(row.scopes))
