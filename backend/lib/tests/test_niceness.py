"""A child that stands back has what others leave, and later a place in line; nothing goes where it could not come back from."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.lib import niceness

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def child() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate(b"\n", timeout=30)


@pytest.mark.skipif(not niceness.may_come_back(), reason="this system has no idle class that may be left")
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


def test_who_could_not_leave_the_idle_class_does_not_enter_it(child: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(niceness, "may_come_back", lambda: False)
    niceness.stand_back(child)
    niceness.stand_in_line(child)
    assert (os.sched_getscheduler(child), os.getpriority(os.PRIO_PROCESS, child)) == (os.SCHED_OTHER, 19)


AS_ANYBODY = """
import os
from backend.lib import niceness
niceness.stand_back(0)
niceness.stand_in_line(0)
print(niceness.may_come_back(), os.sched_getscheduler(0) == os.SCHED_OTHER, os.getpriority(os.PRIO_PROCESS, 0))
"""


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="another user is made with setpriv")
def test_an_account_without_privileges_stays_where_it_can_end() -> None:
    """The kernel's own word: without RLIMIT_NICE or the capability, nobody leaves the idle class."""
    command = [
        "setpriv",
        "--reuid",
        "65534",
        "--clear-groups",
        "--bounding-set",
        "-all",
        sys.executable,
        "-c",
        AS_ANYBODY,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    if "Permission denied" in done.stderr:
        pytest.skip("this checkout is not readable for others")
    assert done.stdout.split() == ["False", "True", "19"], done.stderr


@pytest.mark.parametrize(("status", "uids", "limit", "expected"), [
    ("CapEff:\t0000000000800000", "0 0 4294967295", 0, True),
    ("CapEff:\t000001ffffffffff", "0 0 4294967295", 0, True),
    ("CapEff:\t00000000a80425fb", "0 0 4294967295", 0, False),  # a container's root
    ("CapEff:\t000001ffffffffff", "0 100000 65536", 0, False),  # root of a namespace of its own
    ("CapEff:\t0000000000000000", "0 0 4294967295", 1, True),
    ("", "", 0, False),
    ("", "", -1, True),  # no limit
])  # fmt: skip
def test_who_may_come_back(
    status: str, uids: str, limit: int, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("_STATUS", status), ("_UIDS", uids)):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(niceness, name, tmp_path / name)
    monkeypatch.setattr(resource, "getrlimit", lambda what: (limit, limit))
    assert niceness.may_come_back() is expected


@pytest.mark.parametrize(("engine", "expected"), [(0, 10), (5, 10), (10, 15), (14, 19), (19, 19)])
def test_what_must_end_takes_a_share_behind_the_engine(engine: int, expected: int) -> None:
    steps = ("import os", "from backend.lib import niceness", f"niceness.work_behind({engine})")
    asked = "; ".join([*steps, "print(os.nice(0), os.sched_getscheduler(0))"])
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == [str(max(expected, os.nice(0))), str(os.SCHED_OTHER)]
