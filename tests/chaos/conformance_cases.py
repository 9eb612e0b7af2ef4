"""What is sent to the server in the name of RFC 6455, and what may come of it. Which exceptions: see conformance.py."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tests.chaos.websocket_peer import BINARY, CLOSE, CONTINUATION, DROP, PING, PONG, TEXT, fragments, frame

SAY, ANSWER = b'{"type":"ping"}', "pong"
VIOLATION, BAD_TEXT = {DROP, "1002"}, {DROP, "1007"}
MIB = 1024 * 1024


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


def _breaches() -> list[Case]:
    return [
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
        fails("a new message inside another", frame(TEXT, b"a", fin=False) + frame(TEXT, SAY)),
        fails("a length with its highest bit", bytes([0x81, 0xFF]) + b"\xff" * 8 + b"mask"),
        fails("256 KiB and a byte", frame(TEXT, b"x" * (256 * 1024 + 1)), {"4413"}),
        fails("a frame said to be 1 MiB and a byte", frame(TEXT, b"x" * (MIB + 1))[:1000], {"1009", DROP}),
        fails("fragments over 1 MiB", fragments(*(b"x" * 65536 for _ in range(17))), {"1009", DROP}),
        fails(
            "a message said to be 2⁶² bytes",
            bytes([0x81, 0xFF]) + struct.pack("!Q", 2**62) + b"mask",
            {"1009", "1002", DROP},
        ),
    ]


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
    return [
        arrives("a text frame", whole),
        arrives("a byte at a time", whole, at_a_time=1),
        arrives("a length of 16 bits", frame(TEXT, SAY + b" " * 200)),
        arrives("a length of 64 bits", frame(TEXT, SAY + b" " * 200_000)),
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
        *_breaches(),
        *_texts(),
        *_closes(),
    ]
