"""Unread marks: kept by the server, the same on all of a user's devices."""

from __future__ import annotations

import pytest

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import ChatSession
from backend.chat.tests.socket_client import Socket

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def is_unread(chat: ChatSession) -> bool:
    await chat.arefresh_from_db()
    return chat.is_unread


async def test_it_works(user: User, chat: ChatSession, turns, echo) -> None:
    submitted = await actions.submit_message(user, chat.pk, content="Hello")
    await echo.release_all()
    await turns.wait(submitted.reply.pk)
    assert await is_unread(chat)
    async with Socket(user, "/ws/events/") as elsewhere, Socket.chat(user, chat.pk) as tab:
        assert (await tab.next("session_state"))["session"]["is_unread"]
        await tab.send({"type": "read", "message_id": submitted.reply.pk})
        assert not (await elsewhere.next("session_updated"))["session"]["is_unread"]
    assert not await is_unread(chat)


async def test_what_is_still_to_come_cannot_be_read(user: User, chat: ChatSession, turns, echo) -> None:
    first = await actions.submit_message(user, chat.pk, content="One")
    await echo.release_all()
    await turns.wait(first.reply.pk)
    await actions.mark_read(user, chat.pk, 2**62)
    second = await actions.submit_message(user, chat.pk, content="Two")
    await echo.release_all()
    await turns.wait(second.reply.pk)
    await actions.mark_read(user, chat.pk, first.reply.pk)
    assert await is_unread(chat)


async def test_an_answer_that_ends_anew_is_unread_whatever_was_read_before(
    user: User, chat: ChatSession, turns, echo
) -> None:
    cut = (await actions.submit_message(user, chat.pk, content="One")).reply
    await echo.release(4)
    await actions.stop_reply(user, cut.pk)
    newer = (await actions.submit_message(user, chat.pk, content="Two")).reply
    await echo.release_all()
    await turns.wait(newer.pk)
    await actions.mark_read(user, chat.pk, newer.pk)
    assert not await is_unread(chat)
    await actions.continue_reply(user, cut.pk)
    await turns.wait(cut.pk)
    assert await is_unread(chat)
    await actions.mark_read(user, chat.pk, newer.pk)  # by a page that stands at the end
    assert not await is_unread(chat)


async def test_a_mark_can_be_set_again(user: User, chat: ChatSession) -> None:
    assert not await is_unread(chat)
    for wanted in (True, False):
        session = await actions.update_session(user, chat.pk, is_unread=wanted)
        assert session.is_unread is wanted
