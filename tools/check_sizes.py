"""Keeps files and functions short enough to be read in one go (DESIGN §6, 16): a file has 300 lines at most, a function 40.

    python -m tools.check_sizes

Counts lines as an editor does, docstrings and blank ones too: ruff's rules count statements and branches, not what a reader has
to scroll. Files of tests may be longer, for each test is read alone. What is longer still stands in EXCEPTIONS with its reason;
an exception that nothing needs any more is a problem, too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("backend", "tests", "tools")
MAX_LINES, MAX_FUNCTION_LINES = 300, 40
MAX_TEST_LINES, MAX_TEST_FUNCTION_LINES = 500, 60

# "path" or "path::function" → why it is longer.
EXCEPTIONS = {
    "backend/memory/bench/retrieval.py::main": "a script of the workshop, read from top to bottom",
}


def main() -> int:
    found: dict[str, int] = {}
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        place = path.relative_to(ROOT)
        if not {"migrations", "node_modules"} & set(place.parts):
            found |= dict(too_long(place.as_posix(), path.read_text(encoding="utf-8")))
    problems = problems_of(found, EXCEPTIONS)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"sizes: {'ok' if not problems else f'{len(problems)} broken'}")
    return int(bool(problems))


def problems_of(found: Mapping[str, int], exceptions: Mapping[str, str]) -> list[str]:
    """`found`: what is too long, and its lines."""
    long = [f"{name} has {n} lines: split it by duty" for name, n in found.items() if name not in exceptions]
    idle = [f"{name} is short enough: take it off the exceptions" for name in exceptions if name not in found]
    return long + idle


def too_long(place: str, source: str) -> Iterator[tuple[str, int]]:
    """Of the file at `place` (relative to the root): itself as its path, a function as `path::name`, with their lines."""
    is_test = "tests" in PurePosixPath(place).parts
    n_lines = len(source.splitlines())
    if n_lines > (MAX_TEST_LINES if is_test else MAX_LINES):
        yield place, n_lines
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            n = (node.end_lineno or node.lineno) - node.lineno + 1
            if n > (MAX_TEST_FUNCTION_LINES if is_test else MAX_FUNCTION_LINES):
                yield f"{place}::{node.name}", n


if __name__ == "__main__":
    sys.exit(main())
