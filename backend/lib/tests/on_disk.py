"""Looking for words in the files of the test's own database."""

from __future__ import annotations

import subprocess
from pathlib import Path


def files_with(needle: str, *places: Path | str) -> list[str]:
    """The files at or below `places` (of those that exist) that hold `needle`.

    HAZARD: another process has to look. POSIX drops all of a process's locks on a file as soon as the process closes any of
    its descriptors of it; SQLite would stand there without the locks that keep others from deleting its log, and every later
    connection would end in "disk I/O error".
    """
    there = [str(place) for place in places if Path(place).exists()]
    if not there:
        return []
    told = subprocess.run(
        ["grep", "-rlsF", "-e", needle, "--", *there],
        check=False,
        stdout=subprocess.PIPE,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    assert told.returncode in (0, 1, 2), told  # 2: a file went away while it looked
    return told.stdout.decode().splitlines()
