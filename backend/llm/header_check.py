"""Asks a child process with limits what a model file's header says: whoever sent the file must not be trusted by this one.

Synchronous, for a thread. The models folder is read by `model_catalogue.py` in the same way.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from backend.llm.child_env import child_env
from backend.llm.config import BASE_DIR

TIMEOUT_S = 30.0


def header_of(path: Path, size: int | None = None) -> dict[str, Any]:
    """As `engine.inspect.inspect`."""
    sizes = [f"--size={size}"] if size is not None else []
    return asked_child("backend.llm.engine.inspect", [*sizes, str(path)]) or {"unsound": "its header could not be read"}


def asked_child(module: str, arguments: list[str], told: str = "") -> dict[str, Any] | None:
    """The one JSON line that a module of the engine answers; None when it died over it."""
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, cwd=BASE_DIR, env=child_env(), input=told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    line = done.stdout.strip()
    answer = json.loads(line) if line.endswith("}") else None
    return answer if isinstance(answer, dict) else None
