"""Compiles llama-cpp-python for this machine's CPU, with visible progress, and keeps the wheel.

    python -m tools.build_llama          prints, last and alone on stdout, the folder that holds the wheel

A wheel is kept under MARU_WHEEL_CACHE (default .cache/wheels), in a folder named after the version, the CPU's abilities and the
C library: a wheel made for another CPU dies with an illegal instruction. Standard library only: it runs before anything
is installed. Progress goes to stderr, the compiler's whole output to .cache/llama-build.log.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / ".cache/llama-build.log"
READ_FIRST = ROOT / "tools/before_llama.h"
CONCERNED = {"amx_tile", "avx512_fp16"}  # abilities for which that header changes what is compiled
NAME = "llama-cpp-python"
STEP = re.compile(r"\[(\d+)/(\d+)\]")
PERCENT_BETWEEN_LINES = 5
N_LINES_OF_A_FAILURE = 25


def main() -> int:
    pinned = pin((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    version = pinned_version(pinned)
    cache = Path(os.environ.get("MARU_WHEEL_CACHE") or ROOT / ".cache/wheels").expanduser().resolve()
    folder = cache / f"{version}-{machine_key()}"
    if not list(folder.glob("llama_cpp_python-*.whl")):
        folder.mkdir(parents=True, exist_ok=True)
        if not build(pinned, version, folder):
            return 1
    print(folder)
    return 0


def pin(requirements: str) -> str:
    """Its lines of requirements.txt: the version, and the hash that its sources must have."""
    found = re.search(rf"^{NAME}==[\w.]+(?: *\\\n *--hash=\S+)*", requirements, re.MULTILINE)
    if not found:
        raise SystemExit(f"requirements.txt does not pin {NAME}")
    return found[0]


def pinned_version(pinned: str) -> str:
    return pinned.partition("==")[2].split()[0]


def machine_key() -> str:
    """Names this machine's CPU and C library. Two machines with the same key can run each other's wheels."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8", errors="replace") if cpuinfo.exists() else platform.processor()
    abilities = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    words = sorted(set(abilities[1].split())) if abilities else [text]
    mended = [READ_FIRST.read_text(encoding="utf-8")] if CONCERNED.intersection(words) else []
    facts = "\n".join([platform.system(), platform.machine(), *platform.libc_ver(), *words, *mended])
    return f"{platform.machine()}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


def build(pinned: str, version: str, folder: Path) -> bool:
    """Make the wheel into `folder`. False, with the end of the log on stderr, when it fails."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    say(f"compiling {NAME} {version} for this CPU (some minutes, once); log: {LOG.relative_to(ROOT)}")
    with tempfile.TemporaryDirectory(dir=folder) as made, LOG.open("w", encoding="utf-8") as log:
        command = [sys.executable, "-m", "pip", "wheel", "--verbose", "--no-cache-dir", "--no-deps"]
        requirement = Path(made) / "requirement.txt"
        requirement.write_text(pinned + "\n", encoding="utf-8")
        command += ["--require-hashes", "--no-binary", NAME, "--wheel-dir", made, "-r", str(requirement)]
        environment = {"CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1), **os.environ, "PYTHONUNBUFFERED": "1"}
        environment["CXXFLAGS"] = f"{os.environ.get('CXXFLAGS', '')} {read_first()}".strip()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment
        )
        assert process.stdout is not None
        show_progress(process.stdout, log)
        if process.wait() == 0:
            for wheel in Path(made).glob("*.whl"):
                wheel.rename(folder / wheel.name)
            say(f"compiled in {time.monotonic() - begun:.0f} s")
            return True
    tail = LOG.read_text(encoding="utf-8").splitlines()[-N_LINES_OF_A_FAILURE:]
    say("\n".join([*tail, f"{NAME} did not compile; the whole log is {LOG.relative_to(ROOT)}"]))
    return False


def read_first() -> str:
    """The compiler's option that puts a header before every file."""
    return f"-include {shlex.quote(str(READ_FIRST))}"


def show_progress(lines: Iterable[str], log: TextIO) -> None:
    """Log every line; show ninja's "[12/217]": in place on a terminal, else a line every few percent."""
    in_place = sys.stderr.isatty()
    shown = -PERCENT_BETWEEN_LINES
    for line in lines:
        log.write(line)
        step = STEP.search(line)
        if not step or int(step[2]) < 20:  # other tools of the build count too, but not that far
            continue
        percent = 100 * int(step[1]) // int(step[2])
        if in_place:
            print(f"\r  llama.cpp {step[0]} {percent:3d} % ", end="", file=sys.stderr, flush=True)
        elif percent >= shown + PERCENT_BETWEEN_LINES:
            shown = percent
            say(f"  llama.cpp {step[0]} {percent} %")
    if in_place:
        print(file=sys.stderr)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
