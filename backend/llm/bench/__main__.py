"""The bench's command line.

    python -m backend.llm.bench                                  all scenarios, a table at the end
    python -m backend.llm.bench --scenario mixed --json          one JSON line for each engine and number of users
    python -m backend.llm.bench --write                          puts the table into docs/performance.md
    python -m backend.llm.bench --short                          seconds instead of minutes, with a tiny model
    python -m backend.llm.bench curve OUT.svg [--model FILE]     gaps and the long prompt for several targets, as a plot
    python -m backend.llm.bench make-model OUT.gguf …

LLAMA_SERVER=path/to/llama-server adds llama.cpp's own server to the engines.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from backend.llm import tiny_gguf
from backend.llm.bench import report
from backend.llm.bench.engines import NAMES, PLAIN, WAITING
from backend.llm.bench.run import Plan, cases, measure
from backend.llm.bench.scenarios import FULL, SCENARIOS, SHORT
from backend.llm.config import BASE_DIR
from backend.llm.engine.config import EngineConfig, n_physical_cores

MODELS = BASE_DIR / "data" / "bench"


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["make-model"]:
        return _make_model(argv[1:])
    if argv[:1] == ["curve"]:
        return _curve(argv[1:])
    arguments = _parser().parse_args(argv)
    llama_server = os.environ.get("LLAMA_SERVER", "")
    engines = tuple(arguments.engine or (name for name in NAMES if name != "llama-server" or llama_server))
    plan = Plan(
        model=arguments.model or _default_model(is_short=arguments.short),
        engines=engines,
        sizes=SHORT if arguments.short else FULL,
        rounds=arguments.rounds or (1 if arguments.short else 5),
        n_threads=arguments.threads or n_physical_cores(),
        target_itl_ms=arguments.target_itl_ms,
        llama_server=llama_server,
        users=tuple(arguments.users or ()),
    )
    rows: list[str] = []
    for name, users in cases(plan, arguments.scenario or list(SCENARIOS)):
        measured = asyncio.run(measure(plan, name, users))
        new = report.table_rows(measured)
        print(*(report.json_lines(measured) if arguments.json else new), sep="\n", flush=True)
        rows += new
    if arguments.write:
        command = " ".join(["python -m backend.llm.bench", *argv])
        report.write_section(rows, report.conditions(plan.model, plan.rounds, command))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.llm.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS), help="all when left out")
    parser.add_argument("--engine", action="append", choices=[*NAMES, PLAIN], help="all that are there when left out")
    parser.add_argument("--users", action="append", type=int, help="instead of the scenario's own numbers")
    parser.add_argument("--model", type=Path, help="a GGUF file; left out, one is made in data/bench")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="0: the physical cores")
    parser.add_argument("--target-itl-ms", type=int, default=EngineConfig("", "").target_itl_ms)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser


def _default_model(*, is_short: bool) -> Path:
    path = MODELS / ("babble.gguf" if is_short else "babble-0.5b-q4_k_m.gguf")
    if path.exists():
        return path
    print(f"making {path}", file=sys.stderr)
    if is_short:
        return tiny_gguf.build(path, "endless")
    from backend.llm.bench.model import make_model

    return make_model(path)


def _curve(argv: list[str]) -> int:
    from backend.llm.bench.curve import draw, measure_curve

    parser = argparse.ArgumentParser(prog="python -m backend.llm.bench curve")
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args(argv)
    model = arguments.model or _default_model(is_short=arguments.short)
    sizes = SHORT if arguments.short else FULL
    points = measure_curve(model, sizes, arguments.rounds, arguments.threads or n_physical_cores())
    arguments.out.write_text(draw(points))
    return 0


def _make_model(argv: list[str]) -> int:
    from backend.llm.bench.model import add_arguments, make_model, size_of

    parser = argparse.ArgumentParser(prog="python -m backend.llm.bench make-model")
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    path = make_model(arguments.out, size_of(arguments), arguments.quantization, arguments.seed)
    print(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    for name, value in WAITING.items():  # read when llama.cpp is loaded, which is later
        os.environ.setdefault(name, value)
    sys.exit(main())
