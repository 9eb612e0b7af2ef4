"""Daphne with an end: starts Maru's life in the running loop, and on SIGTERM lets it finish instead of dropping it.

Owner: the reactor's (main) thread. On SIGTERM or SIGINT, within DRAIN_S: /readyz says no; new sockets get 4503; running
replies and responses end or are stored; sockets are closed with real close frames (4503); the engine stops; exit 0. A second
signal ends the process at once. Where others can take over (`is_one_of_many`) listening ends first of all, so that nobody new
comes to a process that leaves. Order of imports matters: `daphne.server` installs the reactor.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor as twisted_reactor
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.tcp import Port
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    STDLibLogObserver,
    globalLogBeginner,
)

from backend.chat_project import life
from backend.chat_project.http_edge import BoundedHTTPFactory
from backend.chat_project.socket_edge import BoundedFactory

logger = logging.getLogger(__name__)
reactor: Any = twisted_reactor  # a module to Python, an interface to the type checker

RESTARTING = 4503
DRAIN_S = 29.0  # after this the process ends whatever still runs
SOCKETS_S = 3.0
FLUSH_S = 1.0
# A thread that comes back from a statement waits so long for the interpreter while another one computes, once per statement.
# Python's 5 ms: acknowledgements under load took twice as long (docs/performance.md).
SWITCH_S = 0.0005
LAST_EVENTS_S = 0.1  # from the end of the last reply to the close frames, so that its end is seen first
MAX_MESSAGE_BYTES = 1024 * 1024  # above, autobahn drops the connection; 4413 for less is the consumer's


class MaruServer(Server):
    """`run()` returns the process's exit status. `greet` is awaited once everything is up. `fd`: a listening socket of others."""

    def __init__(
        self,
        application: Any,
        *,
        host: str,
        port: int,
        greet: Callable[[list[tuple[str, int]]], Awaitable[None]],
        fd: int | None = None,
        is_one_of_many: bool = False,
    ) -> None:
        super().__init__(
            application=self._enter,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            signal_handlers=False,
            http_timeout=None,  # an SSE stream lasts as long as its reply
            websocket_timeout=-1,  # 0 would close all, 86400 cuts every socket once a day
            websocket_max_message_size=MAX_MESSAGE_BYTES,
            websocket_max_frame_size=MAX_MESSAGE_BYTES,
            server_name="",
        )
        if fd is not None:
            self.endpoints: list[str] = []  # not at once: Daphne ends the process of a server that is made with none
        self._application = application
        self.greet = greet
        self._fd, self._is_one_of_many = fd, is_one_of_many
        self.connections: dict[Any, dict[str, Any]] = {}
        self.is_draining = False
        self.exit_status = 0
        self.problem: BaseException | None = None
        self._ports: list[Any] = []
        self._change = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self) -> int:
        """Blocks until the server has ended. `problem` tells why it could not start."""
        self.http_factory = BoundedHTTPFactory(self)
        self.ws_factory = BoundedFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            allowNullOrigin=True,  # socket_auth.py judges origins
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
        )
        only_failures: Any = LogLevelFilterPredicate(LogLevel.critical)
        destination: Any = STDLibLogObserver("twisted")
        observer: Any = FilteringLogObserver(destination, [only_failures])
        globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)
        asyncio.set_event_loop(_loop())
        sys.setswitchinterval(SWITCH_S)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.callWhenRunning(self._spawn, self._start())
        reactor.run(installSignalHandlers=False)
        return self.exit_status

    async def _enter(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        is_late = self.is_draining and scope["type"] == "websocket"
        await (_refuse_socket if is_late else self._application)(scope, receive, send)

    def protocol_disconnected(self, protocol: Any) -> None:
        if protocol in self.connections:
            super().protocol_disconnected(protocol)
        self._change.set()

    # -- start ---------------------------------------------------------------------------------------------------

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            _loop().add_signal_handler(number, self._on_signal, number)
        try:
            for endpoint in self.endpoints:
                port = await serverFromString(reactor, endpoint).listen(self.http_factory).asFuture(_loop())
                self._note_port(port)
            # A queue that is shared is not drained before we can answer; our own was opened, so that a taken port is told first.
            await life.begin()
            if self._fd is not None:
                self._note_port(_adopt(self._fd, self.http_factory))
            await self.greet(self.listening_addresses)
        except Exception as error:
            if not isinstance(error, CannotListenError):
                logger.exception("Maru could not start")
            self.problem, self.exit_status = error, 1
            await life.end()
            reactor.stop()

    def _note_port(self, port: Any) -> None:
        self._ports.append(port)
        address = port.getHost()
        self.listening_addresses.append((address.host, address.port))

    # -- stop ----------------------------------------------------------------------------------------------------

    def _on_signal(self, number: int) -> None:
        if self.is_draining:
            os._exit(128 + number)  # the engine hears of it from the kernel (PDEATHSIG)
        self.is_draining = True
        logger.info("stopping: running replies may finish, a second signal ends at once")
        # A thread, because what may hang is the loop itself or a thread that the interpreter waits for.
        last_resort = threading.Timer(DRAIN_S, os._exit, [1])
        last_resort.daemon = True
        last_resort.start()
        self._spawn(self._drain())

    async def _drain(self) -> None:
        try:
            if self._is_one_of_many:
                await self._stop_listening()
            await asyncio.gather(life.finish_turns(), self._until(lambda: not self._responding(), life.TURNS_S))
            await self._stop_listening()
            await asyncio.sleep(LAST_EVENTS_S)
            await self._close_sockets()
            await self._end_applications()
            self.http_factory.close_all()
            await self._flush()
        except Exception:
            logger.exception("the drain failed; ending anyway")
            self.exit_status = 1
        await life.end()
        await self._cancel(asyncio.all_tasks(_loop()) - {asyncio.current_task()})
        reactor.stop()

    async def _stop_listening(self) -> None:
        ports, self._ports = self._ports, []
        for port in ports:
            await _future(port.stopListening())

    async def _close_sockets(self) -> None:
        for protocol in self._open(WebSocketProtocol):
            if protocol.state == protocol.STATE_OPEN:
                protocol.serverClose(code=RESTARTING)
            elif protocol.state == protocol.STATE_CONNECTING and hasattr(protocol, "handshake_deferred"):
                protocol.serverReject()
        await self._until(lambda: not self._open(WebSocketProtocol), SOCKETS_S)

    async def _end_applications(self) -> None:
        """Consumers get their disconnect and a moment to act on it; what is left then is cancelled."""
        running = {task for task in map(_application, self.connections.values()) if task is not None}
        if running:
            _, late = await asyncio.wait(running, timeout=FLUSH_S)
            await self._cancel(late)

    async def _cancel(self, tasks: set[Any]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=FLUSH_S)

    async def _flush(self) -> None:
        deadline = _loop().time() + FLUSH_S
        while self.http_factory.n_open() and _loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # Twisted has no callback for "everything is written"

    async def _until(self, is_so: Callable[[], bool], timeout_s: float) -> None:
        """Wait until `is_so` after some connection ended, at most `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while not is_so():
                    self._change.clear()
                    await self._change.wait()
        except TimeoutError:
            logger.warning("%d connections were still busy after %.0f s", len(self.connections), timeout_s)

    def _open(self, kind: type | None = None) -> list[Any]:
        return [
            protocol
            for protocol, details in self.connections.items()
            if "disconnected" not in details and (kind is None or isinstance(protocol, kind))
        ]

    def _responding(self) -> list[Any]:
        """HTTP requests that wait for (the rest of) their answer."""
        return [
            protocol
            for protocol in self._open()
            if not isinstance(protocol, WebSocketProtocol) and _application(self.connections[protocol]) is not None
        ]


class _SharedPort(Port):
    """Takes a few connections at a time: Twisted's own appetite would leave a rush to whichever process woke first."""

    numberAccepts = property(lambda self: 4, lambda self, n: None)  # noqa: N815 (Twisted's name)


def _adopt(fd: int, factory: Any) -> Any:
    with socket.socket(fileno=os.dup(fd)) as listener:
        port = _SharedPort._fromListeningDescriptor(reactor, listener.fileno(), listener.family, factory)
        port.startListening()
    return port


def _application(details: dict[str, Any]) -> asyncio.Future[None] | None:
    task: asyncio.Future[None] | None = details.get("application_instance")
    return None if task is None or task.done() else task


async def _refuse_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket that comes while we leave. Accept first: browsers see 1006 otherwise."""
    await receive()
    offered = scope.get("subprotocols", [])
    await send({"type": "websocket.accept", "subprotocol": "maru.v1" if "maru.v1" in offered else None})
    await send({"type": "websocket.close", "code": RESTARTING})


async def _future(maybe_deferred: Any) -> None:
    if maybe_deferred is not None:
        await maybe_deferred.asFuture(_loop())


def _loop() -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    return loop
