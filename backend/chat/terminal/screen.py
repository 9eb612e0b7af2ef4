"""How an answer looks: Markdown that grows on a terminal, plain text into a pipe.

What is finished (a block with a blank line behind it, outside a code fence) is printed once and scrolls away; only the last
block is drawn again as it grows, so that a long answer neither flickers nor costs more the longer it gets.
"""

from __future__ import annotations

import contextlib
import re
import sys
import termios
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

_FENCE = re.compile(r"^\s{0,3}(```|~~~)", re.MULTILINE)
# What a model may say must not move the cursor or set the title.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    return _CONTROL.sub("", text)


def finished_length(text: str) -> int:
    """How much of `text` are whole blocks: up to the last blank line that is in no code fence."""
    end = 0
    for found in re.finditer(r"\n[ \t]*\n", text):
        before = text[: found.end()]
        if len(_FENCE.findall(before)) % 2 == 0:
            end = found.end()
    return end


@contextlib.contextmanager
def silent_keys() -> Iterator[None]:
    """What is typed while an answer is drawn, “^C” too, is not echoed into it."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class Screen:
    """`show(text)` with all of the answer so far, `end()` at its end. `note` is for what is no part of the answer."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self.console = Console(file=out, highlight=False)
        self.notes = Console(file=err, highlight=False, stderr=False)
        self.is_live = self.console.is_terminal
        self._out = out
        self._n_shown = 0
        self._live: Live | None = None

    def show(self, text: str) -> None:
        if not self.is_live:
            self._out.write(harmless(text[self._n_shown :]))
            self._out.flush()
            self._n_shown = len(text)
            return
        rest = text[self._n_shown :]
        n_finished = finished_length(rest)
        if n_finished:
            self._drop_live()
            self.console.print(_block(rest[:n_finished]))
            self._n_shown += n_finished
            rest = rest[n_finished:]
        if rest.strip():
            self._draw(_block(rest))

    def end(self, text: str) -> None:
        if not self.is_live:
            self.show(text)
            self._out.write("\n" if self._n_shown else "")
            self._out.flush()
        else:
            rest = text[self._n_shown :]
            self._drop_live()
            if rest.strip():
                self.console.print(_block(rest))
        self._n_shown = 0

    def waiting(self, text: str) -> None:
        """Until the first text."""
        if self.is_live:
            self._draw(Text(text, style="dim"))

    def note(self, text: str) -> None:
        self._drop_live()
        self.notes.print(Text(harmless(text), style="dim"))

    def trouble(self, text: str) -> None:
        self._drop_live()
        self.notes.print(Text(harmless(text), style="bold red"))

    def _draw(self, what: RenderableType) -> None:
        if self._live is None:
            self._live = Live(console=self.console, refresh_per_second=12, transient=True, vertical_overflow="ellipsis")
            self._live.start()
        self._live.update(what)

    def _drop_live(self) -> None:
        if self._live is not None:
            self._live.update(Text(""))
            self._live.stop()
            self._live = None


def _block(text: str) -> RenderableType:
    return Padding(Markdown(harmless(text).strip("\n"), code_theme="ansi_dark"), (0, 0, 1, 0))
