"""RFC 6455 against the running server, byte by byte over raw sockets: what Autobahn's testsuite asks (which does not install on
Python 3.11), in our own words.

    python -m tests.chaos.conformance [--only WORD] [--verbose]

A message is known to have arrived by its answer: `{"type": "ping"}` is answered with `{"type": "pong"}`. A case names what may
happen: a message, a close code, or `DROP`: the connection ends without a close frame. Prints its figure last; status 1 when
a case ended otherwise.

Exceptions, each by Daphne's or autobahn's choice:
- DROP for a violation: the RFC says one SHOULD send a close frame first. autobahn drops (its default), so that somebody who
  broke the protocol is given no more of it. Where it does send one, 1002 or 1007 are taken too.
- Invalid UTF-8 is found at the latest at a message's end, and in the middle as soon as it is there (both are allowed).
- More than 100 pings at once and 20 a second are DROP: each pong that is not read is memory of ours.
- Binary messages are answered by an error of Maru's protocol: sockets speak JSON.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from tests.chaos.conformance_cases import ANSWER, MIB, SAY, Case, cases
from tests.chaos.house import House
from tests.chaos.websocket_peer import PING, TEXT, Peer, frame


def run(only: str = "", tell: Callable[[str], None] = lambda line: None) -> tuple[int, list[str]]:
    """How many cases there were, and what ended otherwise."""
    house = House("echo://?tokens=5&rate=50")
    faults: list[str] = []
    chosen = [case for case in cases() if only in case.name]
    try:
        house.prepare()
        house.start()
        token = house.register("peer")
        session_id = house.request("POST", "/api/sessions/", {}, token)["id"]
        for case in chosen:
            peer = Peer(house, token, session_id)
            ended = _tried(peer, case)
            peer.close()
            tell(f"{case.name}: {', '.join(ended)}")
            if not all(one in may for one, may in zip(ended, case.outcomes, strict=True)):
                faults.append(f"{case.name}: {ended}, not {[sorted(may) for may in case.outcomes]}")
        faults += _handshakes(house, token, session_id) + _floods(house, token, session_id, tell)
        peer = Peer(house, token, session_id)
        peer.send(frame(TEXT, SAY))
        if peer.outcome() != ANSWER:
            faults.append("afterwards the server does not answer")
        if "Traceback" in house.tail(1_000_000):
            faults.append(f"a traceback in the log: {house.folder}/server.log")
    finally:
        house.stop()
    return len(chosen) + 5, faults


def _tried(peer: Peer, case: Case) -> list[str]:
    try:
        peer.send(case.data, case.at_a_time)
    except OSError:  # it was refused while we were still sending
        pass
    return [peer.outcome()[:140] for _ in case.outcomes]


def _handshakes(house: House, token: str, session_id: int) -> list[str]:
    """No compression is agreed to (a bomb would come with it), and one subprotocol is chosen."""
    peer = Peer(house, token, session_id, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    head = peer.handshake.lower()
    peer.close()
    faults = [] if "sec-websocket-extensions" not in head else ["compression was agreed to"]
    return faults if "sec-websocket-protocol: maru.v1\r" in head + "\r" else [*faults, f"no subprotocol: {head}"]


def _floods(house: House, token: str, session_id: int, tell: Callable[[str], None]) -> list[str]:
    """Who pings or talks without end and reads nothing costs bounded memory, and others are answered meanwhile."""
    faults = []
    for name, data in {
        "pings": frame(PING, b"x" * 125) * 500,
        "messages": frame(TEXT, SAY + b" " * 200_000) * 4,
    }.items():
        before, rude = _resident_mib(house), Peer(house, token, session_id)
        rude.socket.settimeout(2)
        n_bytes = 0
        try:
            while n_bytes < 100 * MIB:
                rude.send(data)
                n_bytes += len(data)
        except OSError:  # refused, or held back: both are well
            pass
        grown = _resident_mib(house) - before
        other = Peer(house, token, session_id)
        other.send(frame(TEXT, SAY))
        answered = other.outcome()
        tell(
            f"a flood of {name}: {n_bytes / MIB:.1f} MiB were taken, memory +{grown:.1f} MiB, another socket: {answered}"
        )
        if grown > 40 or answered != ANSWER:
            faults.append(
                f"a flood of {name}: {n_bytes / MIB:.0f} MiB taken, +{grown:.0f} MiB, another socket: {answered}"
            )
        rude.close()
        other.close()
    return faults


def _resident_mib(house: House) -> float:
    assert house.process is not None
    with open(f"/proc/{house.process.pid}/statm", encoding="ascii") as figures:
        return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    n_cases, faults = run(options.only, print if options.verbose else lambda line: None)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{n_cases} cases, {len(faults)} otherwise than the RFC and our exceptions allow")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
