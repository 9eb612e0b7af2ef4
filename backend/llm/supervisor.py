"""Keeps one engine process running for one model: spawns, watches, restarts. Or keeps a connection to one that another
process owns.

One task on the event loop that called `start` owns child and connection. The child dies with this process
(PR_SET_PDEATHSIG). Restarts back off; after several quick deaths requests are refused while it waits (breaker). A model that
cannot be loaded is not tried again: `shelf.py` decides what comes instead.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from backend.lib.clock import monotonic_s
from backend.llm import errors
from backend.llm.child_env import child_env
from backend.llm.client import EngineClient
from backend.llm.config import BASE_DIR, LLMConfig
from backend.llm.engine.config import EngineConfig
from backend.llm.engine.wire import WireError

log = logging.getLogger(__name__)

WATCH_S = 0.5
CONNECT_POLL_S = 0.02
CONNECT_TIMEOUT_S = 30.0
HANG_LOADING_S = 900.0
STEADY_S = 10.0  # an engine that lived this long has earned a quick restart
MAX_LOADING_DEATHS = 2
QUICK_DEATHS_TO_REFUSE = 4
STOP_GRACE_S = 3.0
NO_CHILD = "connection lost"


class EngineSupervisor:
    """`launch` None: the engine at `socket` belongs to another process. `on_change` is called when the state is another."""

    def __init__(
        self, config: LLMConfig, launch: EngineConfig | None, socket: Path, on_change: Callable[[], None]
    ) -> None:
        self._config, self._launch, self._socket, self._on_change = config, launch, socket, on_change
        self.client: EngineClient | None = None
        self.n_restarts = 0
        self.problem: errors.LLMError | None = None
        self._ended_pid: int | None = None  # the child that was ended by `restart`, until the next one is ready
        self._is_paused = False
        self.ready_after_s: float | None = None  # how long the last start took
        self._child: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._n_quick_deaths = 0
        self._n_loading_deaths = 0
        self._has_been_ready = False
        self._born_s = monotonic_s()

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._supervise(), name="engine supervisor")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._tell(None)

    def restart(self) -> None:
        """End the engine now; the next one is started at once. What it was writing ends in EngineLost."""
        if self._child is not None and self._child.returncode is None:
            self._ended_pid = self._child.pid
            self._child.kill()

    def pause(self, is_paused: bool) -> None:
        """Begin nothing that waits, or go on; an engine that comes later is told, too."""
        self._is_paused = is_paused
        if self.is_ready and self.client is not None:
            self.client.pause(is_paused)

    @property
    def is_restarting(self) -> bool:
        """As was asked: no fault of whoever was being answered."""
        return self._ended_pid is not None

    @property
    def engine_pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    @property
    def is_ready(self) -> bool:
        return self.client is not None and self.client.state == "ready"

    @property
    def is_refused(self) -> bool:
        """The engine says that the model cannot be used; it will not be tried again."""
        return isinstance(self.problem, errors.ModelUnusable)

    @property
    def state(self) -> Literal["starting", "ready", "down"]:
        if self.is_ready:
            return "ready"
        return "starting" if self.problem is None and self._task is not None else "down"

    def _tell(self, problem: errors.LLMError | None) -> None:
        self.problem = problem
        self._on_change()

    # --- the task ------------------------------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        while not self.is_refused or self._launch is None:
            self._born_s = monotonic_s()
            self._has_been_ready = False
            try:
                if self._launch is not None:
                    await self._spawn(self._launch)
                await self._attend()
            except OSError as error:  # no process to be had, or no descriptor
                log.error("the engine process cannot be started: %s", error)
            finally:
                self.client = None
                was_asked = self.engine_pid is not None and self.engine_pid == self._ended_pid
                exit_text = await self._end_child()
            await asyncio.sleep(self._after_death(monotonic_s() - self._born_s, exit_text, was_asked))

    async def _spawn(self, launch: EngineConfig) -> None:
        # A socket left by an engine that was killed would take the first connection attempts for nothing.
        self._socket.unlink(missing_ok=True)
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "backend.llm.engine",
            *launch.to_argv(),
            cwd=BASE_DIR,
            env=child_env(),
            stdin=asyncio.subprocess.DEVNULL,
        )
        log.info("engine process %d serves %s", self._child.pid, Path(launch.model).name)

    async def _attend(self) -> None:
        """Connect, then watch until the engine is gone, hangs, or cannot use the model."""
        client = await self._connect()
        if client is None:
            return
        changed = asyncio.Event()
        self.client = client
        reading = asyncio.create_task(client.run(changed), name="engine reader")
        try:
            while not reading.done() and self._notice(client):
                await self._wait_a_moment(reading, changed)
        finally:
            reading.cancel()
            client.lose()
            outcome = (await asyncio.gather(reading, return_exceptions=True))[0]
            if isinstance(outcome, WireError):
                log.error("the engine's socket: %s", outcome)

    async def _wait_a_moment(self, reading: asyncio.Task[None], changed: asyncio.Event) -> None:
        waiting = asyncio.create_task(changed.wait())
        asked_s = monotonic_s()
        await asyncio.wait({reading, waiting}, timeout=WATCH_S, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        changed.clear()
        late_s = monotonic_s() - asked_s - WATCH_S
        if late_s > WATCH_S and self.client is not None:
            # This process itself stood still: what the engine said meanwhile has yet to be read.
            self.client.heard_s += late_s

    def _notice(self, client: EngineClient) -> bool:
        """Take in the engine's state; False when it has to be ended."""
        if client.state == "ready" and not self._has_been_ready:
            self._has_been_ready = True
            self.ready_after_s = monotonic_s() - self._born_s
            self._n_loading_deaths, self._ended_pid = 0, None
            if self._is_paused:
                client.pause(True)
            self._tell(None)
        if client.state == "unusable" and not isinstance(self.problem, errors.ModelUnusable):
            self._refuse_model(client.detail)
            return self._launch is None
        limits = {"prefill": self._config.hang_prefill_s, "starting": HANG_LOADING_S, "unusable": HANG_LOADING_S}
        silent_s = monotonic_s() - client.heard_s
        if silent_s > limits.get(client.phase, self._config.hang_decode_s):
            log.error("the engine hangs: silent for %.1f s in phase %s; it is ended", silent_s, client.phase)
            return False
        return True

    async def _connect(self) -> EngineClient | None:
        ends_s = monotonic_s() + CONNECT_TIMEOUT_S
        while monotonic_s() < ends_s or self._launch is None:
            if self._child is not None and self._child.returncode is not None:
                return None
            try:
                return await EngineClient.connect(self._socket)
            except OSError:
                await asyncio.sleep(WATCH_S if self._launch is None else CONNECT_POLL_S)
            if self._launch is None and self.problem is None and monotonic_s() > ends_s - CONNECT_TIMEOUT_S / 2:
                self._tell(errors.EngineUnavailable(retry_after_s=5))
        log.error("the engine process did not open its socket in %.0f s", CONNECT_TIMEOUT_S)
        return None

    def _refuse_model(self, reason: str) -> None:
        log.error("the model cannot be used: %s", reason)
        self._tell(errors.ModelUnusable(reason=reason))

    def _after_death(self, lived_s: float, exit_text: str, was_asked: bool) -> float:
        """Seconds until the next attempt."""
        if isinstance(self.problem, errors.ModelUnusable):
            return 0.0
        self.n_restarts += 1
        if was_asked:
            log.info("the engine is started again, as was asked")
            self._tell(None)
            return 0.0
        log.error("the engine is gone (%s) after %.1f s", exit_text, lived_s)
        if self._launch is not None and not self._has_been_ready and exit_text != NO_CHILD:
            self._n_loading_deaths += 1
            if self._n_loading_deaths >= MAX_LOADING_DEATHS:
                self._n_loading_deaths = 0
                self._refuse_model(f"the engine stopped while loading it ({exit_text})")
                return 0.0
        self._n_quick_deaths = 0 if lived_s >= STEADY_S else self._n_quick_deaths + 1
        delays = self._config.restart_delays_s
        delay_s = delays[min(self._n_quick_deaths, len(delays) - 1)]
        is_open = self._n_quick_deaths >= QUICK_DEATHS_TO_REFUSE
        self._tell(errors.EngineUnavailable(retry_after_s=max(1, round(delay_s))) if is_open else None)
        return delay_s

    async def _end_child(self) -> str:
        """How it ended, in words."""
        child, self._child = self._child, None
        if child is None:
            return NO_CHILD
        if child.returncode is None:
            # Stopped in good order when this process stops; killed when it hangs or is of no use.
            child.send_signal(signal.SIGTERM if self._task is None else signal.SIGKILL)
            try:
                async with asyncio.timeout(STOP_GRACE_S):
                    await child.wait()
            except TimeoutError:
                child.kill()
                await child.wait()
        code = child.returncode or 0
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"
