"""Writes: pairs, the tree, idempotence, ownership."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from backend.accounts.models import User
from backend.chat import actions, tree
from backend.chat.events import MessageRow, SessionRow, session_group, user_group
from backend.chat.models import ChatSession, Message, SessionConfig
from backend.chat.rows import session_row
from backend.chat.tests.ears import Listener
from backend.chat.turns import Turns
from backend.lib.errors import BadInput, Conflict, NotFound, TooLarge
from backend.llm.echo import EchoLLM, echo_text

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def ended(turns: Turns, reply: Message | None) -> Message:
    assert reply is not None
    assert await turns.wait(reply.pk, timeout_s=5)
    return await Message.objects.select_related("session").aget(pk=reply.pk)


async def test_it_works(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    async with Listener(session_group(chat.pk)) as ear, Listener(user_group(user.pk)) as account:
        sent = await actions.submit_message(user, chat.pk, content="안녕 🏡", client_id=uuid.uuid4())
        created = await ear.next("message_created")
        await account.next("session_updated")
    assert sent.is_new
    assert sent.reply
    assert (sent.user_message.content, sent.reply.status, sent.reply.parent_id) == (
        "안녕 🏡",
        "queued",
        sent.user_message.pk,
    )
    assert created["client_id"] == str(sent.user_message.client_id) == created["message"]["client_id"]
    await chat.arefresh_from_db()
    assert chat.active_leaf_id == sent.reply.pk
    assert chat.last_activity_at == sent.user_message.timestamp
    MessageRow.model_validate(created["reply"])
    SessionRow.model_validate(session_row(chat))


async def test_the_same_client_id_gives_the_same_pair(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    client_id = uuid.uuid4()
    first = await actions.submit_message(user, chat.pk, content="once", client_id=client_id)
    again = await actions.submit_message(user, chat.pk, content="once", client_id=client_id)
    assert first.reply
    assert again.reply
    assert (again.user_message.pk, again.reply.pk, again.is_new) == (first.user_message.pk, first.reply.pk, False)
    await echo.wait_running(1)
    assert len(echo.requests) == 1
    other = await actions.create_session(user)
    assert (await actions.submit_message(user, other.pk, content="once", client_id=client_id)).is_new


async def test_the_same_client_id_from_many_threads_at_once(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    client_id = uuid.uuid4()
    await turns.recover()  # belongs to this loop; the threads bring their own

    def send() -> actions.Submitted:
        return async_to_sync(actions.submit_message)(user, chat.pk, content="once", client_id=client_id)

    made = await asyncio.gather(*(asyncio.to_thread(send) for _ in range(6)))
    assert len({submitted.user_message.pk for submitted in made}) == 1
    assert [submitted.is_new for submitted in made].count(True) == 1
    assert await Message.objects.acount() == 2
    await echo.release_all()
    assert (await ended(turns, made[0].reply)).content == echo_text(10)


async def test_messages_go_to_the_end_of_the_branch_that_is_shown(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    await echo.release_all()
    one = await actions.submit_message(user, chat.pk, content="one")
    first = await ended(turns, one.reply)
    two = await actions.submit_message(user, chat.pk, content="two")
    await ended(turns, two.reply)
    aside = await actions.submit_message(user, chat.pk, content="aside", parent_id=first.pk)
    await ended(turns, aside.reply)
    assert two.user_message.parent_id == aside.user_message.parent_id == first.pk
    assert two.reply
    await actions.update_session(user, chat.pk, active_leaf=two.user_message.pk)
    await chat.arefresh_from_db()
    assert chat.active_leaf_id == two.reply.pk, "the newest leaf below what was chosen"
    shown = await sync_to_async(tree.branch)(chat.active_leaf_id)
    assert [message.content for message in shown] == ["one", echo_text(10), "two", echo_text(10)]
    rows = await sync_to_async(tree.rows)(shown)
    assert rows[2]["siblings"] == [two.user_message.pk, aside.user_message.pk]


async def test_edit_makes_siblings(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    await echo.release_all()
    sent = await actions.submit_message(user, chat.pk, content="one")
    reply = await ended(turns, sent.reply)
    client_id = uuid.uuid4()
    edited = await actions.edit_message(user, sent.user_message.pk, content="uno", client_id=client_id)
    assert edited.reply
    assert (edited.user_message.parent_id, edited.user_message.content) == (None, "uno")
    assert edited.user_message.edited_at
    assert not (await actions.edit_message(user, sent.user_message.pk, content="uno", client_id=client_id)).is_new
    await ended(turns, edited.reply)
    [row] = await sync_to_async(tree.rows)([edited.user_message])
    assert row["siblings"] == [sent.user_message.pk, edited.user_message.pk]

    mended = await actions.edit_message(user, reply.pk, content="my own words")
    assert mended.reply is None
    assert (mended.user_message.role, mended.user_message.status) == ("assistant", "complete")
    assert mended.user_message.parent_id == sent.user_message.pk
    await chat.arefresh_from_db()
    assert chat.active_leaf_id == mended.user_message.pk
    assert (await Message.objects.aget(pk=reply.pk)).content == echo_text(10), "nothing is overwritten"


async def test_regenerate_makes_a_sibling_and_waits_its_turn(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    sent = await actions.submit_message(user, chat.pk, content="one")
    assert sent.reply
    with pytest.raises(Conflict):
        await actions.regenerate(user, sent.reply.pk)
    await echo.release_all()
    await ended(turns, sent.reply)
    again = await actions.regenerate(user, sent.reply.pk)
    by_question = None
    await ended(turns, again)
    by_question = await actions.regenerate(user, sent.user_message.pk)
    [row] = await sync_to_async(tree.rows)([by_question])
    assert row["siblings"] == [sent.reply.pk, again.pk, by_question.pk]


async def test_feedback(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    sent = await actions.submit_message(user, chat.pk, content="one")
    assert sent.reply
    with pytest.raises(Conflict):
        await actions.set_feedback(user, sent.reply.pk, value=1)
    await echo.release_all()
    await ended(turns, sent.reply)
    async with Listener(session_group(chat.pk)) as ear:
        assert (await actions.set_feedback(user, sent.reply.pk, value=-1, note="wrong")).feedback == -1
        assert (await ear.next("message_updated"))["message"]["feedback"] == -1
    for message_id, value in ((sent.user_message.pk, 1), (sent.reply.pk, 2)):
        with pytest.raises(BadInput):
            await actions.set_feedback(user, message_id, value=value)


async def test_bad_text_is_refused(user: User, chat: ChatSession) -> None:
    for content, error in (
        ("", BadInput),
        (" \n", BadInput),
        ("a\x00", BadInput),
        ("\ud800", BadInput),
        ("x" * 200_001, TooLarge),
    ):
        with pytest.raises(error):
            await actions.submit_message(user, chat.pk, content=content)
    assert await Message.objects.acount() == 0


async def test_sessions_are_made_changed_and_deleted(user: User, turns: Turns) -> None:
    async with Listener(user_group(user.pk)) as ear:
        made = await actions.create_session(user, title="Hanok", is_temporary=True)
        assert (await ear.next("session_created"))["session"]["is_temporary"] is True
        assert await SessionConfig.objects.filter(session=made).aexists()
        changed = await actions.update_session(user, made.pk, folder="집", archived=True)
        assert ((await ear.next("session_updated"))["session"]["folder"], changed.archived) == ("집", True)
        config = await actions.update_config(user, made.pk, temperature=0.2)
        assert config.temperature == 0.2
        await actions.delete_session(user, made.pk)
        assert (await ear.next("session_deleted"))["session_id"] == made.pk
    assert not await ChatSession.objects.filter(pk=made.pk).aexists()
    for bad in ({"nonsense": 1}, {"user_id": 1}, {"id": 3}):
        with pytest.raises(BadInput):
            await actions.create_session(user, **bad)
    mine = await actions.create_session(user)
    with pytest.raises(BadInput):
        await actions.update_config(user, mine.pk, session=1)
    for leaf in (999, "1", True):
        with pytest.raises(NotFound):
            await actions.update_session(user, mine.pk, active_leaf=leaf)


async def test_an_outsider_finds_nothing(
    user: User, outsider: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    sent = await actions.submit_message(user, chat.pk, content="mine")
    assert sent.reply
    reply_id = sent.reply.pk
    own = await actions.create_session(outsider)
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: actions.submit_message(outsider, chat.pk, content="x"),
        lambda: actions.submit_message(outsider, own.pk, content="x", parent_id=reply_id),
        lambda: actions.stop_reply(outsider, reply_id),
        lambda: actions.regenerate(outsider, reply_id),
        lambda: actions.continue_reply(outsider, reply_id),
        lambda: actions.edit_message(outsider, reply_id, content="x"),
        lambda: actions.set_feedback(outsider, reply_id, value=1),
        lambda: actions.update_session(outsider, chat.pk, title="x"),
        lambda: actions.update_config(outsider, chat.pk, temperature=1.0),
        lambda: actions.delete_session(outsider, chat.pk),
        lambda: actions.submit_message(outsider, 10**6, content="x"),
        lambda: actions.update_session(outsider, own.pk, active_leaf=reply_id),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert await Message.objects.acount() == 2
