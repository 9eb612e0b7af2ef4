"""Schemathesis over the whole OpenAPI document, at every level of access: no 5xx, and no answer that breaks its own schema.

By default a few examples of each operation. The long run: SCHEMATHESIS_EXAMPLES=100 pytest -s <this file>; in parts:
SCHEMATHESIS_ONLY='^/v1/' (of the paths), and -k for one level of access. SCHEMATHESIS_ENGINE=local: a real engine, not echo.
Who asks, and what keeps a destructive request from ending the run: fuzz_hooks.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.chat_project.tests.running import ROOT
from backend.openai_api.tests.conftest import Served, served
from backend.openai_api.tests.fuzz_levels import LEVELS

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "1"))
ONLY = os.environ.get("SCHEMATHESIS_ONLY", "")
ENGINE = os.environ.get("SCHEMATHESIS_ENGINE", "echo")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 if EXAMPLES < 10 else 7200)]

CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance,status_code_conformance"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("fuzz")
    (models := folder / "models").mkdir()
    engines = "local"
    if ENGINE == "local":
        shutil.copy(request.getfixturevalue("agent_gguf"), models / "agent.gguf")
    else:
        engines = "echo://?tokens=5&rate=0"
    yield from served(folder, ENGINES=engines, MODELS_DIR=str(models))


@pytest.mark.parametrize("who", LEVELS)
def test_every_answer_keeps_its_schema(house: Served, tmp_path: Path, who: str) -> None:
    phases = "fuzzing" if EXAMPLES < 10 else "examples,coverage,fuzzing"
    command = [
        str(Path(sys.executable).with_name("st")), "run", str(ROOT / "docs/openapi.yml"), "--url", house.running.url,
        "--checks", CHECKS, "--mode", "all", "--phases", phases, "--max-examples", str(EXAMPLES), "--no-color",
        "--continue-on-failure", "--generation-database", "none", "--seed", "1", "--suppress-health-check", "all",
        "--request-timeout", "30", "--warnings", "off",
    ]  # fmt: skip
    if ONLY:
        command += ["--include-path-regex", ONLY]
    model = "agent" if ENGINE == "local" else "echo"
    hooks = {
        "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("fuzz_hooks.py")),
        "PYTHONPATH": str(ROOT),
        "FUZZ_LEVEL": who,
        "FUZZ_TALLY": str(tmp_path / "tally.json"),
        "FUZZ_IDS": json.dumps({"model": model, "name": model, "engine": ENGINE}),
    }
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**house.env, **hooks}
    )
    tally = json.loads((tmp_path / "tally.json").read_text())
    print(f"\n{who}: {tally['asked']} operations, {len(tally['reached'])} of them done; answers {tally['answers']}")
    assert done.returncode == 0, done.stdout[-60_000:] + done.stderr[-2000:] + house.running.so_far()[-20_000:]
    assert sum(tally["answers"].values()) > tally["asked"] > 0
