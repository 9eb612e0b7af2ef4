"""The checkers themselves: a lost, doubled or moved text must be found, else every kit's 0 means nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.chaos.follower import Follower
from tests.chaos.history import History
from tests.chaos.proxy import Fault, FaultProxy
from tests.chaos.streams import lateness

STATE = {"type": "session_state", "messages": [], "live": [{"message_id": 2, "text": "one ", "status": "streaming"}]}


def chunk(offset: int, text: str) -> dict[str, Any]:
    return {"type": "ai_chunk", "message_id": 2, "offset": offset, "chunk": text}


def end(text: str) -> dict[str, Any]:
    return {"type": "ai_complete", "message": {"id": 2, "content": text, "status": "complete"}}


def created(client_id: str, user: int, reply: int) -> dict[str, Any]:
    rows = [{"id": n, "content": "", "status": "queued"} for n in (user, reply)]
    return {"type": "message_created", "client_id": client_id, "message": rows[0], "reply": rows[1]}


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([STATE, chunk(4, "two"), end("one two")], ""),
        ([STATE, chunk(4, "two"), chunk(4, "two")], "told again"),
        ([STATE, end("one "), chunk(4, "two")], "after its end"),
        ([STATE, created("a", 5, 6), created("a", 7, 8)], "client_id"),
        (
            [
                STATE,
                {"type": "message_updated", "message": {"id": 2, "content": "on", "status": "queued"}},
                chunk(2, "e"),
            ],
            "",
        ),
    ],
)
def test_history(frames: list[dict[str, Any]], fault: str) -> None:
    history = History()
    for frame in frames:
        history.heard(frame)
    assert fault in "".join(history.faults)
    assert bool(history.faults) == bool(fault)


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([chunk(4, "two"), end("one two")], ""),
        ([chunk(3, " two"), end("one two")], ""),  # an overlap that agrees
        ([chunk(3, "-two")], "overlap"),
        ([chunk(4, "two"), end("one too")], "became"),
        ([chunk(4, "two"), end("one tw")], "became"),
    ],
)
async def test_follower(frames: list[dict[str, Any]], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = Follower("http://nowhere", "", 1)

    async def send(frame: dict[str, Any]) -> None:
        pass

    monkeypatch.setattr(tab, "send", send)
    for frame in [STATE, *frames]:
        await tab._apply(frame)
    told = [each for each in tab.faults if "told again" not in each]
    assert fault in "".join(told)
    assert bool(told) == bool(fault)


async def test_the_proxy_cuts_at_the_byte() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 1000)
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with FaultProxy(port, lambda: Fault(cut_after=333)) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rpartition(":")[2]))
        got = b""
        with pytest.raises(ConnectionResetError):
            while piece := await reader.read(100):
                got += piece
        assert len(got) <= 333
        writer.close()
    server.close()


def test_lateness_counts_from_the_quickest_piece() -> None:
    heard = [(0.0, len("word1")), (0.1, len("word1 word2")), (0.5, len("word1 word2 word3"))]
    assert lateness(heard, 3, rate=10) == pytest.approx([0.0, 0.0, 0.3])
