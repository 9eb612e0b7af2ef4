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
import base64
import json
import os
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.chaos.house import House

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
SAY, ANSWER = b'{"type":"ping"}', "pong"
DROP, VIOLATION, BAD_TEXT = "DROP", {"DROP", "1002"}, {"DROP", "1007"}
MIB = 1024 * 1024


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    head = bytes([(fin << 7) | (rsv << 4) | opcode])
    size, mask_bit = len(payload), 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65536:
        head += struct.pack("!BH", mask_bit | 126, size)
    else:
        head += struct.pack("!BQ", mask_bit | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    key = int.from_bytes(mask * (size // 4 + 1), "big") >> 8 * (4 - size % 4)
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def fragments(*parts: bytes, opcode: int = TEXT, between: bytes = b"") -> bytes:
    """One message in frames, `between` after each but the last."""
    last = len(parts) - 1
    made = [frame(CONTINUATION if n else opcode, part, fin=n == last) for n, part in enumerate(parts)]
    return between.join(made)


class Peer:
    """A raw socket after its handshake. `handshake` is the head of the server's answer."""

    def __init__(self, house: House, token: str, session_id: int, *headers: str) -> None:
        address = urlsplit(house.url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET /ws/chat/{session_id}/ HTTP/1.1", f"Host: {address.netloc}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: maru.v1, bearer.{token}", *headers,
        ]  # fmt: skip
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._held = b""
        while b"\r\n\r\n" not in self._held:
            self._held += self._more()
        head, self._held = self._held.split(b"\r\n\r\n", 1)
        self.handshake = head.decode("latin-1")

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError
        return part

    def _take(self, n: int) -> bytes:
        while len(self._held) < n:
            self._held += self._more()
        taken, self._held = self._held[:n], self._held[n:]
        return taken

    def send(self, data: bytes, at_a_time: int = 0) -> None:
        for start in range(0, len(data), at_a_time or len(data) or 1):
            self.socket.sendall(data[start : start + (at_a_time or len(data))])

    def read(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload. Servers mask nothing and set no reserved bit."""
        first, second = self._take(2)
        assert not first & 0x70, "a reserved bit"
        assert not second & 0x80, "a masked frame of a server"
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        return first & 0x0F, self._take(size)

    def outcome(self) -> str:
        """What comes next that counts: the type of a message, "pong:PAYLOAD" of a control frame, a close code, or DROP."""
        try:
            while True:
                opcode, payload = self.read()
                if opcode == CLOSE:
                    return str(int.from_bytes(payload[:2], "big")) if payload else "CLOSE"
                if opcode == PONG:
                    return f"pong:{payload.decode('latin-1')}"
                if opcode == TEXT and (kind := json.loads(payload)["type"]) not in (
                    "session_state",
                    "presence",
                    "typing",
                ):
                    return str(kind)
        except TimeoutError:
            return "nothing"
        except OSError:
            return DROP

    def close(self) -> None:
        self.socket.close()


@dataclass(frozen=True)
class Case:
    """Send this; the outcomes must be these, in order, each one of a set."""

    name: str
    data: bytes
    outcomes: tuple[set[str], ...]
    at_a_time: int = 0


def arrives(name: str, data: bytes, at_a_time: int = 0) -> Case:
    return Case(name, data, ({ANSWER},), at_a_time)


def fails(name: str, data: bytes, how: set[str] = VIOLATION) -> Case:
    return Case(name, data, (how,))


def _texts() -> list[Case]:
    euro, half = '{"type":"€"}'.encode(), '{"type":"€'.encode()[:-1]
    return [
        Case("UTF-8 whole", frame(TEXT, euro), ({"error"},)),
        Case("UTF-8 split inside a character over frames", fragments(half, euro[len(half) :]), ({"error"},)),
        Case("UTF-8 split, a byte a frame", fragments(*(euro[n : n + 1] for n in range(len(euro)))), ({"error"},)),
        *(
            fails(f"invalid UTF-8: {name}", frame(TEXT, b"x" + bad), BAD_TEXT)
            for name, bad in {
                "lone continuation": b"\x80", "overlong": b"\xc0\xaf", "overlong of three": b"\xe0\x80\xaf",
                "surrogate": b"\xed\xa0\x80",
                "beyond U+10FFFF": b"\xf4\x90\x80\x80",
                "five bytes": b"\xf8\x88\x80\x80\x80", "FE": b"\xfe", "cut at the end": b"\xe2\x82",
            }.items()
        ),
        fails("invalid UTF-8 in a second frame", fragments(b"good", b"\xff"), BAD_TEXT),
        fails("invalid UTF-8 before the message's end", frame(TEXT, b"\xf4\x90", fin=False), BAD_TEXT),
        fails("UTF-8 cut at the end of a fragmented message", fragments(b"a", b"\xe2\x82"), BAD_TEXT),
    ]  # fmt: skip


def _closes() -> list[Case]:
    good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
    bad = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535]
    return [
        fails("close without a code", frame(CLOSE), {"1000", "CLOSE", DROP}),
        *(fails(f"close {code}", frame(CLOSE, struct.pack("!H", code)), {str(code), "1000"}) for code in good),
        *(fails(f"close {code}, which nobody may send", frame(CLOSE, struct.pack("!H", code))) for code in bad),
        fails("close with one byte", frame(CLOSE, b"\x03")),
        fails("close with a reason of 123 bytes", frame(CLOSE, b"\x03\xe8" + b"r" * 123), {"1000"}),
        fails("close with a reason of 124 bytes", frame(CLOSE, b"\x03\xe8" + b"r" * 124)),
        fails("close with a reason that is no UTF-8", frame(CLOSE, b"\x03\xe8\xff"), {"1002", "1007", DROP}),
        fails("after a close nothing is read", frame(CLOSE, b"\x03\xe8") + frame(TEXT, SAY), {"1000"}),
    ]


def cases() -> list[Case]:
    ping, whole = frame(PING, b"hi"), frame(TEXT, SAY)
    pad = b" " * 200_000
    return [
        arrives("a text frame", whole),
        arrives("a byte at a time", whole, at_a_time=1),
        arrives("a length of 16 bits", frame(TEXT, SAY + b" " * 200)),
        arrives("a length of 64 bits", frame(TEXT, SAY + pad)),
        Case("an empty text", frame(TEXT), ({"error"},)),
        Case("a binary message", frame(BINARY, SAY), ({"error"},)),
        Case("two messages at once", whole + whole, ({ANSWER}, {ANSWER})),
        arrives("two fragments", fragments(SAY[:5], SAY[5:])),
        arrives("a fragment per byte", fragments(*(SAY[n : n + 1] for n in range(len(SAY))))),
        arrives("empty fragments", fragments(b"", SAY, b"")),
        Case("ping", ping, ({"pong:hi"},)),
        Case("ping without payload", frame(PING), ({"pong:"},)),
        Case("ping of 125 bytes", frame(PING, b"x" * 125), ({"pong:" + "x" * 125},)),
        Case("ping between fragments", fragments(SAY[:5], SAY[5:], between=ping), ({"pong:hi"}, {ANSWER})),
        Case("pong nobody asked for", frame(PONG, b"hi") + whole, ({ANSWER},)),
        Case("ten pings", ping * 10, ({"pong:hi"},) * 10),
        fails("ping of 126 bytes", frame(PING, b"x" * 126)),
        fails("ping in fragments", frame(PING, b"hi", fin=False)),
        *(fails(f"reserved bit {rsv}", frame(TEXT, SAY, rsv=rsv)) for rsv in (1, 2, 4, 7)),
        fails("reserved bit in a ping", frame(PING, rsv=4)),
        *(
            fails(f"opcode {opcode}, which is none", frame(opcode, SAY))
            for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
        ),
        fails("a frame that is not masked", frame(TEXT, SAY, masked=False)),
        fails("a continuation of nothing", frame(CONTINUATION, SAY)),
        fails("a new message inside another", frame(TEXT, b"a", fin=False) + whole),
        fails("a length with its highest bit", bytes([0x81, 0xFF]) + b"\xff" * 8 + b"mask"),
        fails("256 KiB and a byte", frame(TEXT, b"x" * (256 * 1024 + 1)), {"4413"}),
        fails("a frame said to be 1 MiB and a byte", frame(TEXT, b"x" * (MIB + 1))[:1000], {"1009", DROP}),
        fails("fragments over 1 MiB", fragments(*(b"x" * 65536 for _ in range(17))), {"1009", DROP}),
        fails(
            "a message said to be 2⁶² bytes",
            bytes([0x81, 0xFF]) + struct.pack("!Q", 2**62) + b"mask",
            {"1009", "1002", DROP},
        ),
        *_texts(),
        *_closes(),
    ]


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
