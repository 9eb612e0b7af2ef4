"""A child that stands back has what others leave, and later a place in line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backend.lib import niceness


@pytest.fixture
def child() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate(b"\n", timeout=30)


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="this system has no idle class")
def test_it_works(child: int) -> None:
    niceness.stand_back(child)
    assert (os.sched_getscheduler(child), os.getpriority(os.PRIO_PROCESS, child)) == (os.SCHED_IDLE, 19)
    niceness.stand_in_line(child)
    assert (os.sched_getscheduler(child), os.getpriority(os.PRIO_PROCESS, child)) == (os.SCHED_OTHER, 19)


def test_a_process_that_is_gone_or_anothers_is_left_alone() -> None:
    niceness.stand_back(2**22 + 1)
    niceness.stand_in_line(2**22 + 1)


def test_a_system_without_an_idle_class_has_niceness(child: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "SCHED_IDLE", raising=False)
    before = os.sched_getscheduler(child)
    niceness.stand_back(child)
    assert (os.sched_getscheduler(child), os.getpriority(os.PRIO_PROCESS, child)) == (before, 19)
