"""What every kit does alike: its options, its percentiles, and its figure as one line of JSON, last.

A kit is short by default and long with `--long`; it ends with status 1 when anything was lost, doubled or moved, or took
longer than its target.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.house import ROOT

MAX_SHOWN = 20


def parser(doc: str | None) -> argparse.ArgumentParser:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that what was started is stopped
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seed", type=int, default=7)
    made.add_argument("--long", action="store_true", help="the size of RELIABILITY's target")
    return made


def percentile(values: Sequence[float], part: float) -> float:
    """`part` of 1; 0.0 of nothing."""
    if len(values) < 2:
        return sum(values)
    return statistics.quantiles(values, n=1000, method="inclusive")[round(part * 1000) - 1]


def report(kit: str, figures: dict[str, Any], faults: Iterable[str]) -> int:
    """Print them; the exit status."""
    faults = list(faults)
    for fault in faults[:MAX_SHOWN]:
        print("FAULT:", fault)
    if len(faults) > MAX_SHOWN:
        for kind, n in Counter(re.sub(r"\d+", "N", fault) for fault in faults).most_common(MAX_SHOWN):
            print(f"{n} times:", kind)
    rounded = {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}
    line = {"kit": kit, **rounded, "faults": len(faults), **_where()}
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return 1 if faults else 0


def _where() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "n_cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "commit": commit,
    }


def resident_bytes(pid: int) -> int:
    """What the process holds of this machine's memory (Linux: /proc)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> Counter[str]:
    """How many of each kind: the name of a file, or what else it is (socket, anon_inode)."""
    kinds: Counter[str] = Counter()
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            target = os.readlink(f"/proc/{pid}/fd/{number}")
            kinds[Path(target).name if target.startswith("/") else target.partition(":")[0]] += 1
    return kinds


def cpu_s(pid: int) -> float:
    """Processor time that the process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
