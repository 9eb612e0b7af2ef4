"""How much a user wrote and got, by day. Read from the messages themselves; writes and keeps nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from backend.chat.models import ChatSession, Message
from backend.chat.uploads import used_bytes
from backend.lib import clock

MAX_DAYS = 366


def usage(user: AbstractBaseUser, zone: ZoneInfo, n_days: int) -> dict[str, Any]:
    """The last `n_days` days of `zone`, today included, every day there is."""
    today = clock.now().astimezone(zone).date()
    first = today - timedelta(days=n_days - 1)
    rows = Message.objects.filter(
        session__user_id=user.pk,
        session__deleted_at=None,
        timestamp__gte=datetime.combine(first, time.min, zone),
    )
    by_day = (
        rows.annotate(day=TruncDate("timestamp", tzinfo=zone))
        .values("day")
        .annotate(
            n_messages=Count("id", filter=Q(role=Message.Role.USER)),
            # A greeting answers nobody.
            n_replies=Count("id", filter=Q(role=Message.Role.ASSISTANT, parent__isnull=False)),
            prompt_tokens=Sum("metadata__prompt_tokens"),
            completion_tokens=Sum("metadata__completion_tokens"),
        )
    )
    nothing = {"n_messages": 0, "n_replies": 0, "prompt_tokens": 0, "completion_tokens": 0}
    known = {row["day"]: {name: dict(row)[name] or 0 for name in nothing} for row in by_day}
    days = [first + timedelta(days=n) for n in range(n_days)]
    return {
        "time_zone": str(zone),
        "days": [{"day": day.isoformat(), **known.get(day, nothing)} for day in days],
        "n_sessions": ChatSession.objects.filter(user_id=user.pk).count(),
        "upload_bytes": used_bytes(user),
    }
