"""Keeps the front ends' rooms apart (DESIGN §3): app > pages > features > shared, I/O only at the doors, no text as HTML or code.

    python -m tools.check_fences

Reads import lines, not meaning: `@/…` and relative paths. Tests may look anywhere.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
FRONT_ENDS = ("frontend-chat", "frontend-admin")
HEIGHT = {"app": 3, "pages": 2, "features": 1, "shared": 0}
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]""")
# fetch( as a call of its own or of the global object, not queryClient.fetch(…); `new WebSocket(`, `new EventSource(`.
IO = re.compile(
    r"(?<![\w.])(?:globalThis\.|window\.)?fetch\(|new (?:WebSocket|EventSource|XMLHttpRequest)\(|sendBeacon\("
)
# What a model wrote becomes elements by React, never markup: no file is excused.
MARKUP = re.compile(
    r"dangerouslySetInnerHTML|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|srcDoc\b|createContextualFragment"
    r"|(?<![\w.])eval\(|new Function\(|rehype-raw|allowDangerousHtml"
)
DOORS = ("shared/api/", "shared/socket/")


def main() -> int:
    problems = [problem for name in FRONT_ENDS for problem in problems_of(ROOT / name)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"fences: {'ok' if not problems else f'{len(problems)} broken'}")
    return int(bool(problems))


def problems_of(front_end: Path) -> Iterator[str]:
    src = front_end / "src"
    for path in sorted(src.rglob("*.ts*")):
        place = path.relative_to(src).as_posix()
        if ".test." in place or place.startswith("test/") or place.endswith(".d.ts"):
            continue
        for problem in problems_in(place, path.read_text(encoding="utf-8")):
            yield f"{front_end.name}/src/{place}: {problem}"


def problems_in(place: str, source: str) -> Iterator[str]:
    """What is wrong with the file at `place` (relative to src, like "features/chat/useChat.ts")."""
    for target in IMPORT.findall(source):
        reached = resolve(place, target)
        if reached is not None:
            yield from _crossing(place, reached)
    if IO.search(source) and not place.startswith(DOORS):
        yield f"does I/O; only {' and '.join(DOORS)} may"
    if found := MARKUP.search(source):
        yield f"{found[0]}: a text would become markup or code"


def resolve(place: str, target: str) -> str | None:
    """Where an import leads, relative to src; None for packages."""
    if target.startswith("@/"):
        return target[2:]
    if not target.startswith("."):
        return None
    parts: list[str] = list(PurePosixPath(place).parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _crossing(place: str, reached: str) -> Iterator[str]:
    here, there = place.split("/"), reached.split("/")
    if here[0] not in HEIGHT or there[0] not in HEIGHT:
        return
    if HEIGHT[there[0]] > HEIGHT[here[0]]:
        yield f"{here[0]} must not import {there[0]} ({reached})"
    elif here[0] == there[0] == "features" and here[1] != there[1]:
        yield f"feature {here[1]} imports feature {there[1]} ({reached})"


if __name__ == "__main__":
    sys.exit(main())
