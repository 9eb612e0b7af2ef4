"""Figures of answers: what a histogram counts, and that it survives the wire."""

from __future__ import annotations

import asyncio

import pytest

from backend.llm.engine import wire
from backend.llm.engine.measure import Durations, Latencies, histogram_of, on_the_wire
from backend.llm.types import Timings


def test_it_works() -> None:
    durations = Durations(bounds_s=(0.1, 1.0))
    for duration_ms in (20, 100, 101, 5000):
        durations.add(duration_ms)
    histogram = durations.histogram()
    assert histogram.counts == (2, 1, 1), "a bucket holds what is at most its edge; the last one what is above all"
    assert histogram.sum_s == pytest.approx(5.221)
    assert durations.percentile(50) == 100


def test_nothing_is_invented() -> None:
    stats = Latencies().stats()
    assert all(value is None for name, value in stats.items() if name != "histograms")
    assert not any(sum(one.counts) for one in stats["histograms"].values())


def test_a_histogram_counts_more_than_is_kept_for_percentiles() -> None:
    durations = Durations(2)
    for n in range(5):
        durations.add(n)
    assert sum(durations.histogram().counts) == 5
    assert durations.percentile(1) == 3


def test_an_answer_is_counted_once_in_each() -> None:
    latencies = Latencies()
    latencies.whole(Timings(queue_ms=100, prefill_ms=200, ttft_ms=300, decode_ms=1000, tokens_per_second=10))
    assert {sum(one.counts) for one in latencies.histograms().values()} == {1}
    assert latencies.e2e.percentile(50) == 1300
    assert latencies.itl.percentile(50) == 100


async def test_they_come_over_the_wire_as_they_were() -> None:
    latencies = Latencies()
    latencies.ttft.add(123.0)
    reader = asyncio.StreamReader()
    reader.feed_data(wire.pack({"t": "answer", "value": on_the_wire(latencies.stats())}))
    frame = await wire.read(reader)
    assert frame is not None
    got = {name: histogram_of(one) for name, one in frame["value"]["histograms"].items()}
    assert got == latencies.histograms()
