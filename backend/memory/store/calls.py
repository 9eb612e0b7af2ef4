"""What a vector store is asked, whoever answers: Chroma here (`chroma.py`) or in a child (`process.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.memory.embeddings import Vectors
from backend.memory.words import Scope


class StoreDown(Exception):
    """No vectors now. Recall goes on by words; whoever indexes tries again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One vector's address."""

    id: int
    owner: int
    kind: str
    document: int = 0


class Calls(Protocol):
    """What Chroma is asked, synchronously; `query` and `open` from one thread, the others from another. Raise StoreDown."""

    def open(self) -> None: ...
    def query(self, index: int, vector: Vectors, scope: Scope, n_owned: int, limit: int) -> list[tuple[int, float]]: ...
    def add(self, index: int, rows: Sequence[Row], vectors: Vectors) -> None: ...
    def delete(self, index: int, ids: Sequence[int]) -> None: ...
    def drop(self, index: int) -> None: ...
    def count(self, index: int) -> int: ...
    def ids(self, index: int, after: int, limit: int) -> list[int]: ...
    def indexes(self) -> list[int]: ...
    def start_anew(self) -> None: ...
    def close(self) -> None: ...
