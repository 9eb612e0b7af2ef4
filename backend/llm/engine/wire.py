"""Frames between web processes and the engine: a 4-byte big-endian length, then one msgpack map. Shared by both sides.

web → engine   {"t": "generate", "sid", "request": {...}} · {"t": "abort", "sid"} · {"t": "count", "rid", "texts"}
               {"t": "embed", "rid", "texts"} · {"t": "stats", "rid"}
               {"t": "pause", "is_paused"}                     nothing that waits is begun; of all connections
engine → web   {"t": "hello", "protocol", "state", "detail", "card": {...} | None}   first, and whenever the state changes
               {"t": "beat", "phase"}                          from the decode loop itself: no beat means that it hangs
               {"t": "step", "events": [[kind, sid, ...], ...]}  all that one step has for this connection
               {"t": "answer", "rid", "value"} · {"t": "refusal", "rid", "code", "params", "retry_after_s"}
events         ["read", sid]                                   from here on it only waits for its turn
               ["queued", sid, position, eta_ms] · ["started", sid, {...}] · ["delta", sid, text, n_tokens, logprob?]
               ["finished", sid, {...}] · ["error", sid, code, {params}, retry_after_s]

`sid` numbers the streams of one connection and `rid` its questions. Codes are those of backend/llm/errors.py; sentences
are made in the web process. Imports neither Django nor llama.cpp.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgpack

log = logging.getLogger(__name__)

PROTOCOL = 1
MAX_FRAME_BYTES = 32 * 1024 * 1024
MAX_UNSENT_BYTES = 32 * 1024 * 1024

Frame = dict[str, Any]


class WireError(Exception):
    """The other side does not speak this protocol."""


def pack(frame: Frame) -> bytes:
    # surrogatepass: a lone surrogate must reach the check that answers it, not break the connection.
    body: bytes = msgpack.packb(frame, use_bin_type=True, unicode_errors="surrogatepass")
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(f"a frame of {len(body):,} bytes is too large")
    return len(body).to_bytes(4, "big") + body


def send(writer: asyncio.StreamWriter, frame: Frame) -> None:
    """Never waits: a reader that is more than MAX_UNSENT_BYTES behind is cut off. Raises WireError for too large a frame."""
    if writer.is_closing():
        return
    writer.write(pack(frame))
    if writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
        log.error("a connection does not read; it is cut off")
        writer.transport.abort()


async def read(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None when the other side is gone. Raises WireError."""
    try:
        n_bytes = int.from_bytes(await reader.readexactly(4), "big")
        if n_bytes > MAX_FRAME_BYTES:
            raise WireError(f"a frame of {n_bytes:,} bytes is too large")
        body = await reader.readexactly(n_bytes)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    try:
        frame = msgpack.unpackb(body, raw=False, unicode_errors="surrogatepass")
    except ValueError as error:
        raise WireError("not msgpack") from error
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
        raise WireError("not a frame")
    return frame
