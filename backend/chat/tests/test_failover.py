"""Two remote engines, one killed in the middle of 50 replies: whole turns over real sockets, from question to stored row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.events import session_group
from backend.chat.models import Message
from backend.chat.turns import Turns, use_turns
from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet import FleetLLM
from backend.llm.remote import Limits, RemoteLLM
from backend.llm.service import use_service
from backend.llm.tests.fake_servers import FakeServer, fake_server

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

N_REPLIES = 50
N_TOKENS = 100
DELAY_S = 0.2  # from token to token: all are asked before the first has ended, on a slow machine, too
N_MUTE = 5  # requests that the dying engine took and gave no token for
LIMITS = Limits(connect_s=60, first_token_s=120, between_s=60)


@dataclass
class House:
    turns: Turns
    dying: FakeServer
    other: FakeServer
    fleet: FleetLLM
    is_mute: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask_all(self, user: User) -> list[Message]:
        """50 conversations with a question each; `N_MUTE` of the dying engine's never get a token there."""
        self.dying.plan += [self._mute] * N_MUTE
        chats = [await actions.create_session(user) for _ in range(N_REPLIES)]
        for chat in chats:
            await actions.update_config(user, chat.pk, max_tokens=N_TOKENS, seed=7)
        pairs = await asyncio.gather(*(actions.submit_message(user, chat.pk, content="count") for chat in chats))
        replies = [pair.reply for pair in pairs if pair.reply]
        assert len(replies) == N_REPLIES
        return replies

    async def _mute(self, writer: Any, asked: Any) -> None:
        self.is_mute.set()
        await asyncio.Event().wait()

    def texts(self, replies: list[Message]) -> dict[int, str]:
        live = {reply.pk: self.turns.get(reply.pk) for reply in replies}
        return {reply_id: found.text for reply_id, found in live.items() if found}

    async def kill_in_the_middle(self, replies: list[Message]) -> None:
        """When each engine is in the middle of answers of its own."""
        await self.is_mute.wait()
        async with asyncio.timeout(60):
            while not (self.other.n_open and sum(map(bool, self.texts(replies).values())) > N_REPLIES // 2):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await self.dying.kill()


@pytest_asyncio.fixture
async def house(request: pytest.FixtureRequest, layer: str) -> AsyncIterator[House]:
    """The parameter: what the engine that stays speaks."""
    dialect = getattr(request, "param", "vllm")
    async with (
        fake_server("vllm", model="m", delay_s=DELAY_S) as dying,
        fake_server(dialect, model="m", delay_s=DELAY_S) as other,
    ):
        specs = [EngineSpec(name, far.url, n_slots=25, may_be_private=True)
                 for name, far in (("dying", dying), ("other", other))]  # fmt: skip
        fleet = FleetLLM(specs, lambda spec: RemoteLLM(spec, LIMITS))
        use_service(fleet)
        await fleet.start()
        turns = Turns()
        use_turns(turns)
        yield House(turns, dying, other, fleet)
        await turns.close()
        use_turns(None)
        await fleet.stop()
        use_service(None)


class Errors:
    """Which replies were told of which error, as a socket of each conversation hears it."""

    def __init__(self, replies: list[Message]) -> None:
        self.codes: dict[int, list[str]] = {reply.pk: [] for reply in replies}
        self._groups = [session_group(reply.session_id) for reply in replies]

    async def listen(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        for group in self._groups:
            await layer.group_add(group, channel)
        while True:
            frame = (await layer.receive(channel))["frame"]
            if frame["type"] == "ai_error":
                self.codes[frame["message_id"]].append(frame["code"])


async def rows(replies: list[Message]) -> list[Message]:
    found = Message.objects.select_related("metadata").filter(pk__in=[reply.pk for reply in replies])
    return [row async for row in found]


async def ended(house: House, replies: list[Message]) -> None:
    async with asyncio.timeout(120):
        await asyncio.gather(*(house.turns.wait(reply.pk) for reply in replies))


async def test_those_without_a_token_move_over_and_the_others_go_on_where_they_were_cut(
    user: User, house: House
) -> None:
    replies = await house.ask_all(user)
    errors = Errors(replies)
    ear = asyncio.create_task(errors.listen())
    await house.kill_in_the_middle(replies)
    shown = house.texts(replies)
    await ended(house, replies)
    ear.cancel()
    stored = await rows(replies)
    assert {(row.status, row.finish_reason) for row in stored} <= {("complete", "length")}
    assert all(row.content.startswith(shown.get(row.pk, "")) for row in stored), "no shown text is taken back"
    told = {reply_id for reply_id, codes in errors.codes.items() if codes}
    assert {code for codes in errors.codes.values() for code in codes} == {"engine_lost"}
    assert told <= {reply_id for reply_id, text in shown.items() if text}, "without text nobody is told: it just moved"
    assert told
    moved = house.fleet.members["dying"].n_moved
    assert moved >= N_MUTE
    assert len(house.other.completions) >= moved + len(told)


@pytest.mark.parametrize("house", ["openai"], indirect=True)
async def test_where_nobody_can_go_on_inside_an_answer_it_ends_as_interrupted_and_is_continued_later(
    user: User, house: House
) -> None:
    replies = await house.ask_all(user)
    await house.kill_in_the_middle(replies)
    shown = house.texts(replies)
    await ended(house, replies)
    stored = await rows(replies)
    whole = [row for row in stored if row.status == "complete"]
    cut = [row for row in stored if row.status == "interrupted"]
    assert len(whole) + len(cut) == N_REPLIES
    assert whole
    assert cut
    assert all(row.content and row.content.startswith(shown[row.pk]) for row in cut)
    await house.dying.start()
    async with asyncio.timeout(60):
        while (await house.fleet.members["dying"].service.stats()).state != "ready":
            # Left alone for a moment, then tried with one request: until that has gone well it ends as before.
            again = await actions.continue_reply(user, cut[0].pk)
            await ended(house, [again])
            await asyncio.sleep(0.2)
    (row,) = await rows([again])
    assert row.pk == cut[0].pk
    assert row.content.startswith(cut[0].content)
    assert (row.status, len(row.content) > len(cut[0].content)) == ("complete", True)
