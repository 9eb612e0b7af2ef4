"""What a moderation rule would have met among recent messages. Counts only; bounded in number and in time."""

from __future__ import annotations

from backend.chat.models import Message
from backend.lib.clock import monotonic_s
from backend.moderation.matching import PROBE_S, compiled

MAX_MESSAGES = 5_000
MAX_S = 5.0
_ROLES = {"in": ("user",), "out": ("assistant",), "both": ("user", "assistant")}


def counts(kind: str, pattern: str, direction: str) -> dict[str, int]:
    """Raises BadPattern."""
    rule = compiled(0, kind, pattern, "flag")
    rows = Message.objects.filter(role__in=_ROLES[direction], session__deleted_at=None).order_by("-id")
    recent = rows.values_list("content", "session_id", "session__user_id")[:MAX_MESSAGES]
    users, sessions = set(), set()
    n_checked = n_matches = n_timeouts = 0
    until_s = monotonic_s() + MAX_S
    for content, session_id, user_id in recent.iterator(chunk_size=200):
        if monotonic_s() > until_s:
            break
        n_checked += 1
        try:
            if rule.pattern.search(content, timeout=PROBE_S) is None:
                continue
        except TimeoutError:
            n_timeouts += 1
            continue
        n_matches += 1
        sessions.add(session_id)
        users.add(user_id)
    return {
        "n_checked": n_checked,
        "n_matches": n_matches,
        "n_users": len(users),
        "n_sessions": len(sessions),
        "n_timeouts": n_timeouts,
    }
