"""Erasing a user, with everything that is theirs.

Rows go by cascade. What lives outside the database (vectors, files, running replies) is registered with `on_erase` by the
app that keeps it, in its AppConfig.ready: accounts know nobody above them.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from backend.accounts.actions import hold_administrators
from backend.accounts.errors import LastAdministrator
from backend.accounts.logins import announce_after_commit
from backend.accounts.models import User
from backend.lib.storage import empty_the_log

_erasers: list[Callable[[int], None]] = []


def _nothing() -> None:
    pass


def on_erase(eraser: Callable[[int], None]) -> None:
    """`eraser(user_id)` runs before the rows go. It must be harmless to run twice; if it raises, nothing is erased."""
    if eraser not in _erasers:
        _erasers.append(eraser)


def erase_user(user: User, *, along: Callable[[], None] = _nothing, check: Callable[[], object] = _nothing) -> None:
    """Delete `user` and everything of theirs. Raises LastAdministrator while others would be left without one.

    `along` writes in the same transaction: neither is there without the other. `check` raises in it what forbids it by then.
    """
    user_id = user.pk
    if _is_last_administrator(user):
        raise LastAdministrator()
    for eraser in _erasers:
        eraser(user_id)
    with transaction.atomic():
        hold_administrators()
        check()
        if _is_last_administrator(user):
            raise LastAdministrator()
        user.delete()
        along()
        announce_after_commit(user_id, None)
    empty_the_log()


def _is_last_administrator(user: User) -> bool:
    if not user.is_superuser:
        return False
    others = User.objects.exclude(pk=user.pk)
    return others.exists() and not others.filter(is_superuser=True, is_active=True).exists()
