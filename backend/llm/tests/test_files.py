"""Files, addresses and frames: what is found, what is refused before anything is loaded."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm import tiny_gguf as builder
from backend.llm.config import LLMConfig
from backend.llm.echo import EchoLLM
from backend.llm.engine import wire
from backend.llm.engine.config import EngineConfig
from backend.llm.engine.gguf_header import UnsoundFile, read_header
from backend.llm.engine.inspect import inspect
from backend.llm.engine.memory import lack_of_memory, n_cells_affordable
from backend.llm.engine.requests import Reading, Refusal, sequence_of
from backend.llm.engine.sampling import ParameterError, check, plan
from backend.llm.model_files import find_files
from backend.llm.process import LocalLLM
from backend.llm.registry import EnginesError, build_service, service_from
from backend.llm.sockets import engine_socket_path
from backend.llm.types import SamplingParams


def test_it_works(tmp_path: Path) -> None:
    """The test model: small, quick to make, the same each time."""
    began_s = time.monotonic()
    first, second = (builder.build(tmp_path / name, "tiny") for name in ("a.gguf", "b.gguf"))
    assert time.monotonic() - began_s < 6
    assert first.stat().st_size < 2_000_000
    assert first.read_bytes() == second.read_bytes()
    header = read_header(first)
    assert (header.architecture, header.name) == ("llama", "tiny-babble")
    assert "<|im_start|>" in header.chat_template


@settings(max_examples=200, deadline=None)
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


@pytest.mark.parametrize(
    ("engines", "code"),
    [
        ((), "engines_empty"),
        (("https://",), "engines_bad_url"),
        (("https://host/v1?speed=9",), "engines_bad_url"),
        (("https://host/v1?weight=0",), "engines_bad_url"),
        (("https://host/v1?name=a@b",), "engines_bad_name"),
        (("https://user:sk-secret@host/v1",), "engines_key_in_url"),
        (("local", "local"), "engines_twice"),
        (("vllm",), "engines_unknown"),
        (("echo://?tokens=many",), "engines_bad_echo"),
    ],
)
def test_engines_that_cannot_be_served_stop_the_start_with_a_sentence(engines: tuple[str, ...], code: str) -> None:
    with pytest.raises(EnginesError) as refused:
        build_service(LLMConfig(engines=engines))
    assert refused.value.code == code
    assert "secret" not in str(refused.value)


def test_a_key_belongs_to_an_engine_that_is_named() -> None:
    keys = {"https://host/v1": "sk-1"}
    fleet = build_service(LLMConfig(engines=("local", "https://host/v1?name=big&weight=2"), engine_keys=keys))
    spec = fleet.members["big"].spec
    assert (spec.url, spec.api_key, spec.weight, spec.may_be_private) == ("https://host/v1", "sk-1", 2, True)
    assert "sk-1" not in repr(spec)
    with pytest.raises(EnginesError, match="ENGINE_KEYS"):
        build_service(LLMConfig(engine_keys=keys))


def test_engines_choose_the_service() -> None:
    from django.conf import settings

    def only(config: LLMConfig) -> object:
        (member,) = build_service(config).members.values()
        return member.service

    echo = only(LLMConfig(engines=("echo://?tokens=7&rate=0",)))
    assert isinstance(echo, EchoLLM)
    assert (echo.n_tokens, echo.rate) == (7, 0)
    assert isinstance(only(LLMConfig()), LocalLLM)
    assert service_from(settings.MARU).members
    assert list(build_service(LLMConfig(engines=("echo://", "echo://"))).members) == ["echo", "echo-2"]


async def frames_in(raw: bytes) -> list[wire.Frame | None]:
    reader = asyncio.StreamReader()
    reader.feed_data(raw)
    reader.feed_eof()
    frames = []
    while (frame := await wire.read(reader)) is not None:
        frames.append(frame)
    return frames


async def test_frames_come_back_as_they_went() -> None:
    frames = [{"t": "a", "text": "안녕 😀 \ud83d \0"}, {"t": "b", "list": [1, None, 2.5]}]
    assert await frames_in(b"".join(map(wire.pack, frames))) == frames


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xff\xff\xff", b"\0\0\0\1\xc1", b"\0\0\0\1\x01", wire.pack({"t": 1})],
    ids=["huge", "bad", "int", "type"],
)
async def test_what_is_no_frame_is_refused(raw: bytes) -> None:
    with pytest.raises(wire.WireError):
        await frames_in(raw)


async def test_a_frame_that_was_cut_is_the_end() -> None:
    assert await frames_in(wire.pack({"t": "a"})[:-1]) == []


def test_the_engines_command_line_says_all_of_its_config() -> None:
    config = EngineConfig(socket="/s", model="/m", n_ctx=77, chat_template="alpaca", parent_pid=9)
    assert EngineConfig.from_argv(config.to_argv()) == config


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


def test_samplers_stand_in_the_servers_order() -> None:
    names = [name for name, _ in plan(SamplingParams(repeat_penalty=1.1), seed=3)]
    assert names == ["penalties", "top_k", "top_p", "min_p", "temp", "dist"]
    assert plan(SamplingParams(temperature=0), seed=3) == [("greedy", ())]


@pytest.mark.parametrize(
    "raw",
    [
        {"colour": 1},
        {"temperature": True},
        {"top_k": 1.5},
        {"stop": "x"},
        {"stop": ["x" * 65]},
        {"min_p": float("inf")},
    ],
)
def test_sampling_parameters_out_of_range_are_named(raw: dict[str, object]) -> None:
    with pytest.raises(ParameterError) as refused:
        check(raw)
    assert refused.value.param == next(iter(raw))


class _Builder:
    """A prompt of as many tokens as there are characters."""

    def build(self, messages: list[object], **_: object) -> object:
        from backend.llm.engine.prompt import Prompt

        text = messages[-1].content  # type: ignore[attr-defined]
        return Prompt(text, [1] * len(text))

    class template:  # noqa: N801
        stops: tuple[str, ...] = ()


def test_max_tokens_is_cut_to_what_the_context_has_left() -> None:
    reading = Reading("m", 100, _Builder(), list, strips_first_space=False)  # type: ignore[arg-type]
    request = {"messages": [{"role": "user", "content": "x" * 90}], "params": {"max_tokens": 50}}
    assert sequence_of(request, (1, 1), 0.0, reading).max_tokens == 10
    request["messages"] = [{"role": "user", "content": "x" * 100}]
    with pytest.raises(Refusal) as refused:
        sequence_of(request, (1, 1), 0.0, reading)
    assert (refused.value.code, refused.value.params) == ("context_length_exceeded", {"n_tokens": 100, "n_ctx": 100})


def test_a_private_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data_dir = tmp_path / ("x" * 120)
    folder = engine_socket_path(data_dir).parent
    folder.chmod(0o755)
    with pytest.raises(PermissionError):
        engine_socket_path(data_dir)
