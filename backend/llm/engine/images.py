"""An image as a sequence holds it: rows that a projector made, each of which stands as a token. Plain data.

No vocabulary has these tokens: they are negative numbers made from the image's SHA-256. So whatever compares, counts and cuts
tokens (slots.py, prefix_cache.py, queue.py) treats the same image as the same text, and needs to know nothing of images.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

ID_BYTES = 16


class Unseen(Exception):
    """The projector does not take this image; the text says why."""


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Rows:
    """`n` rows of `width` numbers: what the model reads in place of token embeddings, one KV cell each."""

    id: int  # the token that each of them stands as
    n: int
    width: int
    values: Any  # ctypes array of float32
    is_whole: bool = False  # they attend to each other, so all of them have to be in one step
    n_columns: int = 0  # M-RoPE: they lie in a grid of so many columns, and take `n_positions`; 0: a position each

    @property
    def n_positions(self) -> int:
        return max(self.n_columns, self.n // self.n_columns) if self.n_columns else self.n

    @property
    def n_bytes(self) -> int:
        return self.n * self.width * 4


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands for one image in a prompt: the model's own tokens around and between its runs of rows."""

    pieces: tuple[tuple[int, ...] | Rows, ...]

    @property
    def tokens(self) -> list[int]:
        return [token for one in self.pieces for token in ([one.id] * one.n if isinstance(one, Rows) else one)]

    @property
    def rows(self) -> list[Rows]:
        return [one for one in self.pieces if isinstance(one, Rows)]

    @property
    def n_bytes(self) -> int:
        return sum(one.n_bytes for one in self.rows)


@dataclass(frozen=True, slots=True)
class Run:
    """Where rows stand in a sequence."""

    start: int
    rows: Rows

    @property
    def end(self) -> int:
        return self.start + self.rows.n


def image_token(digest: bytes, number: int) -> int:
    """Of the `number`th run of rows of an image."""
    return -1 - int.from_bytes(sha256(digest + number.to_bytes(4, "big")).digest()[:ID_BYTES], "big")


def is_image(token: int) -> bool:
    return token < 0


def runs_of(tokens: Seq[int], seen: Seq[Seen]) -> tuple[Run, ...]:
    """Where in `tokens` the images stand. Images of one id follow each other without a border, so their lengths count."""
    known = {rows.id: rows for one in seen for rows in one.rows}
    runs: list[Run] = []
    at = 0
    while at < len(tokens):
        rows = known[tokens[at]] if is_image(tokens[at]) else None
        if rows is not None:
            runs.append(Run(at, rows))
        at += rows.n if rows is not None else 1
    return tuple(runs)
