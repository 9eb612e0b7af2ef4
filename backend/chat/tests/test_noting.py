"""Facts that a model finds in what users say: asked for when nobody waits, of the model that answered, of their words alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from backend import house
from backend.accounts.models import User
from backend.chat import actions, noting, remembering
from backend.chat.models import ChatSession
from backend.chat.noting import Noter, is_able
from backend.chat.tests.test_recall import talk as talk
from backend.lib.storage import in_db
from backend.llm.echo import EchoLLM
from backend.llm.errors import EngineLost
from backend.llm.process import LocalLLM
from backend.llm.service import use_service
from backend.llm.types import Delta, GenerateRequest, ModelCard, StreamEvent
from backend.memory import memories
from backend.memory.models import Entry

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
SAID = "For ten years my days have gone into the greenhouses of Quimbra, with two parrots for company."
FACT = "The user has two parrots for company."
ABLE = ModelCard("echo", "local", 4096, is_loaded=True, is_default=True, n_params=7_000_000_000)


class Reader:
    """In front of the echo engine: what is asked for facts gets `answer`, or fails; all else goes on."""

    def __init__(self, echo: EchoLLM) -> None:
        self.echo, self.card, self.asked = echo, ABLE, list[GenerateRequest]()
        self.answer = json.dumps({"facts": [{"fact": FACT, "replaces": 0}]})
        self.failure: Exception | None = None

    async def models(self) -> list[ModelCard]:
        return [self.card]

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        if not request.request_id.endswith("-facts"):
            async for event in self.echo.stream(request):
                yield event
            return
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure
        yield Delta(self.answer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.echo, name)


@pytest.fixture
def reader(echo: EchoLLM, turns: Any, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr(remembering, "QUIET", remembering.QUIET * 0)
    made = Reader(echo)
    use_service(made)
    return made


@pytest_asyncio.fixture
async def noter() -> AsyncIterator[Noter]:
    made = Noter()
    yield made
    await made._storage.close()


async def found(user: User) -> list[Entry]:
    return [entry async for entry in memories.own(user.pk).filter(kind="fact").order_by("id")]


async def test_it_works(user: User, chat: ChatSession, talk: Any, reader: Reader, noter: Noter) -> None:
    reply = await talk(chat, SAID)
    assert await found(user) == [], "no rule knows such words"
    assert await noter.note_next()
    [fact] = await found(user)
    assert (fact.text, fact.found_by, fact.message_id) == (FACT, "echo", reply.parent_id)
    [request] = reader.asked
    assert (request.priority, request.model, request.user) == ("batch", "echo", str(user.pk))
    assert SAID in request.messages[-1].content
    assert "word1" not in request.messages[-1].content, "nothing but the user's own words"
    assert not await noter.note_next(), "once is enough"


async def test_a_forgotten_fact_is_not_found_again(
    user: User, chat: ChatSession, talk: Any, reader: Reader, noter: Noter
) -> None:
    reply = await talk(chat, SAID)
    await noter.note_next()
    await memories.forget(user, (await found(user))[0].pk)
    await talk.ended(await actions.regenerate(user, reply.pk))
    await noter.note_next()
    assert len(await found(user)) <= 1


@pytest.mark.parametrize(
    "off", ["house", "setting", "user", "user-by-model", "session", "temporary", "deleted", "forgotten"]
)
async def test_nothing_is_asked_where_memory_is_off(
    user: User, chat: ChatSession, talk: Any, reader: Reader, noter: Noter, off: str
) -> None:
    """Neither where it was off when it was said, nor where it was switched off meanwhile."""
    if off == "temporary":
        chat = await actions.create_session(user, is_temporary=True)
    if off == "setting":
        await in_db(house.change, {"memory_by_model": False}, lambda _: None)
    await talk(chat, SAID)
    if off == "house":
        await in_db(house.change, {"memory": False}, lambda _: None)
    elif off == "user":
        await User.objects.filter(pk=user.pk).aupdate(memory_enabled=False)
    elif off == "user-by-model":
        await User.objects.filter(pk=user.pk).aupdate(facts_by_model=False)
    elif off == "session":
        await actions.update_config(user, chat.pk, memory_enabled=False)
    elif off == "deleted":
        await actions.delete_session(user, chat.pk)
    elif off == "forgotten":
        await memories.forget_everything(user)
    assert not await noter.note_next()
    assert reader.asked == []
    assert await found(user) == []


async def test_what_is_forgotten_while_the_model_reads_stays_forgotten(
    user: User, chat: ChatSession, talk: Any, reader: Reader, noter: Noter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk(chat, SAID)
    before = noting._found

    async def slow(*args: Any) -> Any:
        await memories.forget_everything(user)
        return await before(*args)

    monkeypatch.setattr(noting, "_found", slow)
    assert await noter.note_next()
    assert await found(user) == []


async def test_a_model_that_sleeps_is_not_woken_and_an_engine_that_is_away_is_asked_later(
    user: User, chat: ChatSession, talk: Any, reader: Reader, noter: Noter
) -> None:
    await talk(chat, SAID)
    reader.card = replace(ABLE, is_loaded=False)
    assert await noter.note_next()
    assert reader.asked == []
    for failure, is_asked_again in ((EngineLost(), True), (None, False)):
        await Entry.objects.filter(to_read_at__isnull=False).aupdate(to_read_at=noting.clock.now())
        reader.card, reader.failure = ABLE, failure
        assert await noter.note_next()
        assert await Entry.objects.filter(to_read_at__isnull=False).aexists() is is_asked_again
    assert len(await found(user)) == 1


@pytest.mark.parametrize(
    "card",
    [
        replace(ABLE, is_starter=True), replace(ABLE, n_params=494_000_000), replace(ABLE, n_params=0),
        replace(ABLE, kind="embedding"), replace(ABLE, has_template=False),
    ],
)  # fmt: skip
async def test_a_model_that_is_too_small_or_none_for_talk_is_not_asked(
    user: User, chat: ChatSession, talk: Any, reader: Reader, noter: Noter, card: ModelCard
) -> None:
    assert not is_able(card)
    reader.card = card
    await talk(chat, SAID)
    await noter.note_next()
    assert reader.asked == []


async def test_a_remote_model_that_tells_no_size_is_able() -> None:
    assert is_able(replace(ABLE, engine="gpu-box", n_params=None, n_ctx=0))


@pytest.mark.engine
async def test_a_real_engine_keeps_to_the_form(
    user: User,
    chat: ChatSession,
    talk: Any,
    reader: Reader,
    noter: Noter,
    tiny_llm: LocalLLM,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Random weights say nothing true, but JSON; and nothing of it is kept."""
    await talk(chat, SAID)
    while not (cards := [card for card in await tiny_llm.models() if card.is_loaded]):  # noqa: ASYNC110 - another process's state has no event
        await asyncio.sleep(0.02)
    turn = noting._take
    answers: list[str] = []
    monkeypatch.setattr(noting, "_take", lambda: replace(made, model=cards[0].id) if (made := turn()) else None)
    monkeypatch.setattr(noting, "MIN_PARAMS", 0)
    monkeypatch.setattr(noting.model_facts, "read", lambda answer, *_: answers.append(answer) or [])
    use_service(tiny_llm)
    assert await noter.note_next()
    try:
        assert isinstance(json.loads(answers[0])["facts"], list)
    except json.JSONDecodeError:
        assert answers[0].startswith('{"facts":['), "cut by max_tokens"
