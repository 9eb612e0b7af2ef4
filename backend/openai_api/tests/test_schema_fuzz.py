"""Schemathesis over the whole OpenAPI document, at every level of access: no 5xx, and no answer that breaks its own schema.

By default a few examples of each operation. The long run: SCHEMATHESIS_EXAMPLES=100 pytest -s <this file>; in parts:
SCHEMATHESIS_ONLY='^/v1/' (of the paths), and -k for one level of access.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.chat_project.tests.running import ROOT
from backend.openai_api.tests.conftest import Served, served

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "1"))
ONLY = os.environ.get("SCHEMATHESIS_ONLY", "")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 if EXAMPLES < 10 else 7200)]

CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance,status_code_conformance"
# What ends the very login that asks, or would run into a back-off that is meant.
ENDS_THE_LOGIN = r"^/api/auth/(logout|logout-all|logout-others|password|login|register|me|logins)/|/(logout|password)/$"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served(tmp_path_factory.mktemp("fuzz"), ENGINES="echo://?tokens=5&rate=0")


def credentials(house: Served) -> dict[str, str]:
    """The first account of a server is its administrator's."""
    return {
        "stranger": "",
        "key that reads": house.make_key("read"),
        "key that chats": house.key,
        "administrator": house.token,
    }


@pytest.mark.parametrize("who", ["stranger", "key that reads", "key that chats", "administrator"])
def test_every_answer_keeps_its_schema(house: Served, tmp_path: Path, who: str) -> None:
    phases = "fuzzing" if EXAMPLES < 10 else "examples,coverage,fuzzing"
    command = [
        str(Path(sys.executable).with_name("st")), "run", str(ROOT / "docs/openapi.yml"), "--url", house.running.url,
        "--checks", CHECKS, "--mode", "all", "--phases", phases, "--max-examples", str(EXAMPLES), "--no-color",
        "--continue-on-failure", "--generation-database", "none", "--seed", "1", "--suppress-health-check", "all",
        "--exclude-path-regex", ENDS_THE_LOGIN, "--request-timeout", "30", "--warnings", "off",
    ]  # fmt: skip
    if ONLY:
        command += ["--include-path-regex", ONLY]
    if token := credentials(house)[who]:
        command += ["-H", f"Authorization: Bearer {token}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    print(
        *(line for line in done.stdout.splitlines() if re.search(r"Operations|generated|Selected|Tested", line)),
        sep="\n",
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert re.search(r"[1-9]\d* generated", done.stdout), done.stdout[-2000:]
