"""What may be reached from here: addresses of every kind and redirects, none of which gets inside."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.lib.addresses import is_public
from backend.lib.outbound import AddressRefused, TooMuch, guarded_client, is_caused_by

INSIDE = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9", "198.51.100.1",
    "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1", "fec0::1",
    "2001:0:7f00:1::", "fe80::1%eth0", "100::1",
)  # fmt: skip
OUTSIDE = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::")
# Ways to write loopback that resolvers understand.
SPELLINGS = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "0",
)


@pytest.mark.parametrize("address", INSIDE)
def test_inside(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_in_every_ipv6_dress(address):
    number = int(address)
    dresses = (f"::ffff:{address}", str(ipaddress.IPv6Address((0x64FF9B << 96) | number)))
    if not is_public(str(address)):
        assert not any(map(is_public, dresses))


@given(st.text(max_size=30))
def test_what_is_no_address_is_not_public(text):
    assert is_public(text) in (False, True)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_spelling_of_loopback_gets_through(spelling, scheme, monkeypatch):
    connected: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: connected.append(address))
    async with guarded_client() as client:
        with pytest.raises((httpx2.HTTPError, httpx2.InvalidURL)) as caught:
            await client.get(f"{scheme}://{spelling}:8140/")
    assert is_caused_by(caught.value, AddressRefused) or "address" in str(caught.value)
    assert connected == []


async def test_a_name_with_one_address_inside_is_refused(monkeypatch):
    answers = [(socket.AF_INET, 1, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]

    async def resolve(*args: Any, **options: Any) -> Any:
        return answers

    import asyncio

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    async with guarded_client() as client:
        with pytest.raises(httpx2.ConnectError) as caught:
            await client.get("http://rebind.example/")
    assert is_caused_by(caught.value, AddressRefused)


async def _answering(response: bytes) -> tuple[Any, int]:
    import asyncio

    async def serve(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("where", ["http://169.254.169.254/", "file:///etc/passwd", "http://[::1]:1/"])
async def test_a_redirect_is_checked_like_the_first_address(where):
    server, port = await _answering(f"HTTP/1.1 302 X\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode())
    client = guarded_client(max_redirects=3)
    client._transport._pool._network_backend._may_be_private = True  # for the first hop only
    calls = 0
    inner = client._transport._pool._network_backend._resolved

    async def resolved(host: str, port: int, timeout_s: float | None) -> list[str]:
        nonlocal calls
        calls += 1
        client._transport._pool._network_backend._may_be_private = calls == 1
        return await inner(host, port, timeout_s)

    client._transport._pool._network_backend._resolved = resolved
    with pytest.raises(httpx2.HTTPError):
        await client.get(f"http://127.0.0.1:{port}/")
    await client.aclose()
    server.close()


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x\n" * 2500,
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"x" * 900,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
    ],
    ids=["too long", "a line too long", "compressed"],
)
async def test_a_response_that_is_too_much_is_cut(response):
    server, port = await _answering(response)
    async with guarded_client(may_be_private=True, max_bytes=2000, max_line_bytes=500) as client:
        with pytest.raises(TooMuch):
            await client.get(f"http://127.0.0.1:{port}/")
    server.close()
