"""The day that limits count: from midnight to midnight where the house stands."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend import house
from backend.lib import clock


def today() -> date:
    return clock.now().astimezone(_zone()).date()


def resets_at() -> datetime:
    """The next midnight, in the house's time zone."""
    return datetime.combine(today() + timedelta(days=1), time.min, _zone())


def _zone() -> ZoneInfo:
    return ZoneInfo(house.text("time_zone"))
