"""Runs tools/simulate.py and writes its tables and curves: docs/scale/load.svg, docs/scale/zone.svg, and Markdown on stdout.

    python -m tools.simulate_figures [--engines 24] [--profile gpu|cpu] [--minutes 10] [--seed 7] [--out docs/scale]

Seeded: the same command gives the same figures.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.simulate import CPU, GPU, POLICIES, Plan, p, run

COLOURS = dict(zip(POLICIES, ("#94a3b8", "#c2410c", "#1d4ed8", "#7e22ce", "#15803d"), strict=True))
LOADS = (0.6, 0.8, 0.95)
ZONE_LOAD, BIN_S = 0.6, 6.0
WIDTH, HEIGHT, MARGIN = 720, 360, 52
Line = tuple[str, Sequence[tuple[float, float]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", type=int, default=24)
    parser.add_argument("--profile", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("docs/scale"))
    options = parser.parse_args()
    began_s = time.monotonic()
    profile = GPU if options.profile == "gpu" else CPU
    plan = Plan(options.engines, profile, options.minutes, options.seed)
    options.out.mkdir(exist_ok=True)
    at_full = profile.capacity_per_s() * options.engines
    print(f"{options.engines} engines ({options.profile}), load 1.0 = {at_full:.1f} turns a second\n")
    loads = by_load(plan)
    (options.out / "load.svg").write_text(draw(loads, "load", "p95 of the first token, s"), encoding="utf-8")
    zone = by_time(plan)
    (options.out / "zone.svg").write_text(draw(zone, "seconds", "p95 of the first token, s"), encoding="utf-8")
    print(f"\n{time.monotonic() - began_s:.0f} s, seed {options.seed}", file=sys.stderr)
    return 0


def by_load(plan: Plan) -> list[Line]:
    print(
        "| policy | sees | load | turns | first token p50 / p95 / p99, s | prompt found in the cache |\n|---|---|---|---|---|---|"
    )
    lines: list[Line] = []
    rows = [*((policy, plan) for policy in POLICIES), ("keeper", replace_sight(plan)), ("hash", replace_sight(plan))]
    for policy, seen_plan in rows:
        points = []
        for load in LOADS:
            tally = run(policy, seen_plan, load)
            waits = [wait_s for _, wait_s in tally.first_s]
            figures = " / ".join(f"{p(waits, part):.2f}" for part in (0.5, 0.95, 0.99))
            known = tally.n_known / max(1, tally.n_read)
            sight = "all" if seen_plan.sees_all else "own"
            print(f"| {policy} | {sight} | {load} | {len(waits):,} | {figures} | {known:.0%} |", flush=True)
            points.append((load, p(waits, 0.95)))
        if not seen_plan.sees_all:
            lines.append((policy, points))
    return lines


def replace_sight(plan: Plan) -> Plan:
    return Plan(plan.n_engines, plan.profile, plan.minutes, plan.seed, sees_all=True)


def by_time(plan: Plan) -> list[Line]:
    """One of three zones goes at half time, comes back at three quarters."""
    print(f"\nOne zone of three away, load {ZONE_LOAD} of all:\n")
    print(
        "| policy | first token p95 before / while it is away / after, s | turns begun anew elsewhere |\n|---|---|---|"
    )
    gone_s, back_s = plan.minutes * 30, plan.minutes * 45
    lines: list[Line] = []
    for policy in POLICIES:
        tally = run(policy, plan, ZONE_LOAD, fails=True)
        parts = [
            [wait for at, wait in tally.first_s if low <= at < high]
            for low, high in ((0, gone_s), (gone_s, back_s), (back_s, plan.minutes * 60))
        ]
        print(f"| {policy} | {' / '.join(f'{p(part, 0.95):.2f}' for part in parts)} | {tally.n_moved} |", flush=True)
        bins: dict[int, list[float]] = {}
        for at, wait in tally.first_s:
            bins.setdefault(int(at // BIN_S), []).append(wait)
        lines.append((policy, [(n * BIN_S, p(waits, 0.95)) for n, waits in sorted(bins.items())]))
    return lines


def draw(lines: Sequence[Line], across: str, up: str) -> str:
    xs, ys = [x for _, points in lines for x, _ in points], [y for _, points in lines for _, y in points]
    low, high, top = min(xs), max(xs), max(ys)

    def place(x: float, y: float) -> str:
        left = MARGIN + (WIDTH - 2 * MARGIN) * (x - low) / (high - low)
        return f"{left:.1f} {HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * y / top:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - MARGIN}" fill="none" stroke="#64748b"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">{across}</text>',
        f'<text x="{MARGIN}" y="{MARGIN - 26}">{up}</text>',
    ]
    for n in range(5):
        x, y = low + (high - low) * n / 4, top * n / 4
        left, _, _ = place(x, 0).partition(" ")
        _, _, above = place(low, y).partition(" ")
        parts.append(f'<text x="{left}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{x:g}</text>')
        parts.append(f'<text x="{MARGIN - 8}" y="{above}" text-anchor="end" dominant-baseline="middle">{y:.1f}</text>')
    for n, (policy, points) in enumerate(lines):
        path = "L".join(place(x, y) for x, y in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[policy]}" stroke-width="2"/>')
        parts.append(f'<text x="{MARGIN + 10 + 90 * n}" y="{MARGIN - 8}" fill="{COLOURS[policy]}">{policy}</text>')
    return "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    sys.exit(main())
