"""RELIABILITY S6: more than 200 ways to ask Maru to look inside its own house, none of which opens a connection.

Each payload goes through the guarded door as a first address, and every one that can be written in a header again as the
target of a redirect. Names are resolved by a table, as an attacker's name server would answer; numbers by the system.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from backend.lib.outbound import guarded_client

PORT = 8140
# What the attacker's name server says.
NAMES = {
    "localhost": ["127.0.0.1"], "localhost.": ["127.0.0.1"], "LOCALHOST": ["127.0.0.1"], "ip6-localhost": ["::1"],
    "a.localhost": ["127.0.0.1"], "localtest.me": ["127.0.0.1"], "127.0.0.1.nip.example": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"], "metadata": ["169.254.169.254"], "instance-data": ["169.254.169.254"],
    "printer.lan": ["192.168.1.9"], "db.internal": ["10.1.2.3"], "both.example": ["8.8.8.8", "127.0.0.1"],
    "six.example": ["2606:4700::1111", "fd00::1"], "mapped.example": ["::ffff:10.0.0.1"], "nat.example": ["64:ff9b::a00:1"],
    "tunnel.example": ["2002:a00:1::1"], "zero.example": ["0.0.0.0"], "cgn.example": ["100.64.0.1"], "many.example":
    ["8.8.8.8"] * 5 + ["10.0.0.1"], "empty.example": [],
    "broadcast.example": ["255.255.255.255"], "xn--9d0b.example": ["127.0.0.1"],
}  # fmt: skip
INSIDE4 = ("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1", "169.254.169.254",
           "100.64.0.1", "0.0.0.0", "198.18.0.1", "224.0.0.1", "255.255.255.255")  # fmt: skip
INSIDE6 = ("::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1", "::7f00:1", "100::1",
           "0:0:0:0:0:0:0:1", "0000::0001", "::ffff:0:0", "64:ff9b:1::a00:1", "2001:0:7f00:1::", "5f00::1",
           "3fff::1")  # fmt: skip
SCHEMES = ("file:///etc/passwd", "file://localhost/etc/passwd", "gopher://127.0.0.1:6379/_INFO",
           "ftp://127.0.0.1/", "dict://127.0.0.1:11211/",
           "unix:///run/docker.sock", "http+unix://%2Frun%2Fdocker.sock/", "data:text/plain,x",
           "jar:http://127.0.0.1!/", "ldap://127.0.0.1/",
           "ws://127.0.0.1/", "//127.0.0.1/", "javascript:1", "tftp://127.0.0.1/", "netdoc:///etc/passwd", "smb://10.0.0.1/x",
           "http:127.0.0.1", "http:/127.0.0.1/", "http:///127.0.0.1/", "http://", "http://:8140/", "127.0.0.1:8140")  # fmt: skip
ODD_HOSTS = ("①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "127.0.0.1%00.example",
             "127.0.0.1.", "127.0.0.1%0d%0a", "127.0.0.1\\@8.8.8.8", "8.8.8.8@127.0.0.1", "8.8.8.8:80@127.0.0.1", "a:b@127.0.0.1",
             "8.8.8.8%2f@127.0.0.1", "8.8.8.8#@127.0.0.1", "127.0.0.1#8.8.8.8", "127.0.0.1?8.8.8.8", "[::1%25lo]", "[::1%25eth0]",
             "[fe80::1%25eth0]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "0", "0x0", "00", "127.1",
             "127.0.1", "10.1", "192.168.257", "0x7f.1", "0177.1", "017700000001", "0x7f000001", "2130706433", "٢١٣٠٧٠٦٤٣٣",
             "0x7f.0x0.0x0.0x1", "0177.0x0.0.1", "127.00.00.01", "localhost%2e", "ⓛocalhost", "LOCALHOST",
             "loc\u00adalhost")  # fmt: skip


def payloads() -> Iterator[str]:
    for address in INSIDE4:
        number = int(ipaddress.IPv4Address(address))
        parts = [number >> shift & 255 for shift in (24, 16, 8, 0)]
        spelled = (address, str(number), hex(number), oct(number).replace("0o", "0"), ".".join(map(hex, parts)),
                   ".".join(f"0{part:o}" for part in parts), f"{parts[0]}.{number & 0xFFFFFF}", f"[::ffff:{address}]",
                   f"[64:ff9b::{address}]", f"[::{address}]", f"[2002:{number >> 16:x}:{number & 65535:x}::1]")  # fmt: skip
        yield from (f"http://{host}:{PORT}/" for host in spelled)
    yield from (f"http://[{address}]:{PORT}/" for address in INSIDE6)
    yield from (f"{scheme}://{name}:{PORT}/" for name, scheme in itertools.product(NAMES, ("http", "https")))
    yield from (f"http://{host}:{PORT}/" for host in ODD_HOSTS)
    yield from SCHEMES


PAYLOADS = sorted(set(payloads()))


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Addresses that a socket was to connect to, apart from the attacker's own server."""
    found: list[Any] = []
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def resolved(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        try:
            return resolve(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except OSError:
            name = host.decode() if isinstance(host, bytes) else host
            answers = NAMES.get(name) or NAMES.get(name.lower())
            if answers is None:
                raise
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in answers]

    def watched(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[1] != ATTACKER.get("port"):
            found.extend([address] if address[0] not in OUTSIDE else [])
            raise ConnectionRefusedError
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket.socket, "connect_ex", watched)
    return found


OUTSIDE = ("8.8.8.8", "2606:4700::1111")  # where some payloads only pretend to lead inside
ATTACKER: dict[str, int] = {}


def test_there_are_more_than_200() -> None:
    assert len(PAYLOADS) >= 200


async def test_no_address_gets_inside(hits: list[Any]) -> None:
    answered = []
    async with guarded_client(timeout=2) as client:
        for payload in PAYLOADS:
            try:
                answered.append((payload, (await client.get(payload)).status_code))
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
                continue
    assert hits == []
    assert answered == []


async def test_no_redirect_gets_inside(hits: list[Any]) -> None:
    """The first hop is the attacker's own public server, which is here on loopback and let through by hand."""
    where = ""

    async def serve(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 302 X\r\nLocation: {where}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(head.encode("utf-8"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    ATTACKER["port"] = server.sockets[0].getsockname()[1]
    client = guarded_client(max_redirects=3, timeout=2)
    door: Any = client._transport._pool._network_backend  # type: ignore[attr-defined]
    resolved = door._resolved

    async def first_hop_only(host: str, port: int, timeout_s: Any) -> Any:
        door._may_be_private = port == ATTACKER["port"]
        return await resolved(host, port, timeout_s)

    door._resolved = first_hop_only
    answered = []
    try:
        for where in PAYLOADS:
            try:
                response = await client.get(f"http://127.0.0.1:{ATTACKER['port']}/")
                if response.url.port != ATTACKER["port"]:
                    answered.append((where, response.status_code))
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
                continue
    finally:
        await client.aclose()
        server.close()
        ATTACKER.clear()
    assert hits == []
    assert answered == []
