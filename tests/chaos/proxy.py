"""A network that misbehaves: a TCP proxy on loopback whose connections are slow, cut, stalled or dead without a word.

    async with FaultProxy(port, fault=lambda: Fault(cut_after=1000)) as proxy: … proxy.url …

`fault` is asked once for each new connection. What has been read goes on byte by byte, so that a cut may fall into the middle
of a frame, of a code point or of the handshake. Owner: the event loop that entered it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

READ_BYTES = 16 * 1024
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: a reset, as a lost network looks to both ends


@dataclass(frozen=True)
class Fault:
    """Bytes are counted over both directions together. 0 and None: never."""

    latency_s: float = 0.0  # each piece, each way
    cut_after: int | None = None  # then both ends are reset
    stall_after: int | None = None  # then nothing more is read from the house: its buffers fill
    half_open_after: int | None = None  # then what comes is thrown away and nobody is told


class Connection:
    """One of the proxy's; `cut`, `stall` and `let_go` may be called at any time."""

    def __init__(self, fault: Fault, client: asyncio.StreamWriter) -> None:
        self.fault, self._client = fault, client
        self._house: asyncio.StreamWriter | None = None
        self.n_bytes = 0
        self.is_half_open = False
        self._may_go = asyncio.Event()
        self._may_go.set()

    async def run(self, reader: asyncio.StreamReader, port: int) -> None:
        try:
            house_reader, self._house = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            self.cut()
            return
        both = [
            asyncio.create_task(self._pipe(reader, self._house)),
            asyncio.create_task(self._pipe(house_reader, self._client)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (self._client, self._house):
                end.close()

    def cut(self) -> None:
        for end in (self._client, self._house):
            if end is None or (raw := end.get_extra_info("socket")) is None:
                continue
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            end.transport.abort()

    def stall(self) -> None:
        self._may_go.clear()

    def let_go(self) -> None:
        self.fault = Fault()
        self._may_go.set()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                await self._may_go.wait()
                piece = await reader.read(READ_BYTES)
                if not piece:
                    return
                if self.fault.latency_s:
                    await asyncio.sleep(self.fault.latency_s)
                if self.is_half_open:
                    continue
                piece, is_cut = self._befall(piece)
                writer.write(piece)
                await writer.drain()
                if is_cut:
                    self.cut()
                    return

    def _befall(self, piece: bytes) -> tuple[bytes, bool]:
        """What still goes through of the piece, and whether the connection ends with it."""
        before, self.n_bytes = self.n_bytes, self.n_bytes + len(piece)
        fault = self.fault
        if fault.cut_after is not None and self.n_bytes >= fault.cut_after:
            return piece[: fault.cut_after - before], True
        if fault.half_open_after is not None and self.n_bytes >= fault.half_open_after:
            self.is_half_open = True
            return piece[: fault.half_open_after - before], False
        if fault.stall_after is not None and self.n_bytes >= fault.stall_after:
            self.stall()
        return piece, False


class FaultProxy:
    def __init__(self, port: int, fault: Callable[[], Fault] = Fault) -> None:
        self._port, self._fault = port, fault
        self._server: asyncio.Server | None = None
        self.connections: set[Connection] = set()
        self.n_connections = 0

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=READ_BYTES, backlog=4096)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for connection in list(self.connections):
            connection.cut()
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        connection = Connection(self._fault(), writer)
        self.connections.add(connection)
        try:
            await connection.run(reader, self._port)
        finally:
            self.connections.discard(connection)
