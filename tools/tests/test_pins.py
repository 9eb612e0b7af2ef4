"""What is installed is pinned by version and hash, llama-cpp-python's sources included."""

import re
from pathlib import Path

import pytest

from tools.build_llama import pin, pinned_version

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "tools/sbom-requirements.txt"])
def test_every_pin_has_a_hash(name):
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(pins) > 10
    assert [line[:60] for line in pins if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


@pytest.mark.parametrize("front_end", ["frontend-chat", "frontend-admin"])
def test_every_npm_package_has_a_hash(front_end):
    import json

    packages = json.loads((ROOT / front_end / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [path for path, one in packages.items() if path and "integrity" not in one and not one.get("inBundle")] == []


def test_the_sources_of_llama_are_pinned():
    pinned = pin((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert re.fullmatch(r"llama-cpp-python==[\d.]+ \\\n +--hash=sha256:[0-9a-f]{64}", pinned)
    assert re.fullmatch(r"[\d.]+", pinned_version(pinned))
