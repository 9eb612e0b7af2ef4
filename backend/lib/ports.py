"""Ports for servers that are started with one, and started again on the same: tests, benches, load scripts.

Asking the kernel for port 0 gives one out of the range from which outgoing connections take theirs: until the server
listens, and whenever it is stopped, any connection of this machine can have it. These are below that range, unless somebody
has set it to begin below 20,000: then below where Linux has it.
"""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

LOWEST = 10_000
RANGE_OF_LINUX = (32_768, 60_999)
TRIES = 200


def free_port() -> int:
    return free_block(1)


def free_block(n_ports: int) -> int:
    """The first of `n_ports` consecutive ports of 127.0.0.1 on which nobody listens. Raises OSError when there is none."""
    highest = _first_outgoing() - n_ports
    for _ in range(TRIES):
        first = random.SystemRandom().randint(LOWEST, highest)
        if all(_is_free(port) for port in range(first, first + n_ports)):
            return first
    raise OSError(f"no {n_ports} free ports between {LOWEST} and {highest + n_ports}")


def _first_outgoing() -> int:
    with contextlib.suppress(OSError, ValueError):
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        return first if first > 2 * LOWEST else RANGE_OF_LINUX[0]
    return RANGE_OF_LINUX[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections that have just ended there do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True
