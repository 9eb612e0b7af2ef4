"""Walks the header of a GGUF file before llama.cpp sees it: an unsound file must end in a sentence, not in a signal.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Reads metadata and tensor list only; every count, size and
offset is checked against the file's size. What the figures mean is `facts.py`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from io import BufferedReader
from math import prod
from pathlib import Path

MAX_KV, MAX_TENSORS, MAX_STRING, MAX_ARRAY = 65_536, 1_000_000, 64 * 1024 * 1024, 16_000_000
MAX_ELEMENTS = 1 << 42  # of one tensor
MAX_SMALL_ARRAY = 4096  # figures given for each layer
SCALAR_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
MAX_HEADER_BYTES = 512 * 1024 * 1024
# Elements and bytes of a block, by tensor type. A type that is not here is newer than this table: left to llama.cpp.
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
MAX_TENSOR_TYPE = 255

Value = str | int | float | None


class UnsoundFile(Exception):
    """The text says what is wrong with the file."""


class HeaderCut(UnsoundFile):
    """What there is so far is in order; the header goes on after it."""

    def __init__(self) -> None:
        super().__init__("the file ends in the middle of its header (download not finished?)")


@dataclass(frozen=True, slots=True)
class Header:
    """`numbers` holds scalars, and of small lists the largest; `lengths` how long each list is; `kept` the texts of the one
    list that was asked for."""

    texts: dict[str, str]
    numbers: dict[str, int | float]
    lengths: dict[str, int]
    n_tensors: int
    n_params: int
    tensor_bytes: int
    kept: tuple[str, ...] = ()

    @property
    def architecture(self) -> str:
        return self.texts["general.architecture"]

    @property
    def name(self) -> str:
        return self.texts.get("general.name", "")

    @property
    def description(self) -> str:
        return self.texts.get("general.description", "")

    @property
    def chat_template(self) -> str:
        return self.texts.get("tokenizer.chat_template", "")


@dataclass(slots=True)
class _Reading:
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int | float] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    kept_list: str = ""
    kept: list[str] = field(default_factory=list)


class _Cursor:
    """`size` is what the file will have; `n_there` what has come of it so far."""

    def __init__(self, file: BufferedReader, size: int, n_there: int) -> None:
        self._file, self._size, self._n_there = file, size, n_there

    @property
    def position(self) -> int:
        return self._file.tell()

    def take(self, n: int) -> bytes:
        if n > self._size - self.position or self.position > MAX_HEADER_BYTES:
            raise UnsoundFile("the file ends in the middle of its header (download not finished?)")
        if n > self._n_there - self.position:
            raise HeaderCut
        return self._file.read(n)

    def skip(self, n: int) -> None:
        if n > self._size - self.position:
            raise UnsoundFile("the file ends in the middle of its header (download not finished?)")
        self._file.seek(n, 1)

    def numbers(self, format: str, n: int) -> tuple[int | float, ...]:
        layout = f"<{n}{format}"
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def count(self, format: str) -> int:
        return int(self.numbers(format, 1)[0])

    def text(self) -> str:
        n = self.count("Q")
        if n > MAX_STRING:
            raise UnsoundFile("a text in the header is longer than any real one")
        return self.take(n).decode("utf-8", "replace")


def read_header(path: Path, *, size: int | None = None, kept_list: str = "") -> Header:
    """With `size`, the bytes that the file will have when it is whole, its beginning is enough, else HeaderCut is raised.

    Raises UnsoundFile, or OSError when the file cannot be read.
    """
    n_there = path.stat().st_size
    size = n_there if size is None else size
    with path.open("rb") as file:
        cursor = _Cursor(file, size, n_there)
        if size < 24 or cursor.take(4) != b"GGUF":
            raise UnsoundFile("this is not a GGUF file")
        version = cursor.count("I")
        if version not in (2, 3):
            raise UnsoundFile(f"GGUF version {version} is not supported")
        n_tensors, n_kv = cursor.count("Q"), cursor.count("Q")
        if not 0 < n_tensors <= MAX_TENSORS or n_kv > MAX_KV:
            raise UnsoundFile("its header counts are impossible")
        reading = _Reading(kept_list=kept_list)
        for _ in range(n_kv):
            _read_value(cursor, reading)
        alignment = reading.numbers.get("general.alignment", 32)
        n_params, tensor_bytes = _check_tensors(cursor, n_tensors, alignment, size)
    if not reading.texts.get("general.architecture", "").strip():
        raise UnsoundFile("its header names no architecture")
    return Header(
        reading.texts, reading.numbers, reading.lengths, n_tensors, n_params, tensor_bytes, tuple(reading.kept)
    )


def _read_value(cursor: _Cursor, reading: _Reading) -> None:
    key = cursor.text()
    kind = cursor.count("I")
    if kind == STRING:
        reading.texts[key] = cursor.text()
    elif kind in SCALAR_FORMATS:
        reading.numbers[key] = cursor.numbers(SCALAR_FORMATS[kind], 1)[0]
    elif kind == ARRAY:
        kept = reading.kept if key == reading.kept_list else None
        reading.lengths[key], largest = _read_array(cursor, kept=kept)
        if largest is not None:
            reading.numbers[key] = largest
    else:
        raise UnsoundFile("its header holds a value of an unknown kind")


def _read_array(cursor: _Cursor, depth: int = 0, kept: list[str] | None = None) -> tuple[int, int | float | None]:
    """How many values, and the largest of few numbers. Texts are put into `kept`."""
    inner, n = cursor.count("I"), cursor.count("Q")
    if n > MAX_ARRAY:
        raise UnsoundFile("a list in the header is longer than any real one")
    if inner in SCALAR_FORMATS:
        if n <= MAX_SMALL_ARRAY:
            return n, max(cursor.numbers(SCALAR_FORMATS[inner], n), default=0)
        cursor.skip(n * struct.calcsize("<" + SCALAR_FORMATS[inner]))
        return n, None
    for _ in range(n):
        if inner == STRING and kept is not None:
            kept.append(cursor.text())
        elif inner == STRING:
            cursor.skip(cursor.count("Q"))
        elif inner == ARRAY and depth < 2:
            _read_array(cursor, depth + 1)
        else:
            raise UnsoundFile("its header holds a value of an unknown kind")
    return n, None


def _check_tensors(cursor: _Cursor, n_tensors: int, alignment: int | float, size: int) -> tuple[int, int]:
    """Elements and bytes of all tensors, each of which must lie in the file."""
    if not isinstance(alignment, int) or not 8 <= alignment <= 65_536 or alignment % 8:
        raise UnsoundFile("its alignment is impossible")
    n_params = n_bytes = end = 0
    for _ in range(n_tensors):
        cursor.text()
        n_dims = cursor.count("I")
        if not 0 < n_dims <= 4:
            raise UnsoundFile("a tensor has an impossible number of dimensions")
        dims = [int(n) for n in cursor.numbers("Q", n_dims)]
        kind, offset = cursor.count("I"), cursor.count("Q")
        if max(dims) > MAX_ELEMENTS or prod(dims) > MAX_ELEMENTS or kind > MAX_TENSOR_TYPE:
            raise UnsoundFile("a tensor is larger or of another type than any real one")
        n_elements, per_block = BLOCKS.get(kind, (1, 0))
        if dims[0] % n_elements:
            raise UnsoundFile("a tensor's rows do not fit its type")
        tensor_bytes = prod(dims) // n_elements * per_block
        n_params, n_bytes = n_params + prod(dims), n_bytes + tensor_bytes
        end = max(end, offset + tensor_bytes, offset + 1)
    data_start = -(-cursor.position // alignment) * alignment
    if data_start + end > size:
        raise UnsoundFile("the file is shorter than its tensors (download not finished?)")
    return n_params, n_bytes
