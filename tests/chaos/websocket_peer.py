"""Frames of RFC 6455, byte by byte, and a raw socket that speaks them after its handshake."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from urllib.parse import urlsplit

from tests.chaos.house import House

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
DROP = "DROP"  # the connection ends without a close frame


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
