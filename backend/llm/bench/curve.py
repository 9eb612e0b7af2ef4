"""What a target for gaps costs: the scenario `mixed` for several targets, as a table and as an SVG drawn by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from backend.llm.bench.run import Plan, measure_once
from backend.llm.bench.scenarios import SCENARIOS, Sizes

TARGETS_MS = (100, 150, 200, 300, 450, 700)
WIDTH, HEIGHT, MARGIN = 640, 360, 56
LINES = (("worst gap", "#c2410c", "worst_gap_ms"), ("long prompt's first token", "#1d4ed8", "long_ttft_ms"))


@dataclass(frozen=True, slots=True)
class Point:
    target_ms: int
    worst_gap_ms: float
    long_ttft_ms: float


def measure_curve(model: Path, sizes: Sizes, rounds: int, n_threads: int) -> list[Point]:
    """Prints each point as a row of Markdown."""
    print("| target, ms | worst gap, ms | first token of the long prompt, ms |\n|---|---|---|", flush=True)
    points = []
    for target_ms in TARGETS_MS:
        plan = Plan(model, ("maru",), sizes, rounds, n_threads, target_ms)
        users = SCENARIOS["mixed"].users[0]
        figures = [asyncio.run(measure_once(plan, "mixed", "maru", users)) for _ in range(rounds)]
        gaps, longs = [one.itl_ms_max or 0.0 for one in figures], [one.long_ttft_ms or 0.0 for one in figures]
        points.append(Point(target_ms, median(gaps), median(longs)))
        print(f"| {target_ms} | {points[-1].worst_gap_ms:,.0f} | {points[-1].long_ttft_ms:,.0f} |", flush=True)
    return points


def draw(points: Sequence[Point]) -> str:
    """Two lines over the target; each has its own scale, written at its greatest value."""
    most_target = max(point.target_ms for point in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - MARGIN}" fill="none" stroke="#64748b"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">target for gaps, ms</text>',
    ]
    for point in points:
        x = _x(point.target_ms, most_target)
        parts.append(f'<text x="{x:.0f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{point.target_ms}</text>')
    for n, (label, colour, name) in enumerate(LINES):
        parts += _line(points, most_target, label, colour, name, 20 + 18 * n)
    return "\n".join([*parts, "</svg>\n"])


def _line(points: Sequence[Point], most_target: int, label: str, colour: str, name: str, y_label: int) -> list[str]:
    values = [getattr(point, name) for point in points]
    places = [(_x(p.target_ms, most_target), _y(value, max(values))) for p, value in zip(points, values, strict=True)]
    path = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in places)
    parts = [
        f'<text x="{MARGIN}" y="{y_label}" fill="{colour}">{label}, ms</text>',
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
    ]
    for (x, y), value in zip(places, values, strict=True):
        parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>')
        parts.append(f'<text x="{x:.0f}" y="{y - 8:.0f}" text-anchor="middle" fill="{colour}">{value:,.0f}</text>')
    return parts


def _x(target_ms: float, most: float) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * target_ms / most


def _y(value: float, most: float) -> float:
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN - 16) * value / (most or 1.0)
