"""Rules at work in a conversation: what users write, what models answer."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from backend import house
from backend.chat.models import Message
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.service import use_service
from backend.moderation.models import Finding, Rule

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def echo():
    """Ends by itself."""
    use_service(EchoLLM(n_tokens=40, rate=0))
    yield
    use_service(None)


async def rule(pattern, direction, action, kind="word"):
    values = {"name": "x", "kind": kind, "pattern": pattern, "direction": direction, "action": action}
    return await sync_to_async(house.touch)(lambda: Rule.objects.create(**values))


async def said(rest, chat, content="tell me the secret"):
    answer = await rest.post(f"sessions/{chat.pk}/messages/", content=content, wait=True)
    return answer.json()


async def findings():
    return [(row.direction, row.message_id is not None) async for row in Finding.objects.order_by("id")]


async def test_a_refused_question_is_not_stored(rest, chat, turns):
    await rule("secret", "in", "refuse")
    refused = await said(rest, chat)
    assert (refused["code"], await Message.objects.acount()) == ("moderated", 0)
    assert await findings() == [("in", False)]


async def test_a_masked_question_is_stored_and_asked_without_it(rest, chat, turns):
    await rule("secret", "in", "mask")
    pair = await said(rest, chat)
    assert pair["user_message"]["content"] == "tell me the ***"
    assert await findings() == [("in", True)]


async def test_a_flagged_question_stays_as_it_is(rest, chat, turns):
    await rule("secret", "in", "flag")
    assert (await said(rest, chat))["user_message"]["content"] == "tell me the secret"
    assert await findings() == [("in", True)]


async def test_an_answer_is_masked_before_anybody_sees_it(rest, chat, turns):
    word = echo_text(40).split()[7]
    await rule(word, "out", "mask")
    reply = (await said(rest, chat))["reply"]
    assert reply["status"] == "complete"
    assert "***" in reply["content"]
    assert word not in reply["content"].split()
    assert await findings() == [("out", True)]


async def test_an_answer_ends_where_a_rule_refuses(rest, chat, turns):
    text = echo_text(40)
    word = text.split()[7]
    await rule(word, "out", "refuse")
    reply = (await said(rest, chat))["reply"]
    assert (reply["status"], reply["error_code"]) == ("stopped", "moderated")
    assert text.startswith(reply["content"])
    assert word not in reply["content"].split()
    assert await findings() == [("out", True)]


async def test_a_refused_word_at_the_very_end_is_refused_too(rest, chat, turns):
    text = echo_text(40)
    word = text.split()[-1]
    await rule(word, "out", "refuse")
    reply = (await said(rest, chat))["reply"]
    assert (reply["status"], reply["error_code"]) == ("stopped", "moderated")
    assert word not in reply["content"].split()


async def test_a_flagged_answer_is_noted_only(rest, chat, turns):
    text = echo_text(40)
    await rule(text.split()[7], "out", "flag")
    assert (await said(rest, chat))["reply"]["content"] == text
    assert await findings() == [("out", True)]


async def test_a_rule_that_is_switched_off_does_nothing(rest, chat, turns):
    made = await rule("secret", "in", "refuse")
    await sync_to_async(house.touch)(lambda: Rule.objects.filter(pk=made.pk).update(is_active=False))
    assert (await said(rest, chat))["user_message"]["content"] == "tell me the secret"


async def test_a_resend_is_not_judged_anew(rest, chat, turns):
    address, sent = f"sessions/{chat.pk}/messages/", {"content": "tell me the secret", "client_id": str(uuid.uuid4())}
    first = (await rest.post(address, **sent, wait=True)).json()
    change = {"content": "the other secret", "client_id": str(uuid.uuid4())}
    edit = f"messages/{first['user_message']['id']}/edit/"
    edited = (await rest.post(edit, **change)).json()
    await rule("secret", "in", "refuse")
    assert (await rest.post(address, **sent)).json()["reply"]["id"] == first["reply"]["id"]
    assert (await rest.post(edit, **change)).json()["message"]["id"] == edited["message"]["id"]
    assert await findings() == []
