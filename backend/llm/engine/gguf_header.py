"""Walks the header of a GGUF file before llama.cpp sees it: an unsound file must end in a sentence, not in a signal.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Reads metadata and tensor list only; every count and
offset is checked against the file's size.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

MAX_KV, MAX_TENSORS, MAX_STRING, MAX_ARRAY = 65_536, 1_000_000, 64 * 1024 * 1024, 16_000_000
SCALAR_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
MAX_HEADER_BYTES = 512 * 1024 * 1024


class UnsoundFile(Exception):
    """The text says what is wrong with the file."""


@dataclass(frozen=True, slots=True)
class Header:
    architecture: str
    name: str
    description: str
    chat_template: str
    n_tensors: int


class _Cursor:
    def __init__(self, file: BufferedReader, size: int) -> None:
        self._file, self._size = file, size

    @property
    def position(self) -> int:
        return self._file.tell()

    def take(self, n: int) -> bytes:
        if n > self._size - self.position or self.position > MAX_HEADER_BYTES:
            raise UnsoundFile("the file ends in the middle of its header (download not finished?)")
        return self._file.read(n)

    def skip(self, n: int) -> None:
        if n > self._size - self.position:
            raise UnsoundFile("the file ends in the middle of its header (download not finished?)")
        self._file.seek(n, 1)

    def number(self, format: str) -> int:
        value: int = struct.unpack("<" + format, self.take(struct.calcsize("<" + format)))[0]
        return value

    def text(self) -> str:
        n = self.number("Q")
        if n > MAX_STRING:
            raise UnsoundFile("a text in the header is longer than any real one")
        return self.take(n).decode("utf-8", "replace")


def read_header(path: Path) -> Header:
    """Raises UnsoundFile, or OSError when the file cannot be read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        cursor = _Cursor(file, size)
        if size < 24 or cursor.take(4) != b"GGUF":
            raise UnsoundFile("this is not a GGUF file")
        version = cursor.number("I")
        if version not in (2, 3):
            raise UnsoundFile(f"GGUF version {version} is not supported")
        n_tensors, n_kv = cursor.number("Q"), cursor.number("Q")
        if not 0 < n_tensors <= MAX_TENSORS or n_kv > MAX_KV:
            raise UnsoundFile("its header counts are impossible")
        texts: dict[str, str] = {}
        alignment = 32
        for _ in range(n_kv):
            key = cursor.text()
            value = _value(cursor, cursor.number("I"))
            if isinstance(value, str):
                texts[key] = value
            elif key == "general.alignment" and isinstance(value, int):
                alignment = value
        _check_tensors(cursor, n_tensors, alignment, size)
    if "general.architecture" not in texts:
        raise UnsoundFile("its header names no architecture")
    return Header(
        texts["general.architecture"],
        texts.get("general.name", ""),
        texts.get("general.description", ""),
        texts.get("tokenizer.chat_template", ""),
        n_tensors,
    )


def _value(cursor: _Cursor, kind: int, depth: int = 0) -> str | int | None:
    if kind == STRING:
        return cursor.text()
    if kind in SCALAR_FORMATS:
        return cursor.number(SCALAR_FORMATS[kind])
    if kind != ARRAY or depth > 2:
        raise UnsoundFile("its header holds a value of an unknown kind")
    inner, n = cursor.number("I"), cursor.number("Q")
    if n > MAX_ARRAY:
        raise UnsoundFile("a list in the header is longer than any real one")
    if inner in SCALAR_FORMATS:
        cursor.skip(n * struct.calcsize("<" + SCALAR_FORMATS[inner]))
        return None
    for _ in range(n):
        if inner == STRING:
            cursor.skip(cursor.number("Q"))
        else:
            _value(cursor, inner, depth + 1)
    return None


def _check_tensors(cursor: _Cursor, n_tensors: int, alignment: int, size: int) -> None:
    last_offset = 0
    for _ in range(n_tensors):
        cursor.text()
        n_dims = cursor.number("I")
        if n_dims > 4:
            raise UnsoundFile("a tensor has more than four dimensions")
        cursor.skip(8 * n_dims + 4)
        last_offset = max(last_offset, cursor.number("Q"))
    if not 0 < alignment <= 65_536:
        raise UnsoundFile("its alignment is impossible")
    data_start = -(-cursor.position // alignment) * alignment
    if data_start + last_offset >= size:
        raise UnsoundFile("the file is shorter than its tensors (download not finished?)")
