"""A reply's text from the engine to its viewers: held back, let out, published. No rows and no sockets here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from backend.chat.pace import Pace
from backend.chat.turn_text import MAX_CHUNK_CHARS, ReplyText
from backend.moderation.matching import Compiled, compiled


class Viewer:
    """Puts chunks together as a client does: by their offsets."""

    def __init__(self) -> None:
        self.text = ""
        self.n_chunks = 0
        self.has_more = asyncio.Event()

    async def send(self, offset: int, chunk: str) -> None:
        assert offset == len(self.text), "a gap, or text that came twice"
        assert len(chunk) <= MAX_CHUNK_CHARS
        self.text += chunk
        self.n_chunks += 1
        self.has_more.set()


@asynccontextmanager
async def published(text: ReplyText, viewer: Viewer) -> AsyncIterator[None]:
    """All of it has gone out at the end."""
    publisher = asyncio.create_task(text.publish(viewer.send))
    yield
    text.close()
    async with asyncio.timeout(5):
        await publisher


def rule(word: str, action: str) -> Compiled:
    return compiled(1, "word", word, action)


async def test_it_works() -> None:
    viewer = Viewer()
    text = ReplyText(Pace())
    async with published(text, viewer):
        text.write("Hello")
        await viewer.has_more.wait()
        assert viewer.text == "Hello", "the first text goes out at once"
        for word in (" to", " all", " of you"):
            text.write(word)
    assert (viewer.text, text.so_far) == ("Hello to all of you", "Hello to all of you")
    assert viewer.n_chunks <= 3, "what comes within a frame's time goes out together"


async def test_a_continued_reply_is_published_from_its_end_on() -> None:
    viewer = Viewer()
    viewer.text = "so far, "
    text = ReplyText(Pace())
    text.begin("so far, ", ())
    async with published(text, viewer):
        text.write("so good")
    assert viewer.text == text.so_far == "so far, so good"


async def test_a_large_text_goes_out_in_bounded_chunks() -> None:
    viewer = Viewer()
    text = ReplyText(Pace())
    async with published(text, viewer):
        text.write("x" * (3 * MAX_CHUNK_CHARS + 1))
    assert (len(viewer.text), viewer.n_chunks) == (3 * MAX_CHUNK_CHARS + 1, 4)


async def test_what_a_rule_may_still_take_back_is_seen_by_nobody() -> None:
    viewer = Viewer()
    text = ReplyText(Pace())
    text.begin("", (rule("secret", "mask"),))
    async with published(text, viewer):
        text.write("a sec")
        assert "sec" not in text.so_far
        text.write("ret is out, and more")
        text.flush()
    assert viewer.text == text.so_far == "a *** is out, and more"
    assert (text.is_refused, text.rules_met) == (False, (1,))


@pytest.mark.parametrize("pieces", [("go on, secret, and more",), ("go on, sec", "ret, and more")])
async def test_nothing_behind_a_refusal_is_let_out(pieces: tuple[str, ...]) -> None:
    viewer = Viewer()
    text = ReplyText(Pace())
    text.begin("", (rule("secret", "refuse"),))
    async with published(text, viewer):
        for piece in pieces:
            text.write(piece)
        text.flush()
    assert text.is_refused
    assert viewer.text == text.so_far == "go on, "


async def test_another_engine_writes_anew_what_was_held_back() -> None:
    text = ReplyText(Pace())
    text.begin("", (rule("secret", "mask"),))
    text.write("a long enough beginning, sec")
    let_out = text.so_far
    text.forget_held()
    text.write("a long enough beginning, second"[len(let_out) :])
    text.flush()
    assert text.so_far == "a long enough beginning, second"


async def test_what_comes_after_calls_of_tools_stands_apart() -> None:
    text = ReplyText(Pace())
    text.end_paragraph()
    assert text.so_far == ""
    text.write("I look it up.")
    text.end_paragraph()
    text.end_paragraph()
    assert text.so_far == "I look it up.\n\n"
