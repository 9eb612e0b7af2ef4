"""Files: what is found, and what is refused before anything is loaded."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm import tiny_gguf as builder
from backend.llm.config import LLMConfig
from backend.llm.engine.gguf_header import UnsoundFile, read_header
from backend.llm.engine.inspect import inspect
from backend.llm.engine.memory import lack_of_memory, n_cells_affordable
from backend.llm.model_files import find_files
from backend.llm.sockets import engine_socket_path


def test_it_works(tmp_path: Path) -> None:
    """The test model: small, the same each time."""
    first, second = (builder.build(tmp_path / name, "tiny") for name in ("a.gguf", "b.gguf"))
    assert first.stat().st_size < 2_000_000
    assert first.read_bytes() == second.read_bytes()
    header = read_header(first)
    assert (header.architecture, header.name) == ("llama", "tiny-babble")
    assert "<|im_start|>" in header.chat_template


@settings(max_examples=200)
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=16))
def test_a_header_with_damage_anywhere_never_raises_anything_else(at: int, noise: bytes) -> None:
    path = Path(_tiny())
    whole = path.read_bytes()
    ruined = path.with_name("ruined.gguf")
    ruined.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        read_header(ruined)
    except UnsoundFile:
        pass


_made: list[str] = []


def _tiny() -> str:
    if not _made:
        import tempfile

        _made.append(str(builder.build(Path(tempfile.mkdtemp()) / "tiny.gguf", "tiny")))
    return _made[0]


@pytest.mark.parametrize(
    "ruin",
    [
        b"",
        b"GGUF",
        b"GGUF" + struct.pack("<IQQ", 1, 1, 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + b"\0" * 64,
        b"GGUF" + struct.pack("<IQQ", 3, 2**60, 1) + b"\0" * 64,
        b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 2**62) + b"\0" * 64,
        b"GGUF"
        + struct.pack("<IQQ", 3, 1, 1)
        + struct.pack("<Q", 1)
        + b"k"
        + struct.pack("<IIQ", 9, 8, 2**40)
        + b"\0" * 64,
    ],
)
def test_impossible_headers_are_named(tmp_path: Path, ruin: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(ruin)
    with pytest.raises(UnsoundFile):
        read_header(tmp_path / "x.gguf")


def header(tensors: bytes = b"", *values: bytes, n_tensors: int = 1, size: int = 4096) -> bytes:
    """A GGUF that names its architecture, with these values and tensors, filled up with zeros."""
    named = struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama"
    body = b"GGUF" + struct.pack("<IQQ", 3, n_tensors, 1 + len(values)) + named + b"".join(values) + tensors
    return body.ljust(size, b"\0")


def tensor(*dims: int, kind: int = 0, offset: int = 0) -> bytes:
    return struct.pack("<Q", 1) + b"t" + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset)


def number(key: bytes, kind: int, raw: bytes) -> bytes:
    return struct.pack("<Q", len(key)) + key + struct.pack("<I", kind) + raw


@pytest.mark.parametrize(
    "file",
    [
        header(tensor()),
        header(tensor(2**40, 2**40)),
        header(tensor(2**63, 2**63)),
        header(tensor(32, kind=9999)),
        header(tensor(33, kind=2)),
        header(tensor(4096)),
        header(tensor(4, offset=2**63)),
        header(tensor(1, 1, 1, 1, 1)),
        header(tensor(4), n_tensors=2**40),
        header(tensor(4), number(b"general.alignment", 4, struct.pack("<I", 0))),
        header(tensor(4), number(b"general.alignment", 6, struct.pack("<f", 32.0))),
        header(tensor(4), number(b"general.alignment", 4, struct.pack("<I", 7))),
        header(tensor(4), number(b"x", 99, b"")),
        header(tensor(4), number(b"x", 9, struct.pack("<IQ", 9, 2**24))),
    ],
    ids=[
        "no dims", "huge", "overflow", "type", "rows", "beyond", "offset", "five dims", "counts", "zero alignment",
        "float alignment", "odd alignment", "kind", "nested",
    ],
)  # fmt: skip
def test_hostile_headers_are_named_by_the_child_that_looks(tmp_path: Path, file: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(file)
    assert inspect(tmp_path / "x.gguf")["unsound"]


def test_figures_out_of_range_do_not_become_sizes(tmp_path: Path) -> None:
    values = [
        number(b"llama.block_count", 11, struct.pack("<q", -5)),
        number(b"llama.embedding_length", 6, struct.pack("<f", float("nan"))),
        number(b"llama.attention.head_count", 4, struct.pack("<I", 1)),
        number(b"llama.context_length", 12, struct.pack("<d", 1e300)),
    ]
    (tmp_path / "x.gguf").write_bytes(header(tensor(4), *values))
    facts = inspect(tmp_path / "x.gguf")["facts"]
    assert (facts["kv_values_per_token"], facts["n_ctx_train"], facts["kind"]) == (0, 0, "chat")


def test_the_model_is_looked_for_in_order(tmp_path: Path) -> None:
    starter, models = tmp_path / "starter.gguf", tmp_path / "models"
    config = LLMConfig(models_dir=models, starter_path=starter)
    assert find_files(config) == []
    starter.write_bytes(b"s")
    [found] = find_files(config)
    assert (found.path, found.is_starter) == (starter, True)
    models.mkdir()
    for name, mtime_s in (
        ("z.gguf", 100),
        ("new.gguf", 200),
        ("a.txt", 300),
        ("mmproj-x.gguf", 400),
        ("x-00002-of-00002.gguf", 500),
    ):
        (models / name).write_bytes(b"m")
        os.utime(models / name, (mtime_s, mtime_s))
    names = ["mmproj-x.gguf", "new.gguf", "z.gguf", "starter.gguf"]
    assert [file.path.name for file in find_files(config)] == names
    assert [file.is_starter for file in find_files(config)] == [False, False, False, True]
    named = LLMConfig(models_dir=models, starter_path=starter, model_path=models / "z.gguf")
    assert [file.path.name for file in find_files(named)] == ["z.gguf", "mmproj-x.gguf", "new.gguf", "starter.gguf"]


def test_memory_is_shared_out_but_one_sequence_always_fits() -> None:
    gib = 1024**3
    assert n_cells_affordable(100_000, n_ctx=4096, n_slots=4, free_bytes=100 * gib) == 4 * 4096
    assert 4096 < n_cells_affordable(1_000_000, n_ctx=4096, n_slots=4, free_bytes=25 * gib) < 4 * 4096
    assert n_cells_affordable(1_000_000, n_ctx=4096, n_slots=4, free_bytes=gib) == 4096


def test_a_model_that_does_not_fit_is_refused_with_figures() -> None:
    gib = 1024**3
    assert lack_of_memory(2 * gib, gib, free_bytes=4 * gib) == ""
    assert "5.0 GiB of memory (4.0 GiB weights, 1.0 GiB context), 2.0 GiB are free" in lack_of_memory(
        4 * gib, gib, free_bytes=2 * gib
    )


def test_a_private_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data_dir = tmp_path / ("x" * 120)
    folder = engine_socket_path(data_dir).parent
    folder.chmod(0o755)
    with pytest.raises(PermissionError):
        engine_socket_path(data_dir)
