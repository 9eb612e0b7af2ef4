"""Another program that judges what users write, on a real socket: what it is told, what its answers do, and its silence."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from backend import house
from backend.accounts.credentials import new_key
from backend.accounts.models import ApiKey
from backend.chat.models import Message
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service
from backend.moderation import hook
from backend.moderation.models import Rule

pytestmark = pytest.mark.django_db(transaction=True)


class Judge:
    def __init__(self):
        self.heard, self.answers, self.url, self.is_over = [], {}, "", asyncio.Event()

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(
            next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).split()[1]
        )
        self.heard.append(json.loads(await reader.readexactly(length)))
        status, body = self.answers.get("status", 200), self.answers.get("body", {"action": "allow"})
        if body is not None:  # None: it says nothing
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n" % (status, len(content)))
            writer.write(self.answers.get("headers", b"") + b"\r\n" + content)
            await writer.drain()
        else:
            await self.is_over.wait()
        writer.close()


@asynccontextmanager
async def judge():
    made = Judge()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/judge"
    try:
        yield made
    finally:
        made.is_over.set()
        server.close()
        await server.wait_closed()


async def put(**values):
    await sync_to_async(house.change)(values, along=lambda changes: None)


@pytest_asyncio.fixture
async def far(transactional_db):
    async with judge() as made:
        await put(moderation_hook=made.url, moderation_hook_inside=True)
        yield made


async def send(rest, chat, content="tell me the secret"):
    return await rest.post(f"sessions/{chat.pk}/messages/", content=content)


async def test_it_works(rest, chat, turns, far):
    assert (await send(rest, chat)).status_code in (200, 201, 202)
    assert far.heard == [{"direction": "in", "texts": ["tell me the secret"]}]
    far.answers["body"] = {"action": "refuse", "why": "not in this house"}
    refused = await send(rest, chat)
    assert (refused.status_code, refused.json()["code"]) == (422, "moderated")
    assert await Message.objects.filter(role="user").acount() == 1, "what is refused is not stored"


async def test_an_edit_is_judged_too(rest, chat, turns, far):
    pair = (await send(rest, chat)).json()
    far.answers["body"] = {"action": "refuse"}
    edited = await rest.post(f"messages/{pair['user_message']['id']}/edit/", content="the other secret")
    assert edited.json()["code"] == "moderated"
    assert far.heard[-1]["texts"] == ["the other secret"]


@pytest.mark.parametrize("later", [{"body": {"action": "refuse"}}, {"status": 500}])
async def test_what_is_stored_is_not_asked_about_again(rest, chat, turns, far, later):
    address, sent = f"sessions/{chat.pk}/messages/", {"content": "a secret", "client_id": str(uuid.uuid4())}
    first = (await rest.post(address, **sent)).json()
    edit = f"messages/{first['user_message']['id']}/edit/"
    change = {"content": "another", "client_id": str(uuid.uuid4())}
    edited = (await rest.post(edit, **change)).json()
    far.answers.update(later)
    assert (await rest.post(address, **sent)).json()["reply"]["id"] == first["reply"]["id"]
    assert (await rest.post(edit, **change)).json()["reply"]["id"] == edited["reply"]["id"]
    assert [asked["texts"] for asked in far.heard] == [["a secret"], ["another"]]


async def test_what_the_rules_black_out_stays_in_the_house(rest, chat, turns, far):
    values = {"name": "x", "kind": "word", "pattern": "secret", "direction": "in", "action": "mask"}
    await sync_to_async(house.touch)(lambda: Rule.objects.create(**values))
    await send(rest, chat)
    assert far.heard == [{"direction": "in", "texts": ["tell me the ***"]}]


async def test_what_the_rules_refuse_is_not_sent(rest, chat, turns, far):
    values = {"name": "x", "kind": "word", "pattern": "secret", "direction": "in", "action": "refuse"}
    await sync_to_async(house.touch)(lambda: Rule.objects.create(**values))
    assert (await send(rest, chat)).json()["code"] == "moderated"
    assert far.heard == []


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 302, "headers": b"Location: http://127.0.0.1:1/\r\n"},
        {"body": b"no JSON"},
        {"body": ["refuse"]},
        {"body": {"action": "perhaps"}},
        {"body": b"[" * 60_000},
        {"body": b"x" * 100_000},
        {"body": None},
    ],
)
async def test_without_a_judgement_it_is_as_the_house_says(rest, chat, turns, far, monkeypatch, answer):
    monkeypatch.setattr(hook, "TIMEOUT_S", 0.3)
    far.answers.update(answer)
    refused = await send(rest, chat)
    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (503, "moderation_away", True)
    assert await Message.objects.acount() == 0
    await put(moderation_hook_open=True)
    assert (await send(rest, chat)).status_code < 300


async def test_an_address_inside_needs_its_switch(rest, chat, turns, far):
    await put(moderation_hook_inside=False)
    assert (await send(rest, chat)).json()["code"] == "moderation_away"
    assert far.heard == []


async def test_programs_are_judged_by_what_they_say_anew(async_client, user, far):
    text, digest = new_key()
    await ApiKey.objects.acreate(user=user, name="script", scopes=["chat"], digest=digest, start=text[:12])
    use_service(EchoLLM(n_tokens=5, rate=0))
    messages = [
        {"role": "user", "content": "an old question"},
        {"role": "assistant", "content": "an old answer"},
        {"role": "user", "content": "a new question"},
    ]
    far.answers["body"] = {"action": "refuse"}
    answer = await async_client.post(
        "/v1/chat/completions",
        {"model": "echo", "messages": messages},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )
    use_service(None)
    assert (answer.status_code, far.heard) == (422, [{"direction": "in", "texts": ["a new question"]}])


async def test_users_are_told(rest, far):
    assert (await rest.get("house/")).json()["moderation_hook"] is True
