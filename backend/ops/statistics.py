"""What was asked and answered, by day, model or persona: counted in SQL, the same on SQLite and Postgres. Reads only.

Counts what is stored: what was deleted is gone from here too. Percentiles are exact (nearest rank by window functions). A range
is at most MAX_DAYS, groups of one table at most MAX_GROUPS. No text is within reach of these queries, nor the name of a persona
that is a user's own (ADR 0006): it counts with those who chose none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber, TruncDate

from backend.chat.models import Message
from backend.lib import clock

MAX_DAYS, MAX_GROUPS = 366, 500
By = Literal["day", "model", "persona"]
BYS: tuple[By, ...] = ("day", "model", "persona")
COUNTS = ("messages", "replies", "failed", "stopped", "users", "prompt_tokens", "completion_tokens", "up", "down")
TIMES = ("ttft_ms", "queue_ms", "total_ms")
PERCENTS = (50, 95, 99)
COLUMNS = ("group", *COUNTS, *(f"{name}_p{percent}" for name in TIMES for percent in PERCENTS))
Row = dict[str, Any]


def statistics(by: By, n_days: int, zone: ZoneInfo) -> dict[str, Any]:
    """Rows by group and one for all together, of the last `n_days` days of `zone`, today included."""
    today = clock.now().astimezone(zone).date()
    first = today - timedelta(days=n_days - 1)
    messages = Message.objects.filter(session__deleted_at=None, timestamp__gte=datetime.combine(first, time.min, zone))
    group = _group(by, zone)
    rows = _rows(messages, group)
    if by == "day":
        known = {row["group"]: row for row in rows}
        days = [first + timedelta(days=n) for n in range(n_days)]
        rows = [known.get(day) or _empty(day) for day in days]
    (total,) = _rows(messages, Value("")) or [_empty("")]
    return {
        "by": by,
        "time_zone": str(zone),
        "first_day": first.isoformat(),
        "last_day": today.isoformat(),
        "rows": [_told(row) for row in rows],
        "total": _told(total),
    }


def _group(by: By, zone: ZoneInfo) -> Any:
    if by == "day":
        return TruncDate("timestamp", tzinfo=zone)
    if by == "model":
        return F("model")
    of_the_house = When(session__persona__owner=None, then=F("session__persona__name"))
    return Coalesce(Case(of_the_house, default=Value("")), Value(""))


def _rows(messages: QuerySet[Message], group: Any) -> list[Row]:
    counted = (
        messages.annotate(group=group)
        .values("group")
        .annotate(
            messages=Count("id", filter=Q(role=Message.Role.USER)),
            replies=Count("id", filter=Q(role=Message.Role.ASSISTANT)),
            failed=Count("id", filter=Q(role=Message.Role.ASSISTANT, status=Message.Status.FAILED)),
            stopped=Count("id", filter=Q(role=Message.Role.ASSISTANT, status=Message.Status.STOPPED)),
            users=Count("session__user", distinct=True),
            prompt_tokens=Coalesce(Sum("metadata__prompt_tokens"), Value(0)),
            completion_tokens=Coalesce(Sum("metadata__completion_tokens"), Value(0)),
            up=Count("id", filter=Q(feedback=1)),
            down=Count("id", filter=Q(feedback=-1)),
        )
        .order_by("-replies", "group")[:MAX_GROUPS]
    )
    rows = {row["group"]: {**_empty(row["group"]), **row} for row in counted}
    replies = messages.filter(role=Message.Role.ASSISTANT).annotate(group=group)
    for name in TIMES:
        for key, percent, value in _percentiles(replies, name):
            if key in rows:
                rows[key][f"{name}_p{percent}"] = round(value, 1)
    return list(rows.values())


def _percentiles(replies: QuerySet[Message], name: str) -> list[tuple[Any, int, float]]:
    """(group, percent, milliseconds): of each group the values at the nearest ranks, by one query."""
    field = "processing_time" if name == "total_ms" else f"metadata__{name}"
    ranked = (
        replies.filter(**{f"{field}__isnull": False})
        .annotate(
            value=F(field),
            rank=Window(RowNumber(), partition_by=[F("group")], order_by=F(field).asc()),
            n=Window(Count("id"), partition_by=[F("group")]),
        )
        .filter(_at_any_rank())
        .values_list("group", "rank", "n", "value")
    )
    scale = 1000.0 if name == "total_ms" else 1.0
    return [
        (group, percent, value * scale)
        for group, rank, n, value in ranked
        for percent in PERCENTS
        if rank == _nearest_rank(n, percent)
    ]


def _nearest_rank(n: int, percent: int) -> int:
    return max(1, -(-n * percent // 100))


def _at_any_rank() -> Q:
    """In whole numbers, as both databases divide them: ceil(n * percent / 100)."""
    at_any = Q()
    for percent in PERCENTS:
        at_any |= Q(rank=(F("n") * percent + 99) / 100)
    return at_any


def _empty(group: Any) -> Row:
    return {**dict.fromkeys(COLUMNS), **dict.fromkeys(COUNTS, 0), "group": group}


def _told(row: Row) -> Row:
    group = row["group"]
    return {**{name: row[name] for name in COLUMNS}, "group": group.isoformat() if isinstance(group, date) else group}


def lines(found: dict[str, Any]) -> Sequence[Sequence[Any]]:
    """A table for a spreadsheet, heading first."""
    return [[found["by"], *COLUMNS[1:]], *([row[name] for name in COLUMNS] for row in found["rows"])]
