"""Drafts: what is being written is the same on all of a user's devices, and nobody else's business."""

from __future__ import annotations

import pytest

from backend.accounts.models import User
from backend.chat.models import ChatSession, Draft
from backend.chat.tests.socket_client import Socket

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("layer", ["local", "redis"], indirect=True),
]


async def test_it_works(user: User, chat: ChatSession) -> None:
    async with Socket.chat(user, chat.pk) as phone, Socket.chat(user, chat.pk) as laptop:
        assert (await phone.next("session_state"))["draft"] == ""
        await laptop.next("session_state")
        await phone.send({"type": "draft", "text": "쓰다 만 글"})
        assert (await laptop.next("draft"))["text"] == "쓰다 만 글"
        await laptop.send({"type": "draft", "text": ""})
        assert (await phone.next("draft"))["text"] == "", "the writer's own draft did not come back before"
    assert not await Draft.objects.aexists()


async def test_who_comes_later_finds_it(user: User, chat: ChatSession) -> None:
    async with Socket.chat(user, chat.pk) as phone:
        await phone.send({"type": "draft", "text": "half a"})
        await phone.send({"type": "draft", "text": "half a thought"})
        await phone.send({"type": "ping"})
        await phone.next("pong")
    async with Socket.chat(user, chat.pk) as laptop:
        assert (await laptop.next("session_state"))["draft"] == "half a thought"


async def test_too_long_or_unstorable_is_refused(user: User, chat: ChatSession) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        for text in ("x" * 200_001, "a\x00b", "\ud800"):
            await tab.send({"type": "draft", "text": text})
            assert (await tab.next("error"))["code"] in ("bad_input", "too_large")
    assert not await Draft.objects.aexists()
