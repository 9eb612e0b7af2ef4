"""Fixtures that several tests of this folder share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.chat_project.tests.redis_fixture import redis_url
from backend.chat_project.tests.running import environment, migrate
from backend.llm.fixtures import tiny_gguf

__all__ = ["data_dir", "migrated", "redis_url", "tiny_gguf"]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "data"
    migrate(environment(folder))
    return folder


@pytest.fixture
def data_dir(migrated: Path, tmp_path: Path) -> Path:
    """Of this test only: a second server on the same database would take up the replies of the first."""
    return shutil.copytree(migrated, tmp_path / "data")
