"""The two clocks of Maru. Intervals come from the monotonic one, stamps for people from the wall."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


def monotonic_s() -> float:
    """Seconds from an arbitrary start in this process; never goes back. Do not store, do not send."""
    return time.monotonic()


def loop_time(monotonic: float) -> float:
    """A moment of `monotonic_s` as one of the running loop's."""
    return asyncio.get_running_loop().time() + (monotonic - monotonic_s())


def now() -> datetime:
    """Wall clock, UTC."""
    return datetime.now(UTC)
