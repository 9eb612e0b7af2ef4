"""What a user may: his own limits where he has any, else his role's. An API key's own stand below them. Synchronous."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.contrib.auth import get_user_model

from backend import house
from backend.lib.storage import in_db
from backend.quotas.models import KeyLimits, UserLimits

Role = Literal["user", "staff", "admin"]
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Caps:
    """What admission asks. 0: no limit."""

    messages_per_day: int = 0
    tokens_per_day: int = 0
    concurrent_turns: int = 0

    @property
    def has_any(self) -> bool:
        return bool(self.messages_per_day or self.tokens_per_day or self.concurrent_turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Caps):
    """A weight is at least 1. The house's largest file stands above `upload_max_mib`."""

    priority_weight: int
    upload_max_mib: int

    @property
    def upload_max_bytes(self) -> int:
        house_mib = house.number("upload_max_mib")
        return min(self.upload_max_mib or house_mib, house_mib) * MIB


NAMES = tuple(Limits.__dataclass_fields__)
CAPS = tuple(Caps.__dataclass_fields__)


def limits_of_role(role: Role) -> Limits:
    return Limits(**{name: house.number(f"{name}_{role}") for name in NAMES})


async def all_of(user: Any) -> tuple[Limits, Caps]:
    """Of a User, and of the API key that he came by. Without a query where they were read with him (credentials.py)."""
    is_read = _together().is_cached(user) and (user.by_key_id is None or user.by_key_caps is not None)
    return _all_of(user) if is_read else await in_db(_all_of, user)


def _all_of(user: Any) -> tuple[Limits, Caps]:
    key_id, caps = user.by_key_id, user.by_key_caps
    return limits_of(user), caps or (Caps() if key_id is None else caps_of_key(key_id))


def _together() -> Any:
    return UserLimits._meta.get_field("user").remote_field


def limits_of(user: Any) -> Limits:
    """Of a User. One query, or none of a user that was read together with his `limits`."""
    if _together().is_cached(user):
        row = _together().get_cached_value(user)
        own = {name: getattr(row, name) for name in NAMES} if row else {}
    else:
        own = UserLimits.objects.filter(pk=user.pk).values(*NAMES).first() or {}
    said = {name: value for name, value in own.items() if value is not None}
    return Limits(**{**asdict(limits_of_role(role_of(user))), **said})


def limits_of_id(user_id: int) -> Limits:
    """Raises DoesNotExist."""
    return limits_of(get_user_model().objects.only("is_staff", "is_superuser").get(pk=user_id))


def caps_of_key(key_id: int) -> Caps:
    return caps_of_row(KeyLimits.objects.filter(pk=key_id).first())


def caps_of_row(row: KeyLimits | None) -> Caps:
    return Caps(*(getattr(row, name) for name in CAPS)) if row else Caps()


def role_of(user: Any) -> Role:
    return "admin" if user.is_superuser else "staff" if user.is_staff else "user"
