"""Ports for servers that tests start."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

from backend.lib import ports


def test_a_block_is_below_what_outgoing_connections_take():
    first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for n_ports in (1, 50):
        first = ports.free_block(n_ports)
        assert first >= ports.LOWEST
        assert first + n_ports <= max(first_outgoing, ports.RANGE_OF_LINUX[0])


def test_a_block_with_somebody_in_it_is_not_given(monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as taken:
        port = ports.free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen(1)
        monkeypatch.setattr(random.SystemRandom, "randint", lambda self, low, high: port - 3)
        with pytest.raises(OSError, match="no 5 free ports"):
            ports.free_block(5)
        assert ports.free_block(2) == port - 3
