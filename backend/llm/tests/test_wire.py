"""Frames between web processes and the engine."""

from __future__ import annotations

import asyncio

import pytest

from backend.llm.engine import wire


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
