"""The names of the environment, their documents and the contract agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend.chat_project.env import NAMES
from backend.llm.engine_options import OPTIONS, variable

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "configuration.md"
EXAMPLE = ROOT / ".env.example"


def names_of_the_document():
    running, _, _ = DOCUMENT.read_text(encoding="utf-8").partition("For building, not for running")
    return re.findall(r"^\| `([A-Z_]+)` \|", running, re.MULTILINE)


def names_of_the_example():
    return re.findall(r"^#([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("names", [names_of_the_document, names_of_the_example])
def test_every_name_is_told_once_and_no_other(names):
    assert sorted(names()) == sorted([*NAMES, *map(variable, OPTIONS)])


def test_the_example_sets_nothing_by_itself():
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert all(not line or line.startswith("#") for line in lines)
