"""What Daphne's edge sends: at once what the kernel takes, the rest behind it, every byte in its order."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection

from backend.chat_project.socket_edge import BoundedProtocol


class Reactor:
    """Notes who wants to write; the test says when."""

    def __init__(self) -> None:
        self.writers: set[Any] = set()

    def addWriter(self, one: Any) -> None:
        self.writers.add(one)

    def removeWriter(self, one: Any) -> None:
        self.writers.discard(one)

    def removeReader(self, one: Any) -> None:
        """Nobody reads here."""


@pytest.fixture
def ends() -> Iterator[tuple[BoundedProtocol, Connection, Reactor, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    reactor = Reactor()
    transport = Connection(ours, Protocol(), reactor)
    transport.connected = True
    protocol = BoundedProtocol()
    protocol.transport, protocol.send_queue = transport, deque()
    yield protocol, transport, reactor, theirs
    ours.close()
    theirs.close()


def test_it_works(ends: tuple[BoundedProtocol, Connection, Reactor, socket.socket]) -> None:
    protocol, _, reactor, theirs = ends
    protocol.sendData(b"hello")
    assert theirs.recv(100) == b"hello"
    assert not reactor.writers


def test_a_full_kernel_gets_the_rest_later_and_nothing_overtakes_it(
    ends: tuple[BoundedProtocol, Connection, Reactor, socket.socket],
) -> None:
    protocol, transport, reactor, theirs = ends
    pieces = [bytes([n]) * 100_000 for n in range(20)]
    for piece in pieces:
        protocol.sendData(piece)
    assert reactor.writers == {transport}
    got = bytearray()
    while len(got) < 2_000_000:
        got += theirs.recv(65_536)
        if reactor.writers:
            transport.doWrite()
    assert bytes(got) == b"".join(pieces)
    assert not reactor.writers
    protocol.sendData(b"again at once")
    assert theirs.recv(100) == b"again at once"


def test_who_is_gone_is_found_by_the_reactor_and_raises_nothing_here(
    ends: tuple[BoundedProtocol, Connection, Reactor, socket.socket],
) -> None:
    protocol, transport, reactor, theirs = ends
    theirs.close()
    protocol.sendData(b"to nobody")
    assert reactor.writers == {transport}
    assert isinstance(transport.doWrite(), Exception)
