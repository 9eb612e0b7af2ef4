"""The text of a running reply, on its way from the engine to its viewers.

It passes three stations, in this order:
  held back    what a rule of moderation may still take back; nobody sees it, nothing stores it
  let out      `so_far`: what the journal stores and a snapshot shows; it only grows
  published    a prefix of what was let out, sent as `ai_chunk`, each with its offset
So no viewer sees what `so_far` does not hold, and whoever joins late finds there all that was published before.

Owner: the turn's tasks. Whoever drives the engine writes; `publish`, a task of its own, alone moves what is published, so that
a slow channel layer never keeps the engine's events waiting. Lengths and offsets are in characters (code points).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from backend.chat.pace import Pace
from backend.chat.thinking import ThinkingClock
from backend.lib.clock import monotonic_s
from backend.moderation.matching import Compiled
from backend.moderation.stream import OutputFilter

MAX_CHUNK_CHARS = 16_000
MAX_REPLY_CHARS = 2_000_000  # an engine that never ends is cut here


class ReplyText:
    """`pace` is shared by the replies of a process."""

    def __init__(self, pace: Pace) -> None:
        self.so_far = ""
        self._pace = pace
        self._filter = OutputFilter(())
        self._thinking = ThinkingClock(monotonic_s)
        self._n_published = 0
        self._grown, self._is_closed = asyncio.Event(), False
        self._pause: asyncio.Future[None] | None = None  # between two chunks

    def begin(self, text: str, rules: Sequence[Compiled]) -> None:
        """Go on behind `text`, which is stored and seen already. `rules`: of moderation, on answers."""
        self.so_far, self._n_published = text, len(text)
        self._filter = OutputFilter(rules, text)

    # --- for whoever drives the engine -------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        # Postgres stores no NUL, and no reader misses it.
        self._let_out(self._filter.feed(text.replace("\x00", "")))

    def flush(self) -> None:
        """Let out what is held back: no more text comes that could change the verdict on it."""
        self._let_out(self._filter.flush())

    def forget_held(self) -> None:
        """Another engine goes on from what was let out, and writes the rest anew."""
        self._filter.drop()

    def end_paragraph(self) -> None:
        """What comes next (after calls of tools) stands apart."""
        if self.so_far and not self.so_far.endswith("\n"):
            self._let_out("\n\n")

    # --- what became of it -------------------------------------------------------------------------------------------

    @property
    def is_refused(self) -> bool:
        """A rule has ended the answer: nothing behind its match is let out."""
        return self._filter.refused_by is not None

    @property
    def is_too_long(self) -> bool:
        return len(self.so_far) >= MAX_REPLY_CHARS

    @property
    def rules_met(self) -> tuple[int, ...]:
        """Ids of the rules that refused or masked something."""
        return tuple(sorted(self._filter.found))

    @property
    def thinking_ms(self) -> int | None:
        """None: no thought has ended in this run."""
        return self._thinking.ms

    # --- to the viewers ----------------------------------------------------------------------------------------------

    async def publish(self, send_chunk: Callable[[int, str], Awaitable[None]]) -> None:
        """Own task, until `close`: the first text at once, then at most one chunk per frame of the pace with whatever has
        come meanwhile; a longer one in several, of MAX_CHUNK_CHARS at most. `send_chunk(offset, chunk)` reaches the viewers."""
        while True:
            await self._grown.wait()
            self._grown.clear()
            while self._n_published < len(self.so_far):
                offset = self._n_published
                chunk = self.so_far[offset : offset + MAX_CHUNK_CHARS]
                self._n_published = offset + len(chunk)
                await send_chunk(offset, chunk)
            if self._is_closed:
                return
            self._pause = self._pace.pause()
            await self._pause

    def close(self) -> None:
        """No more text comes: `publish` sends the rest at once and returns."""
        self._is_closed = True
        self._grown.set()
        if self._pause is not None and not self._pause.done():
            self._pause.set_result(None)

    def _let_out(self, text: str) -> None:
        if text := text[: max(0, MAX_REPLY_CHARS - len(self.so_far))]:
            self.so_far += text
            self._thinking.heard(self.so_far, len(text))
            self._grown.set()
