"""Pulls models from a hub into the models folder: one task per file, on the event loop that called `begin`.

What has come survives pauses, cuts and the process: a pull goes on where it is (Range), and a file counts only once its
SHA-256 is what the hub, or the administrator, promised. Another process of the same house may pause or drop a pull: the
one that runs it looks at its record every second. Must not log a token or an address.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from backend.lib.clock import monotonic_s
from backend.lib.errors import AppError, BadInput, Conflict, NotFound
from backend.lib.outbound import AddressRefused, HTTPError, StreamError, TooMuch, is_caused_by
from backend.lib.sealed import CannotOpen, seal, unseal
from backend.llm.hub import Cut, Hub, Opened, check_names, opened
from backend.llm.incoming import Arrivals, Incoming, State
from backend.llm.incoming_errors import ChecksumWrong, HubAway, HubMisled, HubRefused, HubWithoutChecksum, NoRoomOnDisk

log = logging.getLogger(__name__)

PURPOSE = "hub token"
RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)  # tries in a row that bring nothing
LOOK_S = 1.0
BLOCK_BYTES = 256 * 1024
LOCK_TRIES = 50
OnArrival = Callable[[], Awaitable[None]]


class Pulls:
    def __init__(
        self, arrivals: Arrivals, hub: Callable[[], Hub], on_arrival: OnArrival, retry_s: tuple[float, ...] = RETRY_S
    ) -> None:
        self.arrivals, self._hub, self._on_arrival, self._retry_s = arrivals, hub, on_arrival, retry_s
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # --- for administrators ------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Go on with what a process before this one did not end."""
        for one in await asyncio.to_thread(self.arrivals.all):
            if one.origin == "hub" and one.state in ("coming", "checking"):
                self._start(one.id)

    async def stop(self) -> None:
        """They go on with the next `begin`."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def pull(
        self, repo: str, file: str, *, revision: str = "main", name: str = "", sha256: str = "", token: str = ""
    ) -> Incoming:
        """Raises BadInput, NameTaken, Conflict."""
        check_names(repo, file, revision)
        one = await asyncio.to_thread(
            lambda: self.arrivals.begin(
                name or Path(file).name, "hub", repo=repo, file=file, revision=revision, sha256=sha256.lower(),
                token=seal(token, PURPOSE),
            )
        )  # fmt: skip
        self._start(one.id)
        return one

    async def pause(self, id: str) -> None:
        """Raises NotFound."""
        self._keep_pull(id, "paused")
        await self._end_task(id)

    async def resume(self, id: str) -> None:
        """Also of one that failed. Raises NotFound."""
        self._keep_pull(id, "coming")
        await self._end_task(id)
        self._start(id)

    async def drop(self, id: str) -> None:
        one = self.arrivals.get(id)
        await self._end_task(id)
        self.arrivals.forget(one)

    async def wait(self, id: str) -> None:
        """Until this process does nothing for it any more."""
        if id in self._tasks:
            await asyncio.gather(self._tasks[id], return_exceptions=True)

    def _keep_pull(self, id: str, state: State) -> None:
        one = self.arrivals.get(id)
        if one.origin != "hub":
            raise NotFound
        self.arrivals.keep(replace(one, state=state, problem="", told={}))

    def _start(self, id: str) -> None:
        task = self._tasks[id] = asyncio.create_task(self._run(id), name=f"pull {id}")
        task.add_done_callback(lambda done: self._tasks.pop(id) if self._tasks.get(id) is done else None)

    async def _end_task(self, id: str) -> None:
        task = self._tasks.get(id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # --- one pull ----------------------------------------------------------------------------------------------------

    async def _run(self, id: str) -> None:
        try:
            async with self._locked(id):
                one = await self._fetched(self.arrivals.get(id))
                await asyncio.to_thread(self.arrivals.settle, one)
            await self._on_arrival()
        except (NotFound, _Ended):
            return  # dropped, paused, or another process has it
        except AppError as error:
            self._fail(id, error)
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            log.error("pull %s: %s", id, error.strerror)
            self._fail(id, NoRoomOnDisk(name="", need_gib="?", free_gib=0) if is_full else HubAway())

    def _fail(self, id: str, error: AppError) -> None:
        log.warning("pull %s failed: %s", id, error.code)
        with contextlib.suppress(NotFound):
            one = self.arrivals.get(id)
            if isinstance(error, ChecksumWrong):
                self.arrivals.part(one).unlink(missing_ok=True)
            self.arrivals.keep(replace(one, state="failed", problem=error.code, told=error.params))

    @contextlib.asynccontextmanager
    async def _locked(self, id: str) -> AsyncGenerator[None]:
        """The part's lock; whoever was told to let it go does so within a second."""
        for _ in range(LOCK_TRIES):
            lock = self.arrivals.writing(self.arrivals.get(id))
            try:
                lock.__enter__()
                break
            except Conflict:
                await asyncio.sleep(LOOK_S / 10)
        else:
            raise _Ended
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    async def _fetched(self, one: Incoming) -> Incoming:
        n_failures = 0
        while True:
            n_before = self.arrivals.n_bytes(one)
            try:
                return await self._once(one)
            except (Cut, HTTPError, StreamError) as error:
                if is_caused_by(error, AddressRefused):
                    raise HubMisled from error
                if is_caused_by(error, TooMuch):
                    raise HubAway from error
                one = self.arrivals.get(one.id)
                n_failures = 1 if self.arrivals.n_bytes(one) > n_before else n_failures + 1
                if n_failures > len(self._retry_s):
                    raise HubAway from error
                await asyncio.sleep(self._retry_s[n_failures - 1])

    async def _once(self, one: Incoming) -> Incoming:
        n_bytes = self.arrivals.n_bytes(one)
        if one.size_bytes and n_bytes == one.size_bytes:
            return one
        try:
            token = unseal(one.token, PURPOSE)
        except CannotOpen as error:
            raise HubRefused(status=401) from error
        async with opened(self._hub(), one, token, n_bytes) as answer:
            one = await asyncio.to_thread(self._agreed, one, answer)
            if answer.start != n_bytes:
                if answer.start:
                    raise Cut("the hub begins elsewhere")
                self.arrivals.part(one).write_bytes(b"")  # it cannot go on in the middle
            one = await self._read(one, answer)
        if self.arrivals.n_bytes(one) != one.size_bytes:
            raise Cut("the answer ended early")
        return one

    def _agreed(self, one: Incoming, answer: Opened) -> Incoming:
        """What the hub says now against what was promised. Raises ChecksumWrong, HubWithoutChecksum, NoRoomOnDisk, BadInput."""
        is_other = one.sha256 and answer.sha256 and one.sha256 != answer.sha256
        if is_other or (one.size_bytes and answer.size_bytes != one.size_bytes):
            raise ChecksumWrong(name=one.name)
        sha256 = one.sha256 or answer.sha256
        if not sha256 or not answer.size_bytes:
            raise HubWithoutChecksum
        known = replace(
            one, sha256=sha256, size_bytes=answer.size_bytes, revision=answer.revision[:100] or one.revision
        )
        try:
            self.arrivals.check_size(known)
        except BadInput as error:
            raise ChecksumWrong(name=one.name) from error
        return self.arrivals.keep(known)

    async def _read(self, one: Incoming, answer: Opened) -> Incoming:
        part, n_bytes, looked_s = self.arrivals.part(one), self.arrivals.n_bytes(one), monotonic_s()
        async for block in answer.response.aiter_raw(BLOCK_BYTES):
            n_bytes += len(block)
            if n_bytes > one.size_bytes:
                raise ChecksumWrong(name=one.name)
            await asyncio.to_thread(_append, part, block)
            one = await asyncio.to_thread(self.arrivals.with_header, one)
            if monotonic_s() - looked_s >= LOOK_S:
                looked_s = monotonic_s()
                if self.arrivals.get(one.id).state != "coming":
                    raise _Ended
        return one


class _Ended(Exception):
    """Somebody else's record says to stop."""


def _append(path: Path, block: bytes) -> None:
    with path.open("ab") as file:
        file.write(block)
