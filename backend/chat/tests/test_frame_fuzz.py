"""S4: random frames on a chat socket. Each is answered or refused in the protocol's own words, and the socket lives.

    pytest backend/chat/tests/test_frame_fuzz.py -k parser --frames 1000000        the long run, a minute or two
    pytest backend/chat/tests/test_frame_fuzz.py -k consumer --frames 20000

Seeded. The consumer's run goes through actions, database and turns, with its limits of rate out of the way; the parser's run
is what every frame passes first.
"""

from __future__ import annotations

import json
import logging
import random
import uuid
from collections import Counter
from typing import Any

import pytest

from backend.accounts.models import User
from backend.chat import events
from backend.chat.models import ChatSession
from backend.chat.sockets import MaruSocket, _decoded
from backend.chat.tests.socket_client import Socket
from backend.lib.errors import AppError
from backend.llm.echo import EchoLLM

SEED = 20261125
TYPES = [c.model_fields["type"].default for c in (*events.CLIENT_FRAMES, *events.SERVER_FRAMES)]
KEYS = sorted(
    {key for c in events.CLIENT_FRAMES for key in c.model_fields} | {"id", "session", "__proto__", "kind", ""}
)
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, 10**30, 0.5, 1e308, "", " ", "1", "\x00", "\ud800", "\u202e", "\ufeff",
    "🙂" * 50, "x" * 5000, "<script>", "' OR 1=1 --", "<|im_end|>", "{{7*7}}", [], {}, [[[[]]]], {"a": {"b": {}}}, [None] * 20,
]  # fmt: skip
RAW = [
    "",
    " ",
    "nul",
    "NaN",
    "Infinity",
    "-",
    "[",
    "{",
    '{"type":',
    "[" * 5000,
    '{"a":' * 3000,
    '"\\ud800"',
    "\ufeff{}",
    "1e999999",
    "0" * 400,
]


class Frames:
    """Random frames: half of them sound in shape, with ids that are ours, another's or nobody's."""

    def __init__(self, seed: int, ids: list[int]) -> None:
        self._chance, self.ids = random.Random(seed), ids

    def text(self) -> str:
        kind = self._chance.random()
        if kind < 0.06:
            return self._chance.choice(RAW)
        whole = json.dumps(self.content(), ensure_ascii=self._chance.random() < 0.5)
        if kind < 0.2 and whole:
            return self._broken(whole)
        return whole

    def content(self) -> Any:
        chance = self._chance
        if chance.random() < 0.05:
            return chance.choice(ODD)
        frame_class = chance.choice(events.CLIENT_FRAMES)
        frame = {key: self._value(key) for key in frame_class.model_fields if chance.random() < 0.9}
        frame["type"] = (
            frame_class.model_fields["type"].default if chance.random() < 0.9 else chance.choice([*TYPES, *ODD])
        )
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            frame[chance.choice(KEYS)] = chance.choice(ODD)
        return frame

    def _value(self, key: str) -> Any:
        chance = self._chance
        if chance.random() < 0.15:
            return chance.choice(ODD)
        values: dict[str, Any] = {
            "client_id": str(uuid.UUID(int=chance.getrandbits(4))),
            "message": chance.choice(["count", "질문 🙂", "x" * 300]),
            "text": chance.choice(["", "draft"]),
            "is_typing": chance.random() < 0.5,
            "attachments": chance.choice([[], [{"kind": "document", "id": chance.choice(self.ids)}]]),
            "temperature": chance.uniform(-1, 3),
            "seed": chance.randrange(-2, 2**33),
            "model": chance.choice(["echo", "none"]),
            "web_search": chance.random() < 0.5,
            "tools": chance.random() < 0.5,
            "compare": chance.choice([None, {}, {"models": ["echo", "none"], "is_blind": True}]),
            "offset": chance.randrange(100),
        }
        return values.get(key, chance.choice(self.ids))

    def _broken(self, whole: str) -> str:
        at = self._chance.randrange(len(whole))
        return self._chance.choice(
            [whole[:at], whole[at:], whole[:at] + self._chance.choice('"{}[],:\\\x00') + whole[at:]]
        )


@pytest.fixture
def n_frames(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--frames"))


def test_the_parser_refuses_in_its_own_words(n_frames: int) -> None:
    frames, ends = Frames(SEED, [1, 2, 3]), Counter[str]()
    for _ in range(n_frames or 20_000):
        text = frames.text()
        try:
            frame = events.parse_client_frame(_decoded(text))
            ends[frame.type] += 1
        except AppError as error:
            json.dumps(error.as_dict("ko"), ensure_ascii=False).encode()
            ends[error.code] += 1
    assert len(ends) >= len(events.CLIENT_FRAMES), ends


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(0)
async def test_the_consumer_answers_or_refuses_and_lives(
    user: User, outsider: User, chat: ChatSession, echo: EchoLLM, n_frames: int, monkeypatch: Any, caplog: Any
) -> None:
    monkeypatch.setattr(MaruSocket, "BURST", 1e12)
    caplog.set_level(logging.WARNING)
    foreign = await ChatSession.objects.acreate(user=outsider)
    theirs = await foreign.messages.acreate(role="user", content="theirs")
    frames = Frames(SEED, [theirs.pk, 999_999])
    async with Socket.chat(user, chat.pk) as tab:
        await tab.next("session_state")
        for n in range(n_frames or 400):
            await tab.send_raw(frames.text())
            if n % 50 == 49:
                await echo.release_all()
                await tab.settle()
                frames.ids = [theirs.pk, 999_999, *list(tab.statuses)[-6:]]
        await echo.release_all()
        await tab.settle()
    told = Counter(frame["type"] for frame in tab.frames)
    assert told["pong"] > 0
    assert told["error"] > 0
    assert AppError.code not in {frame.get("code") for frame in tab.frames if frame["type"] == "error"}
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert (await foreign.messages.acount(), (await foreign.messages.aget()).content) == (1, "theirs")
