"""Two models, one question: both stream at once, the vote is given once, and until then a blind one tells no name."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone

from backend.accounts.models import User
from backend.chat import actions, export, imports, ratings, sharing, tree, turn_rows
from backend.chat.comparing import pair_of
from backend.chat.errors import AlreadyVoted, NothingToCompare
from backend.chat.models import ChatSession, Comparison, Message, MessageMetadata
from backend.chat.tests.ears import Listener
from backend.chat.tests.rest.test_access import OWN, OWNED
from backend.chat.tests.socket_client import Socket
from backend.chat.turns import Turns
from backend.chat.writing import Submitted
from backend.lib.errors import BadInput, Conflict, NotFound
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.engine_spec import EngineSpec
from backend.llm.errors import ImagesNotTaken, ModelNotFound
from backend.llm.fleet import FleetLLM
from backend.llm.service import use_service
from backend.llm.types import ModelCard
from backend.quotas.errors import QuotaExceeded
from backend.quotas.models import DailyUse, UserLimits

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

NAMES = ("jay-7b", "owl-9b")
BLIND = {"models": [], "is_blind": True}
SIGHTED = {"models": list(NAMES), "is_blind": False}


@pytest_asyncio.fixture
async def birds(turns: Turns) -> AsyncIterator[dict[str, EchoLLM]]:
    """Two models, each on an engine of its own, stepped by hand."""
    made = {name: EchoLLM(n_tokens=5, rate=0, is_stepped=True, model=name) for name in NAMES}
    specs = [EngineSpec(f"engine-of-{name}", f"echo://{name}") for name in NAMES]
    fleet = FleetLLM(specs, lambda spec: made[spec.url.removeprefix("echo://")])
    use_service(fleet)
    await fleet.start()
    yield made
    await fleet.stop()


async def compared(user: User, chat: ChatSession, compare: dict[str, Any] = BLIND, **more: Any) -> Submitted:
    return await actions.submit_message(user, chat.pk, content="Which is better?", compare=compare, **more)


async def ended(turns: Turns, birds: dict[str, EchoLLM], sent: Submitted) -> tuple[Message, Message]:
    for bird in birds.values():
        await bird.release_all()
    assert sent.reply is not None
    assert sent.rival is not None
    assert await turns.wait(sent.reply.pk, timeout_s=5)
    assert await turns.wait(sent.rival.pk, timeout_s=5)
    a, b = [await Message.objects.aget(pk=reply.pk) for reply in (sent.reply, sent.rival)]
    return a, b


async def test_it_works(user: User, chat: ChatSession, turns: Turns, birds: dict[str, EchoLLM]) -> None:
    sent = await compared(user, chat, SIGHTED)
    for bird in birds.values():
        await bird.wait_running(1)  # at once: neither waits for the other
    a, b = await ended(turns, birds, sent)
    assert (a.model, b.model, a.parent_id, b.parent_id) == (*NAMES, sent.user_message.pk, sent.user_message.pk)
    rows = await actions.vote(user, a.comparison_id or 0, "b")
    assert [row["comparison"]["verdict"] for row in rows] == ["b", "b"]
    assert [row["comparison"]["other"] for row in rows] == [b.pk, a.pk]
    await chat.arefresh_from_db()
    assert chat.active_leaf_id == b.pk
    stored = await Comparison.objects.aget()
    assert (stored.model_a, stored.model_b, stored.is_blind, stored.language) == (*NAMES, False, "en")


async def test_both_are_told_and_stream_into_one_socket(
    user: User, chat: ChatSession, birds: dict[str, EchoLLM]
) -> None:
    async with Socket.chat(user, chat.pk) as socket:
        await socket.next("session_state")
        frame = {"type": "chat_message", "client_id": str(uuid.uuid4()), "message": "Which?", "compare": SIGHTED}
        await socket.send(frame)
        created = await socket.next("message_created")
        rival = (await socket.next("message_updated"))["message"]
        a = created["reply"]
        assert (a["comparison"]["side"], rival["comparison"]["side"]) == ("a", "b")
        assert (a["comparison"]["other"], rival["comparison"]["other"]) == (rival["id"], a["id"])
        for bird in birds.values():
            await bird.release_all()
        assert [await socket.until_ended(one["id"]) for one in (a, rival)] == [echo_text(5)] * 2
        await socket.send(frame)  # a resend after a reconnect
        again = await socket.next("message_created")
        other = (await socket.next("message_updated"))["message"]
        assert (again["reply"]["id"], other["id"]) == (a["id"], rival["id"])
    assert await Message.objects.acount() == 3


async def test_a_resend_finds_its_pair_when_a_model_has_gone(
    user: User, chat: ChatSession, turns: Turns, birds: dict[str, EchoLLM]
) -> None:
    client_id = uuid.uuid4()
    sent = await compared(user, chat, SIGHTED, client_id=client_id)
    await ended(turns, birds, sent)
    use_service(birds[NAMES[0]])
    again = await compared(user, chat, SIGHTED, client_id=client_id)
    assert (again.is_new, again.reply, again.rival) == (False, sent.reply, sent.rival)


async def test_a_late_socket_gets_the_other_side_by_resync(
    user: User, chat: ChatSession, birds: dict[str, EchoLLM]
) -> None:
    sent = await compared(user, chat, SIGHTED)
    assert sent.rival is not None
    for bird in birds.values():
        await bird.release(2)
    async with Socket.chat(user, chat.pk) as socket:
        await socket.next("session_state")
        await birds[NAMES[1]].release_all()
        assert await socket.until_ended(sent.rival.pk) == echo_text(5)


# --- blind ------------------------------------------------------------------------------------------------------------------


def everything(user: User, chat_id: int, api: Any, ids: list[int]) -> str:
    """What the user can read of chat, in one text: every GET address (test_access.py has them all) but of other things."""
    pages = {address for address, method in (*OWNED, *OWN) if method == "GET"}
    pages |= {f"sessions/{{session}}/export/?as={form}" for form in ("json", "markdown", "signed")}
    pages |= {"sessions/{session}/messages/?branch=all", "search/?q=better", "memories/"}
    told = []
    for page in sorted(pages):
        for message_id in ids if "{reply}" in page else ids[:1]:
            address = page.replace("{session}", str(chat_id)).replace("{reply}", str(message_id))
            if "{" not in address:
                told.append(body_of(api(user).get(f"/api/{address}")))
    return "\n".join(told)


def body_of(answer: Any) -> str:
    assert answer.status_code == 200, answer
    if not answer.streaming:
        return str(answer.content.decode())

    async def whole() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(whole)().decode()


async def test_a_blind_one_tells_no_name_before_the_vote(
    user: User, chat: ChatSession, turns: Turns, birds: dict[str, EchoLLM], api: Any, settings: Any
) -> None:
    async with Listener(f"session.{chat.pk}") as ear, Listener(f"user.{user.pk}") as account:
        sent = await compared(user, chat)
        replies = await ended(turns, birds, sent)
        for _ in range(2):
            await ear.next("ai_complete")
            await account.next("reply_finished")
        heard = json.dumps([ear.frames, account.frames])
    await actions.set_feedback(user, replies[0].pk, value=1)
    told = await sync_to_async(everything)(user, chat.pk, api, [reply.pk for reply in replies])
    share = await sync_to_async(sharing._copy)(await ChatSession.objects.aget(pk=chat.pk))
    for name in NAMES:
        assert name not in heard
        assert name not in told
        assert name not in json.dumps(share)
    assert await MessageMetadata.objects.filter(model_version__in=NAMES).acount() == 2, "it is recorded all the same"
    hook = await sync_to_async(turn_rows._told)(replies[0])
    assert (hook["model"], hook["token_count"], hook["processing_time"]) == ("", None, None)
    rows = await sync_to_async(tree.rows)(list(replies))
    figures = ("model", "token_count", "processing_time", "prompt_tokens", "reasoning_ms")
    assert {row[name] for row in rows for name in figures} <= {"", None}

    async with Listener(f"session.{chat.pk}") as ear:
        rows = await actions.vote(user, rows[0]["comparison"]["id"], "a")
        await ear.next("message_updated")
    assert {row["model"] for row in rows} == set(NAMES)
    assert ear.frames[0]["message"]["model"] == rows[0]["model"]
    told = await sync_to_async(everything)(user, chat.pk, api, [reply.pk for reply in replies])
    assert all(name in told for name in NAMES)
    assert await ratings_of(user) == rows[0]["model"]


async def ratings_of(user: User) -> str:
    [row] = await sync_to_async(ratings.ratings)(user, value=None, before=None, limit=5)
    return str(row["model"])


async def test_an_error_of_a_blind_one_names_nobody(
    user: User, chat: ChatSession, turns: Turns, birds: dict[str, EchoLLM]
) -> None:
    for name, bird in birds.items():
        bird.fail_next(ModelNotFound(model=name))
    async with Listener(f"session.{chat.pk}") as ear:
        replies = await ended(turns, birds, await compared(user, chat))
        for _ in range(2):
            await ear.next("ai_complete")
    assert not any(name in json.dumps(ear.frames) for name in NAMES)
    assert {frame["code"] for frame in ear.frames if frame["type"] == "ai_error"} == {"model_not_found"}
    with pytest.raises(NothingToCompare):
        await actions.vote(user, replies[0].comparison_id or 0, "tie")
    rows = await actions.vote(user, replies[0].comparison_id or 0, "skipped")
    assert {row["model"] for row in rows} == set(NAMES)


async def test_the_order_is_drawn(user: User, chat: ChatSession, birds: dict[str, EchoLLM]) -> None:
    cards = [ModelCard(name, "e", 0, is_loaded=True, is_default=False) for name in NAMES]
    drawn = {pair_of(NAMES, cards, is_blind=True, has_images=False).models for _ in range(64)}
    assert drawn == {NAMES, NAMES[::-1]}
    kept = {pair_of(NAMES, cards, is_blind=False, has_images=False).models for _ in range(8)}
    assert kept == {NAMES}


# --- rules ------------------------------------------------------------------------------------------------------------------


async def test_a_vote_counts_once_and_only_its_owners(
    user: User, outsider: User, chat: ChatSession, turns: Turns, birds: dict[str, EchoLLM]
) -> None:
    sent = await compared(user, chat)
    assert sent.reply is not None
    comparison = sent.reply.comparison_id or 0
    with pytest.raises(Conflict):  # they are still being made
        await actions.vote(user, comparison, "a")
    await ended(turns, birds, sent)
    for who, which in ((outsider, comparison), (user, comparison + 1)):
        with pytest.raises(NotFound):
            await actions.vote(who, which, "a")
    votes = await asyncio.gather(*(actions.vote(user, comparison, v) for v in ("a", "b")), return_exceptions=True)
    assert sorted(type(each).__name__ for each in votes) == [AlreadyVoted.__name__, "list"]
    await ChatSession.objects.filter(pk=chat.pk).aupdate(deleted_at=timezone.now())
    with pytest.raises(NotFound):
        await actions.vote(user, comparison, "a")


@pytest.mark.parametrize("models", [["jay-7b"], ["jay-7b", "jay-7b"], ["jay-7b", "gpt-99"], []])
async def test_two_models_that_are_here(
    user: User, chat: ChatSession, birds: dict[str, EchoLLM], models: list[str]
) -> None:
    with pytest.raises(BadInput) as refused:
        await compared(user, chat, {"models": models, "is_blind": False})
    assert set(refused.value.fields or {}) == {"models"}
    with pytest.raises(BadInput):
        await compared(user, chat, tools=True)
    assert not await Message.objects.aexists()


async def test_one_model_is_not_two(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    with pytest.raises(BadInput):
        await compared(user, chat)


async def test_images_go_to_models_that_see() -> None:
    cards = [ModelCard(name, "e", 0, is_loaded=True, is_default=False, sees_images=name != "blind") for name in
             ("blind", "eye", "lens")]  # fmt: skip
    for _ in range(16):
        assert set(pair_of([], cards, is_blind=True, has_images=True).models) == {"eye", "lens"}
    with pytest.raises(ImagesNotTaken):
        pair_of(["blind", "eye"], cards, is_blind=False, has_images=True)


async def test_each_reply_counts_as_a_turn(user: User, chat: ChatSession, birds: dict[str, EchoLLM]) -> None:
    await UserLimits.objects.acreate(user=user, concurrent_turns=1)
    with pytest.raises(QuotaExceeded):
        await compared(user, chat)
    assert not await Message.objects.aexists()
    await UserLimits.objects.filter(user=user).aupdate(concurrent_turns=2)
    await compared(user, await ChatSession.objects.aget(pk=chat.pk))
    assert (await DailyUse.objects.aget(user=user)).n_messages == 2


async def test_nothing_is_made_beside_the_two(user: User, chat: ChatSession, birds: dict[str, EchoLLM]) -> None:
    sent = await compared(user, chat)
    assert sent.reply is not None
    with pytest.raises(Conflict):
        await actions.regenerate(user, sent.reply.pk)


async def test_a_conversation_that_went_on_stays_where_it_is(
    user: User, chat: ChatSession, turns: Turns, birds: dict[str, EchoLLM]
) -> None:
    a, _b = await ended(turns, birds, await compared(user, chat))
    later = (await actions.submit_message(user, chat.pk, content="and now?")).reply
    assert later is not None
    await turns.wait(later.pk, timeout_s=5)
    await actions.vote(user, a.comparison_id or 0, "b")
    await chat.arefresh_from_db()
    assert chat.active_leaf_id == later.pk


async def test_it_goes_with_its_conversation_and_is_no_part_of_an_export(
    user: User, chat: ChatSession, turns: Turns, birds: dict[str, EchoLLM]
) -> None:
    await ended(turns, birds, await compared(user, chat))
    document = await sync_to_async(export.as_document)(await ChatSession.objects.aget(pk=chat.pk))
    [again] = await imports.import_sessions(user, json.loads(json.dumps(document)))
    assert await sync_to_async(export.as_document)(again) == document
    await ChatSession.with_deleted.filter(pk=chat.pk).adelete()
    assert not await Comparison.objects.aexists()
