"""Embedded Chroma in a process of its own: the server's side, and the child's (`main`).

HAZARD this is for: the embedded client keeps Python's interpreter for as long as it works and waits for the disk, 50 ms and more
for two dozen vectors; in the web process all streams stood still meanwhile (docs/retrieval.md). It also keeps what a damaged file
can do to Chroma away from the server, and texts of users away from the memory Chroma writes to its files.

Two lanes, each a pair of sockets: questions, and everything else. A lane has one call at a time, made by one thread. The child
starts with the first call, ends when the server closes a lane or dies, and is started anew after its own death.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from backend.lib import clock
from backend.memory.embeddings import Vectors
from backend.memory.store.calls import Row, StoreDown
from backend.memory.store.chroma import RETRY_S, Chroma
from backend.memory.words import Scope

CALL_S = 60.0  # the child of a call that takes longer is put away
ROOT = Path(__file__).resolve().parents[3]
ASKS, REST = 0, 1  # the lanes


class ChromaProcess:
    """`Calls` made in the child."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._lanes: list[Connection] = []
        self._failed_s = -RETRY_S
        self._is_closed = False

    def open(self) -> None:
        self._call(ASKS, "open")

    def query(self, index: int, vector: Vectors, scope: Scope, n_owned: int, limit: int) -> list[tuple[int, float]]:
        # HAZARD: the child has no Django. A member of Entry.Kind could not be read there.
        plain = replace(scope, kinds=tuple(str(kind) for kind in scope.kinds))
        found: list[tuple[int, float]] = self._call(ASKS, "query", index, vector, plain, n_owned, limit)
        return found

    def add(self, index: int, rows: Sequence[Row], vectors: Vectors) -> None:
        self._call(REST, "add", index, [replace(row, kind=str(row.kind)) for row in rows], vectors)

    def delete(self, index: int, ids: Sequence[int]) -> None:
        self._call(REST, "delete", index, ids)

    def drop(self, index: int) -> None:
        self._call(REST, "drop", index)

    def count(self, index: int) -> int:
        return int(self._call(REST, "count", index))

    def ids(self, index: int, after: int, limit: int) -> list[int]:
        found: list[int] = self._call(REST, "ids", index, after, limit)
        return found

    def indexes(self) -> list[int]:
        found: list[int] = self._call(REST, "indexes")
        return found

    def start_anew(self) -> None:
        self._call(REST, "start_anew")

    def close(self) -> None:
        """The child ends with the call it is at."""
        with self._lock:
            self._is_closed = True
            self._put_away()

    def _call(self, lane: int, name: str, *arguments: Any) -> Any:
        with self._lock:
            connection = self._connected()[lane]
        try:
            connection.send((name, arguments))
            if not connection.poll(CALL_S):
                raise TimeoutError
            given, fault = connection.recv()
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            with self._lock:
                if connection in self._lanes:
                    self._failed_s = clock.monotonic_s()
                    self._put_away(is_lost=True)
            raise StoreDown(f"the process of the vectors: {type(error).__name__}") from error
        if fault is not None:
            raise StoreDown(fault)
        return given

    def _connected(self) -> list[Connection]:
        if self._is_closed:
            raise StoreDown("closed")
        if not self._lanes:
            if clock.monotonic_s() - self._failed_s < RETRY_S:
                raise StoreDown("its process died a moment ago")
            self._lanes = self._launch()
        return self._lanes

    def _launch(self) -> list[Connection]:
        pairs = [socket.socketpair() for _ in (ASKS, REST)]
        theirs = [its.fileno() for _, its in pairs]
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import main; main()", str(self._folder), *map(str, theirs)],
                stdin=subprocess.DEVNULL, pass_fds=theirs, cwd=ROOT, start_new_session=True,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(self._folder)},
            )  # fmt: skip
        finally:
            for _, its in pairs:
                its.close()
        return [Connection(ours.detach()) for ours, _ in pairs]

    def _put_away(self, *, is_lost: bool = False) -> None:
        lanes, child, self._lanes, self._child = self._lanes, self._child, [], None
        for connection in lanes:
            # A thread may stand in poll() on it: closing alone would not wake it.
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as its:
                its.shutdown(socket.SHUT_RDWR)
        if child is not None:
            if is_lost:
                child.kill()
            threading.Thread(target=child.wait, daemon=True).start()


def serve(connection: Connection, chroma: Chroma) -> None:
    """Answer one lane's calls until the other side is gone. Never returns: the process ends."""
    try:
        while True:
            name, arguments = connection.recv()
            try:
                answer: tuple[Any, str | None] = (getattr(chroma, name)(*arguments), None)
            except StoreDown as error:
                answer = (None, str(error))
            except Exception as error:  # noqa: BLE001 - else the other side would wait for an answer
                answer = (None, type(error).__name__)
            connection.send(answer)
    finally:  # the other side is gone, or said what cannot be read: a lane without a thread would hang its callers
        os._exit(0)


def main() -> None:
    folder, *lanes = sys.argv[1:]
    chroma = Chroma(url="", folder=Path(folder))
    asks, rest = (Connection(int(lane)) for lane in lanes)
    threading.Thread(target=serve, args=(asks, chroma), daemon=True).start()
    serve(rest, chroma)
