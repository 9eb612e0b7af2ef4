"""How passwords are hashed, and checked in a time that tells nothing."""

from __future__ import annotations

import threading

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password
from django.db.models import Q

from backend.accounts.models import User

# Each hash takes 19 MiB and a core for a moment; a storm of logins must not take the machine.
_at_work = threading.BoundedSemaphore(4)

# Of a random password that nobody kept. Unknown names are checked against it, on the very path that known ones take.
NOBODYS = (
    "argon2$argon2id$v=19$m=19456,t=2,p=1$R0xqS1VTTkZxT2RsNUxFeEpRUFlpZg$fPX9GFii7whJ5eGogQo6Dclswn+PKpea8XMO0q5tq+4"
)


class Argon2(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters (Password Storage Cheat Sheet: m=19 MiB, t=2, p=1)."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _at_work:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        with _at_work:
            return bool(super().verify(password, encoded))


def user_by_password(name: str, password: str) -> User | None:
    """The active user of this username or email and password. Exactly one hash is computed, whoever asks for whom."""
    user = find_user(name)
    if user is None:
        check_password(password, NOBODYS)
        return None
    return user if user.check_password(password) and user.is_active else None


def find_user(name: str) -> User | None:
    """By username or, as usernames hold no @, by email; without regard to case."""
    if not name:
        return None
    return User.objects.filter(Q(email__iexact=name) if "@" in name else Q(username__iexact=name)).first()
