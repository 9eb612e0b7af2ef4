"""Figures as lines of JSON, as a Markdown table, and as the engine section of docs/performance.md. Pure but for the file."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

from backend.llm.bench.figures import medians, ratios
from backend.llm.bench.run import Measured
from backend.llm.config import BASE_DIR

PERFORMANCE = BASE_DIR / "docs" / "performance.md"
BEGIN, END = "<!-- engine bench: begin -->", "<!-- engine bench: end -->"
HEAD = (
    "| scenario | users | engine | tokens/s | × of engine | TTFT p50 | p95 | ITL p50 | p99 | max | long TTFT |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def json_lines(measured: Sequence[Measured]) -> list[str]:
    return [json.dumps(medians(one.rounds).as_dict()) for one in measured]


def table_rows(measured: Sequence[Measured]) -> list[str]:
    """`× of engine`: Maru's tokens/s over this engine's, median of the pairs and the worst pair."""
    ours = next((one for one in measured if one.engine == "maru"), None)
    rows = []
    for one in measured:
        figures = medians(one.rounds)
        pairs = ratios(ours.rounds, one.rounds) if ours is not None and one is not ours else []
        ratio = f"{median(pairs):.2f} ({min(pairs):.2f})" if pairs else "–"
        cells = [figures.scenario, figures.users, figures.engine, figures.gen_tps, ratio]
        times = (figures.ttft_ms_p50, figures.ttft_ms_p95, figures.itl_ms_p50, figures.itl_ms_p99, figures.itl_ms_max)
        cells += [_time(value) for value in (*times, figures.long_ttft_ms)]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return rows


def _time(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def conditions(model: Path, rounds: int, command: str) -> str:
    """Where, when and with what it was measured."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    load = psutil.getloadavg()[0]
    return (
        f"`{command}`, {today}, {psutil.cpu_count()} cores ({platform.machine()}), load {load:.1f} at the end, "
        f"Python {platform.python_version()}, llama-cpp-python {version('llama_cpp_python')}, model {model.name} "
        f"({model.stat().st_size / 1e6:,.0f} MB), medians of {rounds} rounds in the order A/B/A/B, times in milliseconds. "
        "“× of engine” is Maru's tokens/s over this engine's, in brackets the worst pair."
    )


def write_section(rows: Sequence[str], said: str, path: Path = PERFORMANCE) -> None:
    """Put the table between its marks; what stands outside them is left alone."""
    section = "\n".join([BEGIN, "## Engine (issue 4)", "", said, "", HEAD, *rows, END])
    text = path.read_text() if path.exists() else ""
    if BEGIN in text and END in text:
        before, rest = text.split(BEGIN, 1)
        text = before + section + rest.split(END, 1)[1]
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    path.write_text(text)
