"""What is read of a long conversation: as much as a prompt can hold, and the prompt is the one that all of it would make."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.chat import actions, history, tree, turn_job
from backend.chat.asking import Asked, ask
from backend.chat.models import ChatSession, Message, MessageMetadata, Upload
from backend.chat.tests.replies import asked, row
from backend.chat.turns import Turns
from backend.lib.storage import in_db
from backend.llm.echo import EchoLLM
from backend.llm.process import LocalLLM
from backend.llm.service import LLMService
from backend.llm.types import ModelCard
from backend.personas.models import Persona

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

OWNER = "this test"


@dataclass
class Talk:
    """A conversation as rows alone, one message after the other."""

    session_id: int
    leaf_id: int | None = None

    def add(self, role: str, content: str, n_tokens: int | None, **more: Any) -> Message:
        fields = {"session_id": self.session_id, "parent_id": self.leaf_id, "role": role, "content": content, **more}
        message = Message.objects.create(token_count=n_tokens, **fields)
        self.leaf_id = message.pk
        return message

    def turns(self, n: int, n_tokens: int = 10) -> None:
        for number in range(n):
            self.add("user", f"question {number}", n_tokens)
            self.add("assistant", f"answer {number}", n_tokens)

    def question(self, content: str = "And now?", n_tokens: int | None = None, **more: Any) -> Message:
        """Its queued reply."""
        self.add("user", content, n_tokens, **more)
        return self.add("assistant", "", None, status="queued", owner=OWNER)


@pytest.fixture
def talk(chat: ChatSession) -> Talk:
    return Talk(chat.pk)


async def both(reply: Message, llm: LLMService, cards: Sequence[ModelCard]) -> tuple[Asked, Asked]:
    """What is asked when all is read, and when as much is as these models' contexts hold."""
    made = []
    for known in ((), cards):
        job = await in_db(turn_job.load, reply.pk, OWNER, known)
        assert job is not None
        made.append(await ask(reply.pk, job, llm))
    return made[0], made[1]


def same(whole: Asked, bounded: Asked) -> bool:
    """But for what was recalled, which has nothing to find here: whether that came in time is the clock's."""
    told = [(each.request, each.dropped_turns, each.dropped_images) for each in (whole, bounded)]
    return told[0] == told[1]


def as_rows(job: turn_job.Job) -> list[Message]:
    """Messages are the same when their ids are."""
    return [Message(pk=each.pk) for each in job.branch]


class Talking:
    """Turn after turn, of every kind that there is; some kinds are rare."""

    def __init__(self, talk: Talk, user: User, seed: int, *, images: bool) -> None:
        self._talk, self._user, self._chance, self._images = talk, user, random.Random(seed), images

    def begin(self) -> None:
        begins = self._chance.choice(["", "greeting", "system", "both", "uncounted"])
        if begins in ("system", "both"):
            self._talk.add("system", "Rules of an imported chat.", 5)
        if begins in ("greeting", "both", "uncounted"):
            self._talk.add("assistant", "안녕하세요", None if begins == "uncounted" else 3)

    def question(self) -> Message:
        n = self._chance.choice([1, 3, 10, 10, 10, 40, 200])
        return self._talk.question("word " * n, self._chance.choice([None, n]), attachments=self._attached())

    def answer(self, reply: Message, asked: Asked) -> None:
        """How it ends: mostly with a text, sometimes with none, now and then twice in a row."""
        if self._chance.random() > 0.03:  # else its process died
            for message_id, n_tokens in asked.token_counts.items():
                Message.objects.filter(pk=message_id).update(token_count=n_tokens)
        n = self._chance.choice([0, 5, 20, 20, 20, 60, 300])
        status = "complete" if n else "failed"
        Message.objects.filter(pk=reply.pk).update(content="said " * n, token_count=n, status=status, owner="")
        if n:
            MessageMetadata.objects.create(message=reply, dropped_turns=asked.dropped_turns)
        if self._chance.random() < 0.03:
            self._talk.add("assistant", "Written by hand.", self._chance.choice([4, None]))

    def _attached(self) -> list[dict[str, Any]]:
        if not self._images or self._chance.random() > 0.2:
            return []
        if self._chance.random() < 0.3:
            return [{"kind": "document", "id": self._chance.randint(1, 9), "name": "rules.pdf"}]
        there = {"name": "floor.png", "media_type": "image/png", "content": b"x", "n_bytes": 1}
        size = self._chance.choice([28, 28 * 4])
        upload = Upload.objects.create(
            user=self._user, session_id=self._talk.session_id, width=size, height=size, **there
        )
        gone = self._chance.random() < 0.2
        return [{"kind": "image", "id": 10**9 if gone else upload.pk, "name": upload.name}]


class Seeing(EchoLLM):
    """For what is asked alone: it answers no images."""

    async def models(self) -> list[ModelCard]:
        return [replace(card, sees_images=True) for card in await super().models()]


def contexts(seed: int) -> Iterator[int]:
    """Mostly one model; now and then another one answers."""
    chance = random.Random(seed)
    n_ctx = chance.choice([150, 400, 1200, 4000])
    while True:
        yield chance.choice([150, 400, 4000]) if chance.random() < 0.03 else n_ctx


@pytest.mark.parametrize("seed", range(8))
async def test_a_prompt_is_what_reading_all_of_a_long_conversation_would_make(
    user: User, chat: ChatSession, talk: Talk, seed: int
) -> None:
    await actions.update_config(user, chat.pk, memory_enabled=False, max_tokens=(20, 100, None)[seed % 3])
    talking = Talking(talk, user, seed, images=seed % 2 == 1)
    await in_db(talking.begin)
    llm = (Seeing if seed % 4 == 1 else EchoLLM)()
    n_left = n_moved = before = 0
    for _, n_ctx in zip(range(60), contexts(seed), strict=False):
        llm.n_ctx = n_ctx
        reply = await in_db(talking.question)
        whole, bounded = await both(reply, llm, await llm.models())
        assert same(whole, bounded)
        assert whole.job.history.left.n_turns == 0
        assert as_rows(whole.job) == await in_db(tree.branch, reply.parent_id)
        assert whole.job.pictures == bounded.job.pictures
        assert whole.job.document_ids == bounded.job.document_ids
        n_left += bounded.job.history.left.n_turns > 0
        n_moved += whole.dropped_turns != before
        before = whole.dropped_turns
        await in_db(talking.answer, reply, whole)
    assert n_left > 5
    assert n_moved > 2


async def test_a_local_models_prompt_is_the_same_too(
    user: User, chat: ChatSession, talk: Talk, tiny_llm: LocalLLM
) -> None:
    await actions.update_config(user, chat.pk, memory_enabled=False, max_tokens=20)
    while not (cards := [card for card in await tiny_llm.models() if card.is_loaded]):  # noqa: ASYNC110 - another process's state has no event
        await asyncio.sleep(0.02)
    n_ctx = cards[0].n_ctx
    await in_db(talk.turns, 12, n_ctx // 12)
    before = 0
    for _ in range(6):
        reply = await in_db(talk.question)
        whole, bounded = await both(reply, tiny_llm, cards)
        assert same(whole, bounded)
        assert bounded.job.history.left.n_turns > 0
        assert whole.dropped_turns >= before
        before = whole.dropped_turns
        ended = {"content": "said", "token_count": n_ctx // 12, "status": "complete", "owner": ""}
        await Message.objects.filter(pk=reply.pk).aupdate(**ended)
        await MessageMetadata.objects.acreate(message=reply, dropped_turns=before)


async def test_what_is_read_does_not_grow_with_the_conversation(talk: Talk) -> None:
    def reads(n_more: int) -> tuple[int, int, int]:
        """Messages, turns before them, queries."""
        talk.turns(n_more)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            said = history.read(talk.leaf_id, 200)
        return len(said.rows), said.left.n_turns, len(asked)

    assert await in_db(reads, 4) == (8, 0, 1)
    assert await in_db(reads, 36) == (12, 34, 2)
    assert await in_db(reads, 160) == (12, 194, 2)


async def test_a_turn_of_a_long_conversation_reads_its_end_alone(
    user: User, chat: ChatSession, turns: Turns, talk: Talk, echo: EchoLLM
) -> None:
    await in_db(talk.turns, 50)
    await ChatSession.objects.filter(pk=chat.pk).aupdate(active_leaf=talk.leaf_id)
    echo.n_ctx = 400
    reply = await asked(user, chat, "And now?")
    await echo.release_all()
    assert await turns.wait(reply.pk, timeout_s=10)
    ended = await row(reply)
    messages = echo.requests[-1].messages
    assert ended.metadata.dropped_turns == 50 - len(messages[1:-1]) // 2 > 30
    assert messages[1].content == f"question {ended.metadata.dropped_turns}"


async def test_what_is_attached_before_is_known_without_its_messages(talk: Talk) -> None:
    document, image = {"kind": "document", "id": 3}, {"kind": "image", "id": 4, "name": "floor.png"}

    def reads() -> tuple[history.History, int]:
        talk.add("user", "first", 5, attachments=[document, image])
        talk.turns(30)
        talk.add("user", "last", 5, attachments=[document])
        with CaptureQueriesContext(connection) as asked:
            return history.read(talk.leaf_id, 200), len(asked)

    said, n_queries = await in_db(reads)
    assert [each for _, each in said.attached] == [document, image, document]
    assert said.attached[-1][0] == said.rows[-1].pk
    assert (said.first, n_queries) == ("first", 3)


@pytest.mark.parametrize(
    "odd",
    [
        {"role": "assistant", "content": "half", "n_tokens": 3, "status": "streaming"},
        {"role": "assistant", "content": "", "n_tokens": None, "status": "queued"},
        {"role": "user", "content": "imported", "n_tokens": None},
        {"role": "user", "content": "", "n_tokens": 0, "attachments": [{"kind": "image", "id": 1}]},
        {"role": "system", "content": "x", "n_tokens": 1, "attachments": [{"kind": "image", "id": 1}]},
    ],
)
async def test_a_branch_is_read_whole_where_something_before_must_be_looked_at(talk: Talk, odd: dict[str, Any]) -> None:
    def reads() -> tuple[history.History, history.History]:
        talk.turns(10)
        talk.add(**odd)
        talk.turns(30)
        return history.read(talk.leaf_id, 200), history.read(talk.leaf_id)

    bounded, whole = await in_db(reads)
    assert bounded == whole
    assert len(whole.rows) == 81


async def test_a_context_that_has_grown_since_the_rows_were_read_is_filled(
    talk: Talk, turns: Turns, echo: EchoLLM
) -> None:
    await in_db(talk.turns, 100)
    reply = await in_db(talk.question)
    echo.n_ctx = 400
    job = await in_db(turn_job.load, reply.pk, OWNER, await echo.models())
    assert job is not None and job.history.left.n_turns > 0
    echo.n_ctx = 100_000
    filled = await ask(reply.pk, job, echo)
    assert filled.dropped_turns == 0
    assert len(filled.request.messages) == 1 + 201


async def test_no_more_than_the_last_messages_of_an_endless_branch_are_walked(talk: Talk) -> None:
    def reads(limit: int) -> history.History:
        return history.read(talk.leaf_id, 200, limit)

    await in_db(talk.turns, 40)
    assert (await in_db(reads, 5)).left.n_turns == 0
    assert len((await in_db(reads, 5)).rows) == 5
    said = await in_db(reads, 21)  # an answer is the oldest of them: a turn of its own
    assert (len(said.rows), said.left.n_turns, said.first) == (12, 5, "answer 29")
    assert (await in_db(history.read, None)).rows == []


async def test_a_persona_speaks_the_language_in_which_the_conversation_began(
    user: User, chat: ChatSession, talk: Talk, echo: EchoLLM
) -> None:
    office, _ = await Persona.objects.aget_or_create(builtin="office", defaults={"name": "Office assistant"})
    await ChatSession.objects.filter(pk=chat.pk).aupdate(persona=office)
    await sync_to_async(talk.add)("assistant", "안녕하세요", 3)
    await in_db(talk.turns, 50)
    reply = await in_db(talk.question)
    echo.n_ctx = 400
    job = await in_db(turn_job.load, reply.pk, OWNER, await echo.models())
    assert job is not None and job.history.left.n_turns > 0
    assert job.system_prompt.startswith("당신은")
