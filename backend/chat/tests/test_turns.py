"""Replies: made, stopped, continued, queued, taken up again. No sockets here."""

from __future__ import annotations

import pytest

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import ChatSession, Message
from backend.chat.turns import Turns
from backend.llm.echo import EchoLLM, echo_text

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def row(message: Message) -> Message:
    return await Message.objects.select_related("session", "metadata").aget(pk=message.pk)


async def test_it_works(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    sent = await actions.submit_message(user, chat.pk, content="What is a maru?")
    assert sent.reply is not None
    await echo.release_all()
    assert await turns.wait(sent.reply.pk, timeout_s=5)
    reply = await row(sent.reply)
    assert (reply.content, reply.status, reply.finish_reason) == (echo_text(10), "complete", "stop")
    assert (reply.token_count, reply.model, reply.owner) == (10, "echo", "")
    assert reply.metadata.engine == "echo"
    assert reply.session.active_leaf_id == reply.pk
    assert reply.session.title == "What is a maru?"
