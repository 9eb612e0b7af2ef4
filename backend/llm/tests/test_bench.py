"""The bench end to end on a tiny model, each scenario against each engine; and its arithmetic. No times asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.llm.bench import report
from backend.llm.bench.figures import Figures, Trace, figures_of, medians, percentile, ratios
from backend.llm.bench.run import Measured
from backend.llm.config import BASE_DIR
from backend.llm.engine.gguf_header import read_header

KEYS = [
    "scenario",
    "engine",
    "users",
    "gen_tps",
    "ttft_ms_p50",
    "ttft_ms_p95",
    "itl_ms_p50",
    "itl_ms_p99",
    "itl_ms_max",
    "long_ttft_ms",
]


def bench(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "backend.llm.bench", *arguments],
        cwd=BASE_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("scenario", ["steady", "mixed", "multiturn", "evict", "parked", "agent", "speculative"])
def test_each_scenario_measures_each_engine(scenario: str, endless_gguf: Path) -> None:
    output = bench(
        *("--short", "--scenario", scenario, "--json", "--users", "2", "--threads", "1"),
        *("--model", str(endless_gguf)),
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
    assert [line["engine"] for line in lines] == ["maru", "loop", "packaged"]
    for line in lines:
        assert list(line) == KEYS
        assert line["scenario"] == scenario
        assert 0 < line["ttft_ms_p50"] <= line["ttft_ms_p95"]
        assert 0 <= line["itl_ms_p50"] <= line["itl_ms_p99"] <= line["itl_ms_max"]
        assert line["gen_tps"] > 0
        assert (line["long_ttft_ms"] is None) == (scenario in ("steady", "parked", "speculative"))


def test_make_model_makes_a_quantised_model_of_the_shape_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "made.gguf"
    said = bench(
        *("make-model", str(out), "--layers", "2", "--width", "256", "--heads", "4", "--kv-heads", "2"),
        *("--ff", "512", "--context", "1024", "--vocabulary", "2000", "--quantization", "Q4_K_M"),
    )
    assert f"{out.stat().st_size:,} bytes" in said
    header = read_header(out)
    assert header is not None
    assert list(out.parent.glob(".making-*")) == []
    line = json.loads(
        bench(*("--short", "--scenario", "steady", "--engine", "maru", "--users", "1"), "--json", "--model", str(out))
    )
    assert line["gen_tps"] > 0


LLAMA_SERVER = '''#!{python}
"""Speaks as much of llama-server's HTTP as the bench uses."""
import http.server, json, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["prompt"].startswith("<|im_start|>user") and asked["stream"]
        self.send_response(200); self.end_headers()
        for n in range(asked["n_predict"] - 1):
            self.say({{"content": "word ", "stop": False}})
        self.say({{"content": "", "stop": True, "tokens_predicted": asked["n_predict"]}})
    def say(self, event):
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\\n\\n")
    def log_message(self, *_): pass

port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''


def test_llama_server_joins_when_its_binary_is_named(tmp_path: Path, endless_gguf: Path) -> None:
    binary = tmp_path / "llama-server"
    binary.write_text(LLAMA_SERVER.format(python=sys.executable))
    binary.chmod(0o755)
    output = bench(
        *("--short", "--scenario", "steady", "--users", "2", "--engine", "llama-server", "--json"),
        *("--model", str(endless_gguf)),
        LLAMA_SERVER=str(binary),
    )
    assert json.loads(output)["engine"] == "llama-server"


def trace(asked_s: float, *arrivals: tuple[float, int]) -> Trace:
    return Trace(asked_s, list(arrivals))


def test_figures_are_of_arrivals_and_of_all_tokens() -> None:
    one, other = trace(0.0, (0.5, 1), (0.6, 1), (1.0, 2)), trace(1.0, (1.1, 1), (2.0, 3))
    figures = figures_of("steady", "maru", 2, [one, other], answered=[one, other], long=None)
    assert figures.gen_tps == 8 / 2.0
    assert (figures.ttft_ms_p50, figures.ttft_ms_p95) == (100.0, 500.0)
    assert (figures.itl_ms_p50, figures.itl_ms_max) == (400.0, 900.0)


def test_percentiles_are_nearest_rank() -> None:
    assert percentile([], 50) is None
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 99) == 99.0


def figures(engine: str, gen_tps: float) -> Figures:
    return Figures("steady", engine, 4, gen_tps, 10.0, 20.0, 1.0, 2.0, 3.0)


def test_medians_and_the_pairs_of_rounds(tmp_path: Path) -> None:
    ours = tuple(figures("maru", tps) for tps in (10.0, 12.0, 50.0))
    theirs = tuple(figures("loop", tps) for tps in (10.0, 10.0, 40.0))
    assert medians(ours).gen_tps == 12.0
    assert medians(ours).long_ttft_ms is None
    assert ratios(ours, theirs) == [1.0, 1.2, 1.25]
    rows = report.table_rows([Measured("maru", ours), Measured("loop", theirs)])
    assert "| 1.20 (1.00) |" in rows[1]
    path = tmp_path / "performance.md"
    path.write_text("# Before\n")
    for said in ("first", "second"):
        report.write_section(rows, said, path)
    text = path.read_text()
    assert text.startswith("# Before\n")
    assert "second" in text
    assert "first" not in text
    assert text.count(report.HEAD) == 1


def test_the_curve_is_a_picture_and_a_table(endless_gguf: Path, tmp_path: Path) -> None:
    out = tmp_path / "curve.svg"
    table = bench("curve", str(out), "--short", "--model", str(endless_gguf), "--threads", "1")
    assert len(table.splitlines()) == 2 + 6
    assert out.read_text().count("<circle") == 12
