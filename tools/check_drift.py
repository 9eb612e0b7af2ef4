"""Finds what has drifted apart: things that are written down in two places and must say the same.

    python -m tools.check_drift [migrations openapi types env codes environment modules]

Each check returns sentences; none means that all is well. Run by `make check`. Reads the tree and writes only to a
temporary folder: regenerating is `make generate`.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.lib.errors import AppError

ROOT = Path(__file__).resolve().parents[1]
OPENAPI = ROOT / "docs/openapi.yml"
FRONT_ENDS = ("frontend-chat", "frontend-admin")
CONFIGURATION = (ROOT / "docs/configuration.md", ROOT / ".env.example")
PROTOCOL = ROOT / "docs/protocol.md"
# Who may read the environment. manage.py and asgi.py only name the settings module, the engine process gets its
# configuration by arguments.
ENVIRONMENT_READERS = {
    "backend/chat_project/settings.py",
    "backend/chat_project/env.py",
    "backend/chat_project/asgi.py",
    "backend/chat_project/management/commands/serve.py",  # starts itself again with another HOST, for settings to judge
    "backend/llm/bench/__main__.py",  # LLAMA_SERVER names another program to compare with; it is no setting of Maru
}


def check_migrations() -> list[str]:
    """Models and migrations agree."""
    done = _run([sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"])
    return [] if done.returncode == 0 else [f"models and migrations differ:\n{done.stdout}{done.stderr}"]


def check_openapi() -> list[str]:
    """docs/openapi.yml is what the code would generate, and the generator has nothing to complain about."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "openapi.yml"
        command = [sys.executable, "manage.py", "spectacular", "--file", str(fresh), "--fail-on-warn", "--validate"]
        done = _run(command)
        if done.returncode != 0:
            return [f"the OpenAPI schema cannot be made:\n{done.stdout}{done.stderr}"]
        return _difference(OPENAPI, fresh.read_text(encoding="utf-8"), "make generate")


def check_types() -> list[str]:
    """The TypeScript types of both front ends are what docs/openapi.yml generates."""
    problems: list[str] = []
    for front_end in FRONT_ENDS:
        committed = generated_types(front_end)
        if committed is None:
            continue
        done = _types_of(front_end, committed)
        if done.returncode != 0:
            problems.append(f"{front_end}: the types cannot be made:\n{done.stderr}")
        elif done.stdout != _text(committed):
            problems.append(f"{committed.relative_to(ROOT)} is not what docs/openapi.yml says: run `make generate`")
    return problems


def check_env() -> list[str]:
    """Every key that env.py reads is explained in docs/configuration.md and shown in .env.example."""
    from backend.chat_project.env import NAMES

    problems = []
    for document in CONFIGURATION:
        text = _text(document)
        problems += [
            f"{document.relative_to(ROOT)} does not name {name}"
            for name in NAMES
            if not re.search(rf"(?<![A-Z_]){name}(?![A-Z_])", text)
        ]
    return problems


def check_codes() -> list[str]:
    """Every code of the error tree stands once in docs/protocol.md with its status, and has its sentence in both languages."""
    _setup_django()
    from backend.lib.errors import AppError

    _import_all("backend")
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (yes)? *\|", _text(PROTOCOL), re.MULTILINE)
    listed = {code: (int(status), retryable == "yes") for code, status, retryable in rows}
    problems = [
        f"docs/protocol.md lists `{code}` more than once"
        for code, n in Counter(code for code, _, _ in rows).items()
        if n > 1
    ]
    errors = sorted(_descendants(AppError), key=lambda error: error.code)
    problems += [
        f"docs/protocol.md lists `{code}`, which no error has" for code in listed.keys() - {e.code for e in errors}
    ]
    for error in errors:
        if "code" in vars(error) and listed.get(error.code) != (error.http_status, error.retryable):
            problems.append(
                f"docs/protocol.md lists `{error.code}` otherwise than {error.__module__}.{error.__name__}: "
                f"{error.http_status}, retryable {error.retryable}"
            )
        if set(error.texts) < {"en", "ko"}:
            problems.append(f"{error.__module__}.{error.__name__} has no sentence in {set(error.texts) ^ {'en', 'ko'}}")
    return problems


def check_environment() -> list[str]:
    """Only settings read the environment."""
    return [
        f"{path.relative_to(ROOT)}:{line} reads the environment; settings.MARU has it"
        for path in sorted((ROOT / "backend").rglob("*.py"))
        if "tests" not in path.parts and str(path.relative_to(ROOT)) not in ENVIRONMENT_READERS
        for line in environment_reads(path.read_text(encoding="utf-8"))
    ]


def environment_reads(source: str) -> Iterator[int]:
    """The lines of `source` that take one value out of os.environ. Handing the whole of it to a child is no reading."""
    for node in ast.walk(ast.parse(source)):
        target: ast.expr | None = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            target = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "getenv":
                yield node.lineno
            target = node.func.value if node.func.attr == "get" else None
        if target is not None and ast.unparse(target) in ("os.environ", "environ"):
            yield target.lineno


def check_modules() -> list[str]:
    """Every Python file that the documents name is in the tree. (By the end of its path: `chat/turn.py`.)"""
    places = [ROOT / name for name in ("backend", "tests", "tools", "models")]
    known = {f"/{path.relative_to(ROOT).as_posix()}" for place in places for path in place.rglob("*.py")} | {
        "/manage.py"
    }
    return [
        f"{document.relative_to(ROOT)} names {name}, which is not there"
        for document in sorted((ROOT / "docs").rglob("*.md"))
        for name in sorted(set(re.findall(r"`((?:[\w-]+/)*\w+\.py)(?:::\w+)?`", _text(document))))
        if not any(path.endswith(f"/{name}") for path in known)
    ]


def generated_types(front_end: str) -> Path | None:
    """Where the front end keeps its generated types: the `-o` of its gen:api script. None when it has no such script."""
    package = json.loads(_text(ROOT / front_end / "package.json"))
    found = re.search(r"openapi-typescript \S+ -o (\S+)", package.get("scripts", {}).get("gen:api", ""))
    return ROOT / front_end / found[1] if found else None


def _types_of(front_end: str, committed: Path) -> subprocess.CompletedProcess[str]:
    """The freshly generated types, laid out as the committed file is."""
    folder = ROOT / front_end
    made = _run(["npx", "--no-install", "openapi-typescript", str(OPENAPI)], folder)
    if made.returncode != 0:
        return made
    name = str(committed.relative_to(folder))
    return _run(["npx", "--no-install", "prettier", "--stdin-filepath", name], folder, made.stdout)


def _difference(committed: Path, fresh: str, remedy: str) -> list[str]:
    before = _text(committed).splitlines()
    lines = list(difflib.unified_diff(before, fresh.splitlines(), "committed", "fresh", lineterm="", n=1))
    if not lines:
        return []
    shown = "\n".join(lines[:40])
    return [f"{committed.relative_to(ROOT)} is out of date: run `{remedy}`\n{shown}"]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _run(command: list[str], folder: Path = ROOT, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, input=given, timeout=300, check=False)


def _setup_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.chat_project.settings")
    django.setup()


def _import_all(package: str) -> None:
    """Subclasses are known only once their module was imported. llama_cpp is heavy and holds no errors of ours."""
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if any(
            part in module.name for part in (".tests", ".migrations", ".runner", ".bench", "conftest", ".management")
        ):
            continue
        importlib.import_module(module.name)


def _descendants(parent: type[AppError]) -> Iterator[type[AppError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _descendants(child)


CHECKS: dict[str, Callable[[], list[str]]] = {
    "migrations": check_migrations,
    "openapi": check_openapi,
    "types": check_types,
    "env": check_env,
    "codes": check_codes,
    "environment": check_environment,
    "modules": check_modules,
}


def main(names: list[str]) -> int:
    failed = False
    for name in names or CHECKS:
        begun = time.monotonic()
        problems = CHECKS[name]()
        print(f"drift: {name:<12} {'ok' if not problems else 'DRIFTED':<8} {time.monotonic() - begun:.1f} s")
        for problem in problems:
            failed = True
            print(f"  {problem}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
