"""The conversation log: every finished exchange as one line of JSON, for houses that want one. Off by default.

Files `MARU_DATA_DIR/conversations/<time>-<process>.jsonl`, readable by Maru's own user alone. Each web process writes files of
its own and begins another at `MAX_FILE_BYTES`; of all of them the newest `N_FILES` stay. A line is handed to the operating
system at once, and `fsync`ed when its file is full or the process ends: a crash of Maru loses nothing that was handed over, a
power failure may lose what the system had not written yet.

Owner: one thread per process. No reply waits for it: what does not fit into its queue is dropped, counted and said in the log.
Lines keep their place when a conversation is deleted; they go with the account (`forget`), or with their file.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import threading
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from django.conf import settings

from backend import house
from backend.lib.files import try_remove

logger = logging.getLogger(__name__)

MAX_FILE_BYTES = 64 * 1024 * 1024
N_FILES = 20
MAX_WAITING = 1_000
VERSION = 1


def folder() -> Path:
    return Path(settings.MARU.data_dir) / "conversations"


def line_of(entry: dict[str, Any]) -> bytes:
    """One line: no raw newline can be in it, whatever was said."""
    return json.dumps({"v": VERSION, **entry}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class ConversationLog:
    """`write` may be called from any thread and never waits. `close` writes what is left."""

    def __init__(self, name: str) -> None:
        self._name = "".join(c for c in name if c.isalnum() or c in "-_")[:40]
        self._waiting: queue.Queue[bytes | None] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._file: FileIO | None = None
        self._n_bytes = self.n_dropped = 0
        self._lock = threading.Lock()  # of the file: the writer's thread and `forget` of an erased account

    def write(self, entry: dict[str, Any]) -> None:
        if not house.flag("jsonl_log"):
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="conversation-log", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(line_of(entry))
        except queue.Full:
            self.n_dropped += 1
            if self.n_dropped & (self.n_dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th …
                logger.warning("conversation log: the disk does not keep up, %d exchanges dropped", self.n_dropped)

    def close(self) -> None:
        """Write what waits, sync, and end the thread. Blocks; harmless to call twice."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=5)
            self._thread = None
        with self._lock, contextlib.suppress(OSError):
            self._close_file()

    def forget(self, user_id: int) -> None:
        """Take every line of this user out of every file (the end of an account). Blocks."""
        self._waiting.join()  # a line that still waits would be written afterwards
        with self._lock:
            self._close_file()
            for path in sorted(folder().glob("*.jsonl")):
                _without(path, user_id)

    def _run(self) -> None:
        while True:
            line = self._waiting.get()
            try:
                if line is None:
                    return
                with self._lock:
                    self._append(line)
            except OSError as error:
                logger.warning("conversation log: not written, %s", error.strerror)
                with self._lock, contextlib.suppress(OSError):
                    self._close_file()
            finally:
                self._waiting.task_done()

    def _append(self, line: bytes) -> None:
        if self._file is None or self._n_bytes + len(line) > MAX_FILE_BYTES or self._is_replaced():
            self._close_file()
            self._open()
        assert self._file is not None
        self._file.write(line)
        self._n_bytes += len(line)

    def _is_replaced(self) -> bool:
        """Another process took an erased account out of our file: what we have open is no longer in the folder."""
        return self._file is not None and os.fstat(self._file.fileno()).st_nlink == 0

    def _open(self) -> None:
        place = folder()
        place.mkdir(mode=0o700, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        descriptor = os.open(place / f"{stamp}-{self._name}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file, self._n_bytes = FileIO(descriptor, "ab"), 0
        # A stamp comes first in their names: by name is by age.
        for old in sorted(place.glob("*.jsonl"))[:-N_FILES]:
            try_remove(old)

    def _close_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with file:
                os.fsync(file.fileno())


def _without(path: Path, user_id: int) -> None:
    """Rewrite a file without a user's lines; the old one is replaced only when the new one is on the disk."""
    fresh = path.with_suffix(".part")
    with path.open("rb") as old, fresh.open("wb") as new:
        os.fchmod(new.fileno(), 0o600)
        for line in old:
            if not _is_of(line, user_id):
                new.write(line)
        new.flush()
        os.fsync(new.fileno())
    fresh.replace(path)


def _is_of(line: bytes, user_id: int) -> bool:
    """A line that cannot be read (a cut at a power failure) might be anybody's: it goes, too."""
    try:
        return bool(json.loads(line)["user"] == user_id)
    except (ValueError, KeyError, TypeError):
        return True


_log: ConversationLog | None = None


def get_log() -> ConversationLog:
    """The one of this process."""
    global _log
    if _log is None:
        _log = ConversationLog(str(os.getpid()))
    return _log


def use_log(log: ConversationLog | None) -> None:
    """Put another one in place (tests)."""
    global _log
    _log = log
