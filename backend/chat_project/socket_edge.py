"""WebSockets at Daphne's edge: what a client sends without end is held back or ends its socket, so that it costs bounded memory.

autobahn answers every ping at once and never waits for its transport; Daphne puts every message into a queue without bounds.
Belongs to the reactor's thread. Must not read what is in a message: limits of frames and rates are the consumers'.
"""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor as twisted_reactor
from twisted.internet.protocol import connectionDone
from twisted.internet.tcp import Connection

from backend.lib import clock

reactor: Any = twisted_reactor
MAX_WAITING = 16  # messages that the consumer has not taken yet; from then on the client is not read
RESUME_S = 0.02
PINGS_BURST, PINGS_PER_S = 100.0, 20.0


class BoundedProtocol(WebSocketProtocol):
    """Of one socket."""

    _is_held = False
    _pings_left, _pings_at_s = PINGS_BURST, 0.0

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 (autobahn's names)
        super().onMessage(payload, isBinary)
        if not self._is_held and self._is_behind():
            self._is_held = True
            self.transport.pauseProducing()
            reactor.callLater(RESUME_S, self._resume)

    def _resume(self) -> None:
        # HAZARD: an ended application takes nothing more, and a transport that is not read does not hear of its end.
        if self.state == self.STATE_OPEN and self._is_behind():
            reactor.callLater(RESUME_S, self._resume)
            return
        self._is_held = False
        if self.state != self.STATE_CLOSED:
            self.transport.resumeProducing()

    def _is_behind(self) -> bool:
        return not self.muted and bool(self.application_queue.qsize() >= MAX_WAITING)

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802
        super().connectionLost(reason)
        self.is_closed = self.is_open = None  # the first holds this protocol: it would be left to the garbage collector

    # autobahn's own of these two make a coloured line for a debug log that nobody reads, of every piece of data.

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self._dataReceived(data)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        """What the kernel takes at once goes at once; Twisted would ask it first whether it may, a turn of the loop later."""
        if sync or chopsize or self.send_queue:
            super().sendData(data, sync, chopsize)
            return
        n_sent = _sent_at_once(self.transport, data)
        if n_sent < len(data):
            self.transport.write(data[n_sent:])

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """A pong for each, within reason: a client that pings without end and reads nothing would fill our memory."""
        now_s = clock.monotonic_s()
        self._pings_left = min(PINGS_BURST, self._pings_left + (now_s - self._pings_at_s) * PINGS_PER_S)
        self._pings_at_s = now_s
        if self._pings_left >= 1:
            self._pings_left -= 1
            super().onPing(payload)
        elif self.state == self.STATE_OPEN:
            self.dropConnection(abort=True)  # autobahn sends no 1008, and a close frame would wait behind the pongs


def _sent_at_once(transport: Any, data: bytes) -> int:
    """Bytes that are gone: none behind what waits already, and none where the connection is lost (a later write tells)."""
    is_plain = isinstance(transport, Connection) and not transport.TLS
    if not is_plain or not transport.connected or transport.disconnecting or transport.disconnected:
        return 0
    if transport.dataBuffer or transport._tempDataBuffer:
        return 0
    n_sent = transport.writeSomeData(data)
    return n_sent if isinstance(n_sent, int) else 0


class BoundedFactory(WebSocketFactory):
    protocol: type[BoundedProtocol] = BoundedProtocol

    def setProtocolOptions(self, **options: Any) -> None:  # noqa: N802
        """The options are the class's. autobahn copies all thirty to each socket instead, and pretty-prints them for a debug
        log that nobody reads."""
        super().setProtocolOptions(**options)
        own = {name: getattr(self, name) for name in BoundedProtocol.CONFIG_ATTRS}
        own["perMessageCompressionAccept"] = staticmethod(self.perMessageCompressionAccept)  # a function, no method
        self.protocol = type("ConfiguredProtocol", (BoundedProtocol,), {**own, "CONFIG_ATTRS": ()})
