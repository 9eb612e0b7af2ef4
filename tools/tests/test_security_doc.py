"""docs/security.md and docs/administration.md name tests: they exist, under these names."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:[\w/]+\.py|…))::(test_\w+)`")
FILES = re.compile(r"`((?:backend|tests|tools|docker|frontend-\w+)/[\w/.-]+\.(?:py|ts|tsx|conf|yml))`")


def named(text: str) -> list[tuple[str, str]]:
    """(path, test); `…::name` is in the file named last before it."""
    found, path = [], ""
    for place, name in NAMED.findall(text):
        path = path if place == "…" else place
        found.append((path, name))
    return found


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("document", "n_at_least"), [("security", 100), ("administration", 50)])
def test_it_works(document, n_at_least):
    text = (ROOT / f"docs/{document}.md").read_text(encoding="utf-8")
    tests = named(text)
    assert len(tests) > n_at_least
    missing = [
        f"{path}::{name}" for path, name in tests if not (ROOT / path).is_file() or name not in names_in(ROOT / path)
    ]
    assert missing == []
    assert [path for path in FILES.findall(text) if not (ROOT / path).is_file()] == []


def test_every_case_has_its_row():
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    table = text[text.index("## The 40 cases") : text.index("## Sets of hostile input")]
    told = {int(number) for row in re.findall(r"^\| ([\d, ]+) ", table, re.MULTILINE) for number in row.split(",")}
    assert told == set(range(1, 41))


def test_a_renamed_test_is_told():
    assert named("`a/b.py::test_x`, `…::test_y`") == [("a/b.py", "test_x"), ("a/b.py", "test_y")]
