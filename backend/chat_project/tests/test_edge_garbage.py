"""A WebSocket that was opened and lost at Daphne's edge leaves nothing to Python's garbage collector."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from backend.chat.tests.collecting import left_to_collect
from backend.chat_project.http_edge import BoundedHTTPFactory, BoundedRequest
from backend.chat_project.server import MaruServer
from backend.chat_project.socket_edge import BoundedFactory, BoundedProtocol

KINDS = (HTTPChannel, BoundedRequest, BoundedProtocol)
HANDSHAKE = (
    b"GET /ws/chat/1/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def accepts(scope: Any, receive: Any, send: Any) -> None:
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    assert (await receive())["type"] == "websocket.disconnect"


async def greeted(addresses: list[tuple[str, int]]) -> None: ...


def server() -> MaruServer:
    made = MaruServer(accepts, host="127.0.0.1", port=0, greet=greeted)
    made.http_factory, made.ws_factory = BoundedHTTPFactory(made), BoundedFactory(made, server="")
    made.ws_factory.setProtocolOptions(allowNullOrigin=True)
    return made


async def opened_and_lost(made: MaruServer) -> None:
    address = IPv4Address("TCP", "127.0.0.1", 50000)
    transport = StringTransport(address, address)
    transport.protocol = made.http_factory.buildProtocol(address)
    transport.protocol.makeConnection(transport)
    transport.protocol.dataReceived(HANDSHAKE)
    async with asyncio.timeout(20):
        while b" 101 " not in transport.value():  # noqa: ASYNC110 - what it waits for is no event, but bytes
            await asyncio.sleep(0.01)
        transport.protocol.connectionLost(Failure(ConnectionDone()))
        del transport.protocol  # Twisted's own transports forget these two at their end
        transport.producer = None
        known = [each.get("application_instance") for each in made.connections.values()]
        await asyncio.gather(*filter(None, known))
    made.connections.clear()  # as Daphne's checker does each second


async def test_it_works() -> None:
    made = server()
    await opened_and_lost(made)
    with left_to_collect(KINDS) as found:
        for _ in range(3):
            await opened_and_lost(made)
    assert found == []
    assert not [each for each in gc.get_objects() if issubclass(type(each), KINDS)], "nor does anybody hold it"
