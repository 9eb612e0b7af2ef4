"""The real house for the browser tests: a fresh data folder, the real engine on a random-weight GGUF made here.

    python -m tests.e2e.server --port 8123 [--engines local] [--administrator keeper] [--adapter] [--stray]

Runs in the foreground until it gets SIGTERM, which it passes on. Everything is written under a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from backend.llm.tests.lora import build_lora
from backend.llm.tiny_projector_gguf import build as build_projector

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "an-unlikely-pass-9"  # as in people.ts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--engines", default="local")
    parser.add_argument("--administrator", default="", help="make an account of this name before anybody comes")
    parser.add_argument(
        "--adapter", action="store_true", help="leave a LoRA adapter and a projector in the models folder"
    )
    parser.add_argument("--stray", action="store_true", help="leave a document's file that is nobody's, two hours old")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="maru-e2e-"))
    model = folder / "babble.gguf"
    environment = {
        **os.environ,
        "MARU_DATA_DIR": str(folder / "data"),
        "MODELS_DIR": str(folder / "models"),
        **({"MODEL_PATH": str(model)} if "local" in options.engines else {}),
        "HOST": "127.0.0.1",
        "PORT": str(options.port),
        "ENGINES": options.engines,
        "REGISTRATION": "open",
        "SHARING": "on",
        "PYTHONUNBUFFERED": "1",
    }
    if "local" in options.engines:
        command = [sys.executable, "-m", "backend.llm.tiny_gguf", str(model), "--size", "slow"]
        subprocess.run(command, cwd=ROOT, check=True)
    if options.adapter:
        (folder / "models").mkdir()
        build_lora(folder / "models" / "poet.gguf", model)
        build_projector(folder / "models" / "mmproj-eye.gguf")
    os.chdir(ROOT)
    os.environ.update(environment)
    furnish(options.administrator)
    if options.stray:
        leave_stray(folder / "data" / "documents")
    os.execve(sys.executable, [sys.executable, str(ROOT / "manage.py"), "serve"], environment)


def furnish(administrator: str) -> None:
    """The database, and in it who comes first. All in this process: each other one would begin with the same imports."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "backend.chat_project.settings", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    django.setup()
    call_command("migrate", verbosity=0)
    if administrator:
        who = {"username": administrator, "email": f"{administrator}@example.org"}
        call_command("createsuperuser", interactive=False, **who)
    connections.close_all()


def leave_stray(documents: Path) -> None:
    documents.mkdir(parents=True, exist_ok=True)
    stray = documents / ("0" * 31 + "1")
    stray.write_text("nobody's")
    two_hours_ago = time.time() - 2 * 3600
    os.utime(stray, (two_hours_ago, two_hours_ago))


if __name__ == "__main__":
    main()
