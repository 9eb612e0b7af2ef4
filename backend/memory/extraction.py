"""Runs the child that reads a file, and names how it ended. Belongs to the event loop of the indexer.

The child limits itself (extract/child.py); here it gets a deadline, a bounded answer, no environment of ours, and only what
running answers leave of the processor.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from backend.lib import niceness

DEADLINE_S = 180.0  # of wall time beside running answers; the child's limit of CPU time comes first
# So long a file has what others leave, then a small share: answers that never end must not keep it waiting.
PATIENT_S = 4.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
KINDS = {
    "pdf": "pdf", "docx": "docx", "pptx": "pptx", "xlsx": "xlsx", "hwpx": "hwpx", "csv": "csv", "tsv": "csv", "html": "html",
    "htm": "html", "md": "md", "markdown": "md", "txt": "txt",
}  # fmt: skip


Chunk = tuple[str, int | None, str]  # text, page, heading


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error_code` empty: here are the chunks."""

    error_code: str = ""
    n_pages: int | None = None
    chunks: tuple[Chunk, ...] = ()


async def extract(path: Path, kind: str, sizes: dict[str, float]) -> Outcome:
    """The chunks of a file. Never raises for what is in the file; raises OSError if it cannot be opened."""
    with path.open("rb") as file:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", _START, kind, json.dumps(sizes), str(settings.BASE_DIR),
            stdin=file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"}, cwd="/", start_new_session=True,
        )  # fmt: skip
    niceness.stand_back(child.pid)
    impatience = asyncio.get_running_loop().call_later(PATIENT_S, niceness.stand_in_line, child.pid)
    try:
        async with asyncio.timeout(DEADLINE_S):
            answer = await _bounded(child)
            await child.wait()
    except (TimeoutError, _TooMuch):
        return Outcome("document_too_complex")
    finally:
        impatience.cancel()
        if child.returncode is None:
            child.kill()
            await child.wait()
    # Killed by its own limits (CPU: SIGXCPU or SIGKILL, memory: often SIGSEGV or SIGABRT), or by the file.
    if child.returncode != 0 or not answer:
        return Outcome("document_too_complex")
    return await asyncio.to_thread(_read, answer)


def _read(answer: bytes) -> Outcome:
    """Line by line: in one piece a long text would keep the interpreter."""
    first, *lines = answer.split(b"\n")
    given = json.loads(first)
    if "error" in given:
        return Outcome(str(given["error"]))
    chunks = (json.loads(line) for line in lines)
    return Outcome("", given["n_pages"], tuple((text, page, heading) for text, page, heading in chunks))


# -I keeps the environment and the working directory out of the path; ours is the third argument.
_START = "import sys; sys.path.insert(0, sys.argv.pop()); from backend.memory.extract.child import main; main()"


class _TooMuch(Exception):
    pass


async def _bounded(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout is not None
    parts: list[bytes] = []
    n_bytes = 0
    while part := await child.stdout.read(1 << 16):
        parts.append(part)
        n_bytes += len(part)
        if n_bytes > MAX_ANSWER_BYTES:
            raise _TooMuch
    return b"".join(parts)
