"""What one socket is sent of a reply's text, without sockets and without a clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chat.delivery import STALL_S, Delivery
from backend.chat.events import LiveText
from backend.chat.window import LIMIT_BYTES

pytestmark = pytest.mark.asyncio

ID = 34
BIG = "x" * 16_000


class Reader:
    """A socket's far end and its owner: frames that went out, and timers that only run when told."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.text, self.made_here = "", True
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.is_given_up = False
        self.delivery = Delivery(
            send=self.send, text_of=self.live, on_stalled=self.give_up, stall_s=STALL_S, later=self.later
        )

    async def send(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)

    def live(self, message_id: int) -> LiveText | None:
        return LiveText(message_id=message_id, text=self.text, status="streaming") if self.made_here else None

    def give_up(self) -> None:
        self.is_given_up = True

    def later(self, after_s: float, work: Callable[[], None]) -> Any:
        timer = (after_s, work)
        self.timers.append(timer)
        reader = self

        class Handle:
            def cancel(self) -> None:
                reader.timers.remove(timer)

        return Handle()

    async def grow(self, chunk: str) -> None:
        """The turn grows by `chunk` and publishes it."""
        offset = len(self.text)
        self.text += chunk
        await self.delivery.chunk({"type": "ai_chunk", "message_id": ID, "offset": offset, "chunk": chunk})

    async def ack(self, offset: int) -> None:
        self.delivery.ack(ID, offset)
        await self.delivery.heard()

    async def end(self) -> None:
        await self.delivery.end({"type": "ai_complete", "message": {"id": ID, "content": self.text}})

    @property
    def shown(self) -> str:
        text = ""
        for frame in self.frames:
            if frame["type"] == "ai_chunk":
                assert frame["offset"] == len(text), "gapless and once"
                text += frame["chunk"]
            elif frame["type"] == "ai_snapshot":
                text = frame["text"]
        return text


async def test_it_works() -> None:
    reader = Reader()
    for word in ("안녕", " 🏡", " there"):
        await reader.grow(word)
    await reader.end()
    assert reader.shown == "안녕 🏡 there"
    assert reader.frames[-1]["type"] == "ai_complete"


async def test_what_was_under_way_while_the_finished_row_was_read_is_not_sent_and_what_goes_on_behind_it_is() -> None:
    reader = Reader()
    reader.delivery.has_whole(ID, len("안녕 🏡"))
    await reader.grow("안녕")
    await reader.grow(" 🏡")
    assert reader.frames == []
    await reader.grow(" there")  # continued, and the word of it was lost on the way
    assert [frame["chunk"] for frame in reader.frames] == [" there"]


async def test_a_piece_that_comes_after_the_end_is_not_sent() -> None:
    reader = Reader()
    await reader.grow("안녕")
    await reader.end()
    await reader.delivery.chunk({"type": "ai_chunk", "message_id": ID, "offset": 0, "chunk": "안녕"})
    assert [frame["type"] for frame in reader.frames] == ["ai_chunk", "ai_complete"]


async def test_a_reader_that_does_not_acknowledge_costs_bounded_memory() -> None:
    reader = Reader()
    for _ in range(100):
        await reader.grow(BIG)
    assert len(reader.shown) <= LIMIT_BYTES + len(BIG)
    assert [after_s for after_s, _ in reader.timers] == [30.0]


async def test_an_acknowledgement_brings_one_catch_up_chunk() -> None:
    reader = Reader()
    for _ in range(10):
        await reader.grow(BIG)
    n_frames = len(reader.frames)
    await reader.ack(len(reader.shown))
    assert len(reader.frames) == n_frames + 1
    assert reader.shown == reader.text
    assert reader.timers == []
    await reader.grow("more")
    assert reader.shown != reader.text, "the catch-up chunk itself is not acknowledged yet"
    await reader.ack(len(reader.shown))
    assert reader.shown == reader.text


async def test_the_stored_row_waits_for_credit_and_replaces_the_rest() -> None:
    reader = Reader()
    for _ in range(10):
        await reader.grow(BIG)
    await reader.end()
    assert reader.frames[-1]["type"] == "ai_chunk"
    await reader.ack(LIMIT_BYTES)
    assert reader.frames[-1]["type"] == "ai_complete"
    assert reader.frames[-1]["message"]["content"] == reader.text


async def test_a_stalled_reader_is_given_up() -> None:
    reader = Reader()
    for _ in range(10):
        await reader.grow(BIG)
    [(_, expire)] = reader.timers
    expire()
    assert reader.is_given_up


async def test_acknowledging_more_than_was_sent_gives_no_credit_for_later() -> None:
    reader = Reader()
    await reader.grow(BIG)
    await reader.ack(10**9)
    for _ in range(10):
        await reader.grow(BIG)
    assert len(reader.shown) <= LIMIT_BYTES + 2 * len(BIG)


async def test_resyncs_are_no_way_around_the_window() -> None:
    reader = Reader()
    for _ in range(4):
        await reader.grow(BIG)
    for _ in range(50):
        await reader.delivery.snapshot(ID, reader.text, "streaming")
    n_bytes = sum(len(frame.get("text", frame.get("chunk", ""))) for frame in reader.frames)
    assert n_bytes <= LIMIT_BYTES + 2 * len(reader.text)


async def test_text_of_finished_replies_counts_until_the_client_speaks() -> None:
    reader = Reader()
    for n in range(20):
        text = "y" * 5_000
        await reader.delivery.chunk({"type": "ai_chunk", "message_id": n + 1, "offset": 0, "chunk": text})
        await reader.delivery.end({"type": "ai_complete", "message": {"id": n + 1, "content": text}})
    assert not reader.delivery.is_open
    await reader.delivery.heard()
    assert reader.delivery.is_open


async def test_a_gap_is_filled_from_the_turn_or_left_to_the_clients_resync() -> None:
    reader = Reader()
    await reader.grow("one")
    reader.text += " lost"
    await reader.grow(" three")
    assert reader.shown == "one lost three"
    reader.made_here = False
    gap = {"type": "ai_chunk", "message_id": ID, "offset": 100, "chunk": "later"}
    await reader.delivery.chunk(gap)
    assert reader.frames[-1] == gap


async def test_an_owners_answer_that_comes_after_the_end_is_ignored() -> None:
    reader = Reader()
    await reader.grow("done")
    await reader.end()
    await reader.delivery.snapshot(ID, "don", "streaming")
    assert reader.frames[-1]["type"] == "ai_complete"


@given(st.lists(st.tuples(st.text(min_size=1, max_size=5), st.integers(0, 3), st.booleans())), st.integers(0, 40))
async def test_overlaps_repeats_and_late_joins_show_the_text_once(steps: list[Any], joined_at: int) -> None:
    reader = Reader()
    whole = "".join(text for text, _, _ in steps)
    joined_at = min(joined_at, len(whole))
    reader.text = whole
    reader.delivery.begin(ID, joined_at)
    offset = 0
    for text, overlap, is_repeated in steps:
        start = max(0, offset - overlap)
        frame = {"type": "ai_chunk", "message_id": ID, "offset": start, "chunk": whole[start : offset + len(text)]}
        for _ in range(1 + is_repeated):
            await reader.delivery.chunk(frame)
        offset += len(text)
    shown = whole[:joined_at]
    for sent in reader.frames:
        assert sent["offset"] == len(shown)
        shown += sent["chunk"]
    assert shown == whole
