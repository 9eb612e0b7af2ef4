"""What staff does to accounts. Decides who may; accounts.actions does it; every act is in the audit log.

Staff looks after plain users; administrators after everybody and the roles. Nobody does it to himself: that way lies a house
without an administrator, and `auth/me/` is for oneself.
"""

from __future__ import annotations

import secrets
from typing import Any, Literal

from django.db import transaction
from rest_framework.request import Request

from backend.accounts import actions
from backend.accounts.erasure import erase_user
from backend.accounts.models import User
from backend.lib.errors import Conflict, Forbidden, NotFound
from backend.ops.audit import record

Role = Literal["user", "staff", "admin"]
ROLES: tuple[Role, ...] = ("user", "staff", "admin")


def role_of(user: User) -> Role:
    return "admin" if user.is_superuser else "staff" if user.is_staff else "user"


def subject(request: Request, user_id: int) -> User:
    """The account that the asker may act upon. Raises NotFound, Conflict (it is his own), Forbidden (it ranks as high)."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound
    if user.pk == request.user.pk:
        raise Conflict
    if role_of(user) != "user" and not _is_admin(request):
        raise Forbidden
    return user


def create(request: Request, fields: dict[str, Any], role: Role) -> tuple[User, str]:
    """A new account and its first password, which is shown once. Raises BadInput for a name that is taken."""
    if role != "user" and not _is_admin(request):
        raise Forbidden
    password = new_password()
    with transaction.atomic():
        user = actions.create_account(**fields, password=password)
        if role != "user":
            actions.set_role(user, is_staff=True, is_superuser=role == "admin")
        record(request, "user.create", target_kind="user", target_id=user.pk, changes={"role": (None, role)})
    return user, password


def change(request: Request, user: User, *, role: Role | None = None, is_active: bool | None = None) -> None:
    """Raises what `subject` raises, too: by now both may be others than they were."""
    with transaction.atomic():
        user = _as_they_are(request, user)
        before = role_of(user)
        if role is not None and role != before:
            if not _is_admin(request):
                raise Forbidden
            actions.set_role(user, is_staff=role != "user", is_superuser=role == "admin")
            record(request, "user.role", target_kind="user", target_id=user.pk, changes={"role": (before, role)})
        if is_active is not None and is_active != user.is_active:
            actions.set_active(user, is_active)
            record(request, f"user.{'' if is_active else 'de'}activate", target_kind="user", target_id=user.pk)


def log_out(request: Request, user: User) -> None:
    with transaction.atomic():
        actions.end_logins(user)
        record(request, "user.logout", target_kind="user", target_id=user.pk)


def reset_password(request: Request, user: User) -> str:
    """A new password that is shown once; every login of the user ends."""
    password = new_password()
    with transaction.atomic():
        actions.set_password(user, password)
        record(request, "user.password_reset", target_kind="user", target_id=user.pk)
    return password


def delete(request: Request, user: User) -> None:
    """Erase the account with all it has. Administrators only."""
    if not _is_admin(request):
        raise Forbidden
    user_id, role = user.pk, role_of(user)
    changes = {"role": (role, None)}

    def told() -> None:
        record(request, "user.delete", target_kind="user", target_id=user_id, changes=changes)

    erase_user(user, along=told, check=lambda: _as_they_are(request, user))


def new_password() -> str:
    """95 bits, in groups that can be read out over the telephone."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(5))


def _as_they_are(request: Request, user: User) -> User:
    """`user` anew, and the asker, until the transaction ends. Whoever acts is still an administrator then, and never acts upon
    himself: that keeps the house from losing its last one when two act upon each other."""
    actions.hold_administrators()
    asker = User.objects.filter(pk=request.user.pk or 0, is_active=True, is_staff=True).first()
    if asker is None:
        raise Forbidden
    request.user = asker
    return subject(request, user.pk)


def _is_admin(request: Request) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
