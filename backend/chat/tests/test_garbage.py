"""What has ended is freed when it ends: not by Python's collector, which stops the whole process to find it (lib/garbage.py).

A conversation is what a reply's turn holds, so a turn that were left to the collector would keep it as long as that is idle.
"""

from __future__ import annotations

import asyncio

import pytest

from backend.accounts.models import User
from backend.chat.consumers import ChatConsumer
from backend.chat.delivery import Delivery
from backend.chat.history import History
from backend.chat.models import ChatSession, Message, MessageMetadata, SearchEntry
from backend.chat.tests.collecting import left_to_collect
from backend.chat.tests.replies import asked
from backend.chat.tests.socket_client import Socket
from backend.chat.turn import Turn
from backend.chat.turn_generation import Generation
from backend.chat.turn_job import Job
from backend.chat.turns import Turns
from backend.llm.echo import EchoLLM
from backend.llm.errors import EngineLost

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

OF_A_TURN = (Turn, Generation, Job, History, Message, MessageMetadata, SearchEntry)
OF_A_SOCKET = (ChatConsumer, Delivery)


async def answered(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    queued = await asked(user, chat, "What is a maru?")
    await echo.release_all()
    assert await turns.wait(queued.pk, timeout_s=20)


async def test_it_works(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    await answered(user, chat, turns, echo)
    with left_to_collect(OF_A_TURN) as found:
        for _ in range(3):
            await answered(user, chat, turns, echo)
    assert found == []


async def test_a_reply_that_failed_is_freed_too(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    await answered(user, chat, turns, echo)
    with left_to_collect(OF_A_TURN) as found:
        echo.fail_next(EngineLost())
        await answered(user, chat, turns, echo)
    assert found == []


async def test_a_socket_that_left_is_freed(user: User, chat: ChatSession) -> None:
    with left_to_collect(OF_A_SOCKET) as found:
        for _ in range(3):
            async with Socket.chat(user, chat.pk) as tab:
                await tab.next("session_state")
            del tab
        await asyncio.sleep(0)
    assert found == []
