"""From the times of tokens to figures, and from several rounds to medians. Pure.

TTFT is from asking to the first token, ITL is the time between two arrivals of one stream (tokens that came together are one
arrival), as vLLM defines them. tokens/s is everything generated over the time from the first question to the last token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from statistics import median
from typing import Any


@dataclass(slots=True)
class Trace:
    """One stream: when it was asked for, and when how many tokens came."""

    asked_s: float
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    text: str = ""

    @property
    def ttft_ms(self) -> float:
        if not self.arrivals:
            raise ValueError("the stream ended without a token")
        return (self.arrivals[0][0] - self.asked_s) * 1000

    @property
    def n_tokens(self) -> int:
        return sum(n for _, n in self.arrivals)

    @property
    def gaps_ms(self) -> list[float]:
        return [(after - before) * 1000 for (before, _), (after, _) in pairwise(self.arrivals)]


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the bench. None where a scenario has no such figure."""

    scenario: str
    engine: str
    users: int
    gen_tps: float
    ttft_ms_p50: float
    ttft_ms_p95: float
    itl_ms_p50: float | None
    itl_ms_p99: float | None
    itl_ms_max: float | None
    long_ttft_ms: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


NAMED = ("scenario", "engine", "users")
MEASURED = tuple(one.name for one in fields(Figures) if one.name not in NAMED)


def percentile(samples: Sequence[float], percent: float) -> float | None:
    """Nearest rank."""
    if not samples:
        return None
    rank = max(1, int(-(-len(samples) * percent // 100)))
    return round(sorted(samples)[rank - 1], 2)


def figures_of(
    scenario: str, engine: str, users: int, traces: Sequence[Trace], *, answered: Iterable[Trace], long: Trace | None
) -> Figures:
    """`traces` make tokens/s and ITL, `answered` the TTFT; `long` is the one that is told apart."""
    everything = [*traces, *([long] if long is not None and long not in traces else [])]
    began_s = min(trace.asked_s for trace in everything)
    ended_s = max(trace.arrivals[-1][0] for trace in everything if trace.arrivals)
    n_tokens = sum(trace.n_tokens for trace in everything)
    ttfts = [trace.ttft_ms for trace in answered]
    gaps = [gap for trace in traces for gap in trace.gaps_ms]
    return Figures(
        scenario,
        engine,
        users,
        gen_tps=round(n_tokens / (ended_s - began_s), 2),
        ttft_ms_p50=percentile(ttfts, 50) or 0.0,
        ttft_ms_p95=percentile(ttfts, 95) or 0.0,
        itl_ms_p50=percentile(gaps, 50),
        itl_ms_p99=percentile(gaps, 99),
        itl_ms_max=percentile(gaps, 100),
        long_ttft_ms=round(long.ttft_ms, 2) if long is not None else None,
    )


def medians(rounds: Sequence[Figures]) -> Figures:
    """Of rounds of one scenario, engine and number of users."""
    first = rounds[0]
    values: dict[str, Any] = {}
    for name in MEASURED:
        samples = [value for one in rounds if (value := getattr(one, name)) is not None]
        values[name] = round(median(samples), 2) if samples else None
    return Figures(first.scenario, first.engine, first.users, **values)


def ratios(rounds: Sequence[Figures], others: Sequence[Figures]) -> list[float]:
    """tokens/s of each round over that of the other's round beside it: the pairs of A/B/A/B."""
    return [round(one.gen_tps / other.gen_tps, 3) for one, other in zip(rounds, others, strict=False)]
