"""`serve --workers N`: N web processes on one listening socket, and the engine host that they share.

This process serves nothing itself: it owns the socket, starts the others and starts again what dies. All workers accept from
the same queue, so that one that ends takes no waiting connection with it. SIGHUP replaces them one after the other without a
gap; SIGTERM and SIGINT let them drain. Children end with this process, however it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.lib.clock import monotonic_s

logger = logging.getLogger(__name__)

BACKLOG = 4096
READY_S = 60.0
STOP_S = 34.0  # a worker drains for up to 30 s
ENGINE_STOP_S = 5.0
STEADY_S = 10.0
DELAYS_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(eq=False)
class Child:
    """One process that is kept running. `is_ready`: it has told so once."""

    command: Sequence[str]
    env: Mapping[str, str]
    fds: tuple[int, ...] = ()
    tells: bool = True
    process: asyncio.subprocess.Process | None = None
    is_wanted: bool = True
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    n_quick_deaths: int = 0

    async def keep(self) -> int:
        """Until it is not wanted any more, or ends without ever having been ready. Its last exit status."""
        status = 0
        while self.is_wanted:
            began_s = monotonic_s()
            try:
                status = await self._run()
            except OSError as error:  # no process to be had, or no descriptor
                logger.error("%s cannot be started: %s", self.command[2], error)
                status = 1
            if (self.tells and not self.ready.is_set()) or not self.is_wanted:
                break
            self.n_quick_deaths = 0 if monotonic_s() - began_s > STEADY_S else self.n_quick_deaths + 1
            delay_s = DELAYS_S[min(self.n_quick_deaths, len(DELAYS_S) - 1)]
            logger.error("%s ended with %d; again in %.1f s", self.command[2], status, delay_s)
            await asyncio.sleep(delay_s)
        return status

    async def _run(self) -> int:
        hears, says = os.pipe()
        told = [f"--ready-fd={says}"] if self.tells else []
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                *told,
                env=self.env,
                pass_fds=(*self.fds, *((says,) if self.tells else ())),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is ours to pass on, once
            )
        except OSError:
            os.close(hears)
            raise
        finally:
            os.close(says)
        if not self.is_wanted:  # `end` found none yet that it could ask
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
        listening = asyncio.create_task(self._listen(hears))
        status = await self.process.wait()
        await listening
        return status

    async def _listen(self, hears: int) -> None:
        """One byte: ready. Nothing: it ended before."""
        try:
            if await asyncio.to_thread(os.read, hears, 1):
                self.ready.set()
        finally:
            os.close(hears)

    async def end(self, timeout_s: float) -> None:
        """Ask it to end; returns when it has."""
        self.is_wanted = False
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(timeout_s):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


class Workers:
    """`manage`: how to run manage.py; `n` web processes. With `has_host` the models of this machine are theirs together."""

    def __init__(self, manage: Sequence[str], n: int, listener: socket.socket, *, engines: Sequence[str]) -> None:
        self._manage, self._n, self._listener = tuple(manage), n, listener
        self._has_host = "local" in engines
        shared = ("unix:" if engine == "local" else engine for engine in engines)
        self._env = {**os.environ, "ENGINES": ",".join(shared)}
        self._workers: list[Child] = []
        self._tasks: dict[Child, asyncio.Task[int]] = {}
        self._stopping = asyncio.Event()
        self._is_replacing = False
        self.exit_status = 0

    async def run(self) -> int:
        """Until a signal ends it, or a worker that never became ready. The exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        host = self._start_host() if self._has_host else None
        self._workers = [self._start_worker(is_quiet=number > 0) for number in range(self._n)]
        await self._stopping.wait()
        await asyncio.gather(*(worker.end(STOP_S) for worker in list(self._tasks) if worker is not host))
        if host is not None:
            await host.end(ENGINE_STOP_S)
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        return self.exit_status

    def _start_host(self) -> Child:
        env = {**os.environ, "ENGINES": "local"}
        return self._start(Child([*self._manage, "engine", f"--parent={os.getpid()}"], env, tells=False))

    def _start_worker(self, *, is_quiet: bool) -> Child:
        descriptor = self._listener.fileno()
        quiet = ["--quiet"] if is_quiet else []
        command = [*self._manage, "serve", f"--fd={descriptor}", f"--parent={os.getpid()}", *quiet]
        return self._start(Child(command, self._env, (descriptor,)))

    def _start(self, child: Child) -> Child:
        task = self._tasks[child] = asyncio.create_task(child.keep())
        task.add_done_callback(lambda _: self._ended(child))
        return child

    def _ended(self, child: Child) -> None:
        task = self._tasks.pop(child)
        if child.is_wanted and child in self._workers and not self._stopping.is_set():
            self.exit_status = (task.exception() is None and task.result()) or 1
            self._stopping.set()  # it could not even start: it has said why

    def _on_hangup(self) -> None:
        if not self._is_replacing:
            self._is_replacing = True
            task = asyncio.create_task(self._replace_all())
            task.add_done_callback(lambda _: setattr(self, "_is_replacing", False))

    async def _replace_all(self) -> None:
        """One after the other: the new one is ready before the old one stops listening."""
        for place, old in enumerate(self._workers):
            if self._stopping.is_set():
                return
            new = self._start_worker(is_quiet=True)
            try:
                async with asyncio.timeout(READY_S):
                    await new.ready.wait()
            except TimeoutError:
                logger.error("the new worker did not become ready: the old ones stay")
                await new.end(STOP_S)
                return
            self._workers[place] = new
            await old.end(STOP_S)
        logger.info("all workers have been replaced")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that children inherit. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    listener.set_inheritable(True)
    return listener


def manage_command() -> list[str]:
    """As this process was started, up to and with manage.py."""
    return [sys.executable, *sys.orig_argv[1 : sys.orig_argv.index("serve")]]
