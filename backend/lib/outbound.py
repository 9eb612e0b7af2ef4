"""The one way out of the house for HTTP: resolves, checks, connects to what was checked, and cuts what never ends.

`guarded_client()` gives an httpx2 client whose every connection, that of a redirect too, goes to an address that
`lib.addresses` allows, and to exactly the address that was checked: a name that resolves anew (DNS rebinding) changes
nothing. Environment proxies are not used. No response is larger than asked for, compressed or not. Owned by whoever made it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import httpcore2
import httpx2

# What speaks through this door needs these names, and not the client library itself.
from httpx2 import URL as URL
from httpx2 import AsyncClient as AsyncClient
from httpx2 import HTTPError as HTTPError
from httpx2 import InvalidURL as InvalidURL
from httpx2 import Response as Response
from httpx2 import StreamError as StreamError
from httpx2 import Timeout as Timeout

from backend.lib.addresses import is_public

MAX_BYTES = 64 * 1024 * 1024
MAX_LINE_BYTES = 4 * 1024 * 1024


class AddressRefused(httpcore2.ConnectError):
    """The name resolves to an address inside the house (or to nothing usable)."""


class TooMuch(httpx2.DecodingError):
    """The response is longer, or has a longer line, than its reader takes."""


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolve once, check every answer, connect to one of them. TLS still asks for the name."""

    def __init__(self, *, may_be_private: bool) -> None:
        self._may_be_private = may_be_private
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._resolved(host, port, timeout)
        if not addresses or not (self._may_be_private or all(map(is_public, addresses))):
            raise AddressRefused(f"{host} is not an address that may be reached from here")
        problem: Exception | None = None
        for address in addresses[:4]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
        raise problem or httpcore2.ConnectError(host)

    async def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore2.AsyncNetworkStream:
        raise AddressRefused("no Unix sockets")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _resolved(self, host: str, port: int, timeout_s: float | None) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(host) from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host} has no address") from error
        return list(dict.fromkeys(str(where[0]) for *_, where in found))


class _Transport(httpx2.AsyncHTTPTransport):
    def __init__(self, *, may_be_private: bool, max_bytes: int, max_line_bytes: int) -> None:
        super().__init__(trust_env=False)
        self._max_bytes, self._max_line_bytes = max_bytes, max_line_bytes
        # The library has no door for a backend of one's own; a test proves that ours is asked.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=256,
            max_keepalive_connections=16,
            keepalive_expiry=15,
            network_backend=_GuardedBackend(may_be_private=may_be_private),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()  # 1 MiB may unpack to 1 GiB
            raise TooMuch("the response is compressed, which was not asked for")
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(stream, self._max_bytes, self._max_line_bytes)
        return response


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int, max_line_bytes: int) -> None:
        self._stream, self._max_bytes, self._max_line_bytes = stream, max_bytes, max_line_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        n_bytes = n_line = 0
        async for chunk in self._stream:
            n_bytes += len(chunk)
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            n_line = len(chunk) - end - 1 if end >= 0 else n_line + len(chunk)
            if n_bytes > self._max_bytes or n_line > self._max_line_bytes:
                raise TooMuch(f"more than {self._max_bytes} bytes, or a line of more than {self._max_line_bytes}")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def guarded_client(
    *,
    may_be_private: bool = False,
    timeout: httpx2.Timeout | float = 10.0,
    max_bytes: int = MAX_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
    max_redirects: int = 0,
    headers: Mapping[str, str] | None = None,
) -> httpx2.AsyncClient:
    """`may_be_private` only for addresses that whoever starts Maru configured. Close it with `aclose()`."""
    return httpx2.AsyncClient(
        transport=_Transport(may_be_private=may_be_private, max_bytes=max_bytes, max_line_bytes=max_line_bytes),
        timeout=timeout,
        follow_redirects=max_redirects > 0,
        max_redirects=max_redirects,
        headers={"Accept-Encoding": "identity", "User-Agent": "Maru", **(headers or {})},
        trust_env=False,
    )


def is_url(text: str) -> bool:
    """Whether the client can take it at all: it has its own mind about hosts (IDNA) and characters."""
    try:
        httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        return False
    return True


def is_caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether `kind` stands somewhere in the chain of causes: the client library wraps what the transport raised."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return False
        if isinstance(seen, kind):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
