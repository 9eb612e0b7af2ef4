"""What a user may and has used, in the shape in which he, and staff, see it."""

from __future__ import annotations

from typing import Any

from backend.quotas import days
from backend.quotas.admission import n_running
from backend.quotas.limits import limits_of
from backend.quotas.models import DailyUse


def state_of(user: Any) -> dict[str, Any]:
    limits = limits_of(user)
    row = DailyUse.objects.filter(user_id=user.pk, day=days.today()).values("n_messages", "n_tokens").first()
    used = row or {"n_messages": 0, "n_tokens": 0}
    return {
        "messages_per_day": _of(limits.messages_per_day, used["n_messages"]),
        "tokens_per_day": _of(limits.tokens_per_day, used["n_tokens"]),
        "concurrent_turns": _of(limits.concurrent_turns, n_running(user.pk)),
        "priority_weight": limits.priority_weight,
        "upload_max_bytes": limits.upload_max_bytes,
        "resets_at": days.resets_at().isoformat(),
    }


def _of(allowed: int, used: int) -> dict[str, int]:
    return {"allowed": allowed, "used": used}
