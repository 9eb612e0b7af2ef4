"""What the models folder holds: the files, and what their headers say. Headers are read in a child process with limits.

Owned by the shelf's task; `look` is called again and again and only reads what is new.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from backend.llm.child_env import child_env
from backend.llm.config import BASE_DIR, LLMConfig
from backend.llm.engine.facts import ModelFacts
from backend.llm.model_files import ModelFile, Stamp, find_files

log = logging.getLogger(__name__)

INSPECT_TIMEOUT_S = 30.0
FILES_PER_CHILD = 50

Find = Callable[[], list[ModelFile]]


@dataclass(frozen=True, slots=True)
class Entry:
    """`facts` is None exactly when `unsound` says why."""

    file: ModelFile
    facts: ModelFacts | None
    unsound: str = ""


class Catalogue:
    """`entries` by id, in the order in which models are taken by default."""

    def __init__(self, config: LLMConfig, find: Find | None = None) -> None:
        self._config = config
        self._find = find or (lambda: find_files(config))
        self._read: dict[Stamp, dict[str, Any]] = {}
        self.entries: dict[str, Entry] = {}
        self.has_looked = False

    async def look(self) -> bool:
        """Whether something changed since the last look."""
        files = self._find()
        unread = [file for file in files if file.stamp not in self._read]
        for at in range(0, len(unread), FILES_PER_CHILD):
            await self._inspect(unread[at : at + FILES_PER_CHILD])
        self._read = {file.stamp: self._read[file.stamp] for file in files}
        before, self.entries = self.entries, {file.id: self._entry(file) for file in files}
        is_first, self.has_looked = not self.has_looked, True
        return is_first or before != self.entries

    def usable(self, kinds: Iterable[str]) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.facts is not None and entry.facts.kind in kinds]

    def forced_default(self) -> str | None:
        """The id of MODEL_PATH, whether the file is there or not."""
        path = self._config.model_path
        if path is None:
            return None
        return next((id for id, entry in self.entries.items() if entry.file.path == path), "")

    def _entry(self, file: ModelFile) -> Entry:
        read = self._read[file.stamp]
        if "facts" in read:
            return Entry(file, ModelFacts(**read["facts"]))
        return Entry(file, None, str(read["unsound"]))

    async def _inspect(self, files: list[ModelFile]) -> None:
        lines = await _child_lines([str(file.path) for file in files])
        for n, file in enumerate(files):
            # A child that died has written of the files before the one that killed it.
            read = lines[n] if n < len(lines) else {"unsound": "its header could not be read"}
            self._read[file.stamp] = read
            if "unsound" in read:
                log.warning("the model %s cannot be used: %s", file.path.name, read["unsound"])
            if n >= len(lines):
                break
        missing = [file for file in files if file.stamp not in self._read]
        if missing:
            await self._inspect(missing)


async def _child_lines(paths: list[str]) -> list[dict[str, Any]]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend.llm.engine.inspect",
        *paths,
        cwd=BASE_DIR,
        env=child_env(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(INSPECT_TIMEOUT_S):
            out, _ = await child.communicate()
    except TimeoutError:
        out = b""
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return [json.loads(line) for line in out.splitlines() if line.endswith(b"}")]
