"""Looks at the images of requests before they are queued, beside the step loop, and remembers what it saw.

One thread that stands back: its priority is lower, so that running replies keep most of the cores and an idle machine gives
it all of them. Images are looked at one by one in the order in which they come, so that a request with many does not hold up
one with few for longer than an image takes. Rows are bounded twice: those remembered, and all that are held for requests.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Protocol
from weakref import WeakSet

from backend.llm.engine.images import Rows, Seen, Unseen
from backend.llm.engine.pixels import MAX_PIXELS, NoImage, Pixels, pixels_of
from backend.llm.engine.requests import Refusal
from backend.llm.types import MAX_IMAGES

log = logging.getLogger(__name__)

MAX_KNOWN_BYTES = 256 * 1024**2  # rows remembered for the next turn
MAX_HELD_BYTES = 1024**3  # rows of all requests that wait or run, and those remembered
STANDS_BACK = 5  # steps of niceness: it has about a quarter of the cores where replies run


class Eye(Protocol):
    def see(self, pixels: Pixels, digest: bytes) -> Seen:
        """Raises Unseen."""
        ...

    def close(self) -> None: ...


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


class Sight:
    def __init__(self, eye: Eye, n_ctx: int) -> None:
        self._eye, self._n_ctx = eye, n_ctx
        self._pool = ThreadPoolExecutor(1, "see", initializer=_stand_back)
        # Of the thread that looks:
        self._known: OrderedDict[bytes, Seen] = OrderedDict()
        self._held: WeakSet[Rows] = WeakSet()

    async def look(self, urls: list[str], goes_on: Callable[[], bool]) -> list[Seen]:
        """Raises Refusal, Cancelled when `goes_on` no longer holds after an image."""
        if len(urls) > MAX_IMAGES:
            raise Refusal("bad_parameters", param="messages", reason=f"at most {MAX_IMAGES} images")
        loop = asyncio.get_running_loop()
        seen: list[Seen] = []
        for number, url in enumerate(urls, start=1):
            seen.append(await loop.run_in_executor(self._pool, self._see, url, number))
            if not goes_on():
                raise Cancelled
            n_tokens = sum(len(one.tokens) for one in seen)
            if n_tokens >= self._n_ctx:
                raise Refusal("context_length_exceeded", n_tokens=n_tokens, n_ctx=self._n_ctx)
        return seen

    def close(self) -> None:
        """Waits for the image that is being looked at."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._eye.close()

    def _see(self, url: str, number: int) -> Seen:
        """Raises Refusal."""
        try:
            content = base64.b64decode(url.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise _bad(number) from error
        digest = sha256(content).digest()
        if digest in self._known:
            self._known.move_to_end(digest)
            return self._known[digest]
        if sum(rows.n_bytes for rows in self._held) > MAX_HELD_BYTES:
            raise Refusal("queue_full", retry_after_s=10)
        try:
            seen = self._eye.see(pixels_of(content), digest)
        except NoImage as error:
            raise _bad(number) from error
        except Unseen as error:
            log.warning("an image was not taken: %s", error)
            raise _bad(number) from error
        self._held.update(seen.rows)
        self._remember(digest, seen)
        return seen

    def _remember(self, digest: bytes, seen: Seen) -> None:
        self._known[digest] = seen
        while len(self._known) > 1 and sum(one.n_bytes for one in self._known.values()) > MAX_KNOWN_BYTES:
            self._known.popitem(last=False)


async def look(sight: Sight | None, urls: list[str], goes_on: Callable[[], bool]) -> list[Seen]:
    """As `Sight.look`; a model without sight refuses images and nothing else."""
    if not urls:
        return []
    if sight is None:
        raise Refusal("unsupported_content")
    return await sight.look(urls, goes_on)


def _bad(number: int) -> Refusal:
    return Refusal("invalid_image", number=number, megapixels=MAX_PIXELS // 1_000_000)


def _stand_back() -> None:
    # Linux has it by thread, and it goes on to the threads and processes that are started from here.
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + STANDS_BACK))
