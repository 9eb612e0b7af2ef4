"""What was measured lately, in bounded rings: 15 minutes, an hour, a day. Pure; owned by the sampler's event loop.

A point tells of the time since the point before it: rates are exact for that time (differences of counters), of gauges it is
the largest that was seen. Percentiles are those of at least the last minute: of fewer requests they would say nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, fields
from typing import Any, Literal

from backend.llm.registry import Figures

Range = Literal["15m", "1h", "24h"]
# Seconds from point to point, at least, and how many are kept.
RINGS: dict[Range, tuple[float, int]] = {"15m": (2.0, 450), "1h": (15.0, 240), "24h": (300.0, 288)}
LATELY_S, NOW_S = 60.0, 5.0
PERCENTS = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Gauges:
    """One look. `kv_percent`: of all engines together."""

    n_running: int
    n_queued: int
    kv_percent: float
    sockets: int
    cpu_percent: float
    memory_percent: float

    def peak(self, other: Gauges) -> Gauges:
        return Gauges(*(max(getattr(self, one.name), getattr(other, one.name)) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Look:
    """`at_s` by the monotonic clock, for intervals; `stamp_s` by the wall, for people."""

    at_s: float
    stamp_s: float
    gauges: Gauges
    figures: Figures


class Ring:
    def __init__(self, step_s: float, n_points: int) -> None:
        self._step_s = step_s
        self.points: deque[dict[str, Any]] = deque(maxlen=n_points)
        self._first: Look | None = None  # of the point that is being made
        self._peak: Gauges | None = None

    def add(self, look: Look, minute: Look) -> None:
        """`minute`: the look of a minute ago."""
        if self._first is None:
            self._first = look
            return
        self._peak = look.gauges if self._peak is None else self._peak.peak(look.gauges)
        if look.at_s - self._first.at_s >= self._step_s:
            self.points.append(_point(self._first, look, self._peak, minute))
            self._first, self._peak = look, None


class History:
    def __init__(self) -> None:
        self._rings = {name: Ring(*shape) for name, shape in RINGS.items()}
        self._recent: deque[Look] = deque(maxlen=int(LATELY_S) + 2)

    def add(self, look: Look) -> None:
        while self._recent and look.at_s - self._recent[0].at_s > LATELY_S:
            self._recent.popleft()
        self._recent.append(look)
        for ring in self._rings.values():
            ring.add(look, self._recent[0])

    def columns(self, name: Range) -> dict[str, list[float | None]]:
        """Each figure as one list, oldest first; `at` in seconds since 1970."""
        points = list(self._rings[name].points)
        return {key: [point[key] for point in points] for key in COLUMNS}

    def lately(self, figures: Figures, now_s: float) -> dict[str, Any]:
        """LiveLately: since the oldest look of the last minute; tokens per second since that of the last five seconds."""
        minute = [look for look in self._recent if now_s - look.at_s <= LATELY_S]
        moment = [look for look in minute if now_s - look.at_s <= NOW_S]
        news = figures.since(minute[0].figures) if minute else figures
        rate = 0.0
        if moment and now_s > moment[0].at_s:
            rate = (figures.n_tokens - moment[0].figures.n_tokens) / (now_s - moment[0].at_s)
        return {
            "tokens_per_second": round(rate, 2),
            "n_requests": news.n_succeeded,
            "n_failed": news.n_failed,
            **{name: spread(getattr(news, name)) for name in ("ttft", "itl", "queue")},
        }


def spread(sketch: Any) -> dict[str, float | None]:
    """p50, p95, p99 in milliseconds."""
    return {f"p{percent}": sketch.percentile(percent) for percent in PERCENTS}


def _point(first: Look, last: Look, peak: Gauges, minute: Look) -> dict[str, Any]:
    news = last.figures.since(first.figures)
    lately = last.figures.since(min(first, minute, key=lambda look: look.at_s).figures)
    point: dict[str, Any] = {"at": round(last.stamp_s, 1)}
    point |= {one.name: getattr(peak, one.name) for one in fields(Gauges)}
    point["tokens_per_second"] = round(news.n_tokens / (last.at_s - first.at_s), 2)
    point["n_requests"], point["n_failed"] = news.n_succeeded, news.n_failed
    for name in ("ttft", "itl", "queue"):
        point |= {f"{name}_{key}": value for key, value in spread(getattr(lately, name)).items()}
    return point


COLUMNS = (
    "at", *(one.name for one in fields(Gauges)), "tokens_per_second", "n_requests", "n_failed",
    *(f"{name}_p{percent}" for name in ("ttft", "itl", "queue") for percent in PERCENTS),
)  # fmt: skip
