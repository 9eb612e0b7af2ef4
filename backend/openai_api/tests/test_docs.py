"""The examples of docs/api.md do what the page says, and the WebSocket client of docs/examples is as short as it claims."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend.chat_project.tests.running import ROOT
from backend.openai_api.tests.conftest import Served

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
CLIENT = ROOT / "docs/examples/ws_chat.py"
BLOCK = re.compile(r"(<!-- on a server with an embedding model -->\n)?```(bash|python)\n(.*?)```", re.DOTALL)


def script(language: str, *, embeds: bool) -> str:
    """All blocks of a language as one script; where `embeds`, the first of all and those for an embedding model."""
    blocks = [(bool(mark), text) for mark, kind, text in BLOCK.findall(PAGE) if kind == language]
    chosen = [text for n, (is_marked, text) in enumerate(blocks) if is_marked == embeds or n == 0]
    assert len(chosen) > 1
    return "\n".join(chosen)


def run(command: list[str], text: str, served: Served, folder: Path) -> str:
    env = {**os.environ, "MARU": served.running.url, "MARU_KEY": served.key}
    done = subprocess.run(
        command, input=text, env=env, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_shells_examples(agent: Served, tmp_path: Path) -> None:
    told = run(["bash", "-euo", "pipefail"], script("bash", embeds=False), agent, tmp_path)
    assert "chat.completion" in told
    assert "data: [DONE]" in told
    assert "response.completed" in told


def test_pythons_examples(agent: Served, tmp_path: Path) -> None:
    told = run([sys.executable, "-"], script("python", embeds=False), agent, tmp_path)
    assert "get_weather" in told
    assert "model_not_found" in told


@pytest.mark.parametrize(
    ("language", "command"), [("bash", ["bash", "-euo", "pipefail"]), ("python", [sys.executable, "-"])]
)
def test_the_examples_of_embeddings(echo: Served, tmp_path: Path, language: str, command: list[str]) -> None:
    assert run(command, script(language, embeds=True), echo, tmp_path)


def test_the_socket_client(agent: Served, tmp_path: Path) -> None:
    assert len(CLIENT.read_text().splitlines()) <= 40
    told = run([sys.executable, str(CLIENT), agent.running.url, agent.key, "안녕"], "", agent, tmp_path)
    assert "I look outside." in told
