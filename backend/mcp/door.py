"""The way to tool servers, and to those who vouch for us there: one guarded client, one kind of failure.

Everything that comes back was written by strangers: it has `max_bytes` at most, and redirects are not followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from backend.lib.outbound import (
    AddressRefused,
    AsyncClient,
    HTTPError,
    InvalidURL,
    StreamError,
    TooMuch,
    guarded_client,
    is_caused_by,
)

# `refused`: an HTTP status other than 200, a redirect among them. `error`: the server's own, for this request.
# `sign_in_needed`: 401. Those of signing in: the server offers none; without TLS, without PKCE (S256), without a client id that
# Maru could get by itself; an administrator or the provider said no; what was granted is no longer valid.
Code = Literal[
    "timeout", "unreachable", "address_refused", "refused", "bad_answer", "too_large", "error", "sign_in_needed",
    "no_sign_in", "no_tls", "no_pkce", "client_needed", "denied", "expired",
]  # fmt: skip


class ToolFailed(Exception):
    def __init__(self, code: Code) -> None:
        self.code: Code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str
    token: str = field(default="", repr=False)
    may_be_private: bool = False
    timeout_s: float = 30.0


@asynccontextmanager
async def reached(endpoint: Endpoint, *, max_bytes: int) -> AsyncIterator[AsyncClient]:
    # Reading the certificates takes a while, in which other people's answers must go on.
    client = await asyncio.to_thread(
        guarded_client,
        may_be_private=endpoint.may_be_private,
        timeout=endpoint.timeout_s,
        max_bytes=max_bytes,
        max_line_bytes=max_bytes,
    )
    async with client:
        yield client


@asynccontextmanager
async def in_time(timeout_s: float) -> AsyncIterator[None]:
    """Whatever goes wrong within is told as ToolFailed. Whoever is stopped leaves at once."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as error:
        raise ToolFailed("timeout") from error
    except (HTTPError, InvalidURL, StreamError, OSError, ValueError) as error:
        if is_caused_by(error, AddressRefused):
            raise ToolFailed("address_refused") from error
        raise ToolFailed("too_large" if is_caused_by(error, TooMuch) else "unreachable") from error
