"""The rings: bounded, exact for the time of each point, and what is told of the last minute."""

from __future__ import annotations

import pytest

from backend.lib.sketch import ACCURACY
from backend.llm.registry import Figures
from backend.ops.live.history import RINGS, Gauges, History, Look


class Clock:
    """Looks at an imagined house, one after the other."""

    def __init__(self) -> None:
        self.history, self.figures, self.now_s = History(), Figures(), 1000.0

    def pass_s(self, seconds: float, *, tokens: int = 0, ttft_ms: tuple[float, ...] = (), n_running: int = 0) -> None:
        self.now_s += seconds
        self.figures.n_tokens += tokens
        for ms in ttft_ms:
            self.figures.ttft.add(ms)
            self.figures.n_succeeded += 1
        gauges = Gauges(n_running, 0, 0.0, 0, 0.0, 0.0)
        self.history.add(Look(self.now_s, 1_700_000_000 + self.now_s, gauges, self.figures.copy()))


def test_it_works():
    clock = Clock()
    clock.pass_s(0)
    for n in range(1, 16):
        clock.pass_s(1, tokens=10, n_running=3 if n == 7 else 1)
    columns = clock.history.columns("1h")
    assert columns["at"] == [1_700_001_015.0]
    assert columns["tokens_per_second"] == [10.0]
    assert columns["n_running"] == [3], "of gauges the largest that was seen"
    assert len(clock.history.columns("15m")["at"]) == 7
    assert clock.history.columns("24h")["at"] == []


def test_a_point_counts_its_own_time_and_its_percentiles_a_minute_at_least():
    clock = Clock()
    clock.pass_s(0)
    clock.pass_s(15, ttft_ms=(100.0,))
    for _ in range(5):
        clock.pass_s(15, ttft_ms=(900.0,) * 3)
    clock.pass_s(300)
    columns = clock.history.columns("1h")
    assert columns["n_requests"] == [1, 3, 3, 3, 3, 3, 0]
    assert columns["ttft_p50"][0] == pytest.approx(100, rel=ACCURACY)
    assert [value and round(value / 100) for value in columns["ttft_p50"]] == [1, 9, 9, 9, 9, 9, None]
    assert clock.history.columns("24h")["ttft_p50"] == [pytest.approx(900, rel=ACCURACY)]


def test_rings_are_bounded_and_columns_are_of_one_length():
    clock = Clock()
    for _ in range(2000):
        clock.pass_s(2)
    for name, (_, n_points) in RINGS.items():
        lengths = {len(column) for column in clock.history.columns(name).values()}
        assert len(lengths) == 1
        assert lengths.pop() <= n_points
    assert len(clock.history.columns("15m")["at"]) == 450


def test_lately_is_the_last_minute_and_the_rate_that_of_the_last_seconds():
    clock = Clock()
    clock.pass_s(0, ttft_ms=(5000.0,))
    for _ in range(100):
        clock.pass_s(1, tokens=20, ttft_ms=(100.0,))
    clock.figures.n_tokens += 40
    lately = clock.history.lately(clock.figures, clock.now_s + 1)
    assert lately["n_requests"] == 59
    assert lately["ttft"]["p99"] == pytest.approx(100, rel=ACCURACY)
    assert lately["tokens_per_second"] == pytest.approx((4 * 20 + 40) / 5)


def test_before_the_first_look_everything_is_recent():
    assert History().lately(Figures(), 1.0)["tokens_per_second"] == 0.0
    assert History().lately(Figures(), 1.0)["itl"] == {"p50": None, "p95": None, "p99": None}
