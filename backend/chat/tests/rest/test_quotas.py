"""Every way to a model passes the same door: messages, edits, regenerations, /v1, llm/generate, the older paths."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from backend import house
from backend.accounts.credentials import new_key
from backend.accounts.models import ApiKey
from backend.chat.models import Message
from backend.llm.echo import EchoLLM
from backend.llm.errors import EngineLost
from backend.llm.service import get_service, use_service
from backend.quotas.keys import set_limits
from backend.quotas.models import DailyUse, KeyUse

pytestmark = pytest.mark.django_db(transaction=True)


async def limit(**values):
    await sync_to_async(house.change)(values, along=lambda changes: None)


async def used(user):
    return await DailyUse.objects.aget(user=user)


@pytest_asyncio.fixture
async def echo():
    """Ends by itself."""
    use_service(EchoLLM(n_tokens=6, rate=0))
    yield
    use_service(None)


@pytest.fixture
def ways(rest, chat):
    """Name → a way to ask a model."""
    talk = {"model": "echo", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 3}
    root = "http://testserver"
    return {
        "message": lambda: rest.post(f"sessions/{chat.pk}/messages/", content="hello", wait=True),
        "generate": lambda: rest.post("llm/generate/", prompt="hello", max_tokens=3),
        "v1": lambda: rest.post(f"{root}/v1/chat/completions", **talk),
        "older": lambda: rest.post(f"{root}/api/v1/chat", user_message="hello", max_tokens=3),
    }


@pytest.mark.parametrize("second", ["message", "generate", "v1", "older"])
@pytest.mark.parametrize("first", ["message", "v1"])
async def test_one_limit_for_all_ways(ways, turns, user, first, second):
    await limit(messages_per_day_user=1)
    assert (await ways[first]()).status_code == HTTPStatus.OK
    refused = await ways[second]()
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    body = refused.json()
    assert "quota_exceeded" in (body.get("code"), body.get("error", {}).get("code"))
    assert int(refused.headers["Retry-After"]) > 0
    assert (await used(user)).n_messages == 1


async def test_a_resend_is_no_second_message(rest, chat, turns):
    await limit(messages_per_day_user=1)
    sent = {"content": "hello", "client_id": "8a1b5c1e-6d0c-4d66-8a51-0c4b4a9f2f11", "wait": True}
    for _ in range(2):
        assert (await rest.post(f"sessions/{chat.pk}/messages/", **sent)).status_code == HTTPStatus.OK


async def test_what_is_refused_is_not_stored(rest, chat, ways, turns):
    await limit(messages_per_day_user=1)
    pair = (await ways["message"]()).json()
    for path in (f"messages/{pair['reply']['id']}/regenerate/", f"messages/{pair['user_message']['id']}/edit/"):
        assert (await rest.post(path, content="again")).json()["limit"] == "messages_per_day"
    assert await Message.objects.acount() == 2


async def test_what_an_engine_wrote_before_it_died_is_no_longer_left(rest, chat, turns):
    engine = EchoLLM(n_tokens=6, rate=0)
    use_service(engine)
    await limit(tokens_per_day_user=500)
    engine.fail_next(EngineLost(), after=3)
    await rest.post(f"sessions/{chat.pk}/messages/", content="count", wait=True)
    before, behind = (request.params.max_tokens for request in engine.requests)
    assert (before, behind) == (500, 497)


@pytest.mark.parametrize("is_temporary", [True, False])
async def test_tokens_count_though_the_chat_is_deleted_while_they_are_written(rest, chat, turns, user, is_temporary):
    engine = EchoLLM(n_tokens=6, rate=0, is_stepped=True)
    use_service(engine)
    await rest.patch(f"sessions/{chat.pk}/", is_temporary=is_temporary)
    await rest.post(f"sessions/{chat.pk}/messages/", content="count")
    await engine.release(3)
    [turn] = turns.all()
    await rest.delete(f"sessions/{chat.pk}/")
    await turn.ended.wait()
    assert (await used(user)).n_tokens > 3, "what was written, and the question that was read"


async def test_tokens_are_counted_and_bound_the_next_answer(rest, ways, turns, user):
    await limit(tokens_per_day_user=10_000)
    await ways["message"]()
    by_chat = (await used(user)).n_tokens
    await ways["v1"]()
    by_both = (await used(user)).n_tokens
    assert 0 < by_chat < by_both
    await limit(tokens_per_day_user=by_both + 2)
    answer = (await rest.post("llm/generate/", prompt="hello", max_tokens=50)).json()
    assert (answer["completion_tokens"], answer["finish_reason"]) == (2, "length")
    assert (await ways["generate"]()).json()["limit"] == "tokens_per_day"


async def test_what_is_left_goes_along_where_the_length_is_the_models_own(rest, ways, turns, user):
    await limit(tokens_per_day_user=10_000)
    await ways["message"]()
    left = 10_000 - (await used(user)).n_tokens
    await rest.post("llm/generate/", prompt="hello")
    asked = [one.most_tokens for one in get_service().requests if "max_tokens" in one.left_open]
    assert asked == [10_000, left]


async def test_who_reaches_it_soon_is_told(rest, user):
    await limit(messages_per_day_user=5)
    body = (await rest.get("quota/")).json()
    assert body["messages_per_day"] == {"allowed": 5, "used": 0}


@pytest_asyncio.fixture
async def key(user, rest, monkeypatch):
    """`rest` asks by it from now on."""
    text, digest = new_key()
    made = await ApiKey.objects.acreate(user=user, name="script", scopes=["chat"], digest=digest, start=text[:12])
    monkeypatch.setattr(rest, "call", partial(rest.call, Authorization=f"Bearer {text}"))
    return made


@pytest.mark.parametrize("way", ["message", "generate", "v1", "older"])
async def test_a_key_s_own_limit_stands_in_all_ways(ways, turns, user, key, way):
    await sync_to_async(set_limits)(key.pk, {"messages_per_day": 1})
    assert (await ways[way]()).status_code == HTTPStatus.OK
    refused = await ways[way]()
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    body = refused.json()
    said = body.get("error", body)
    assert said["code"] == "quota_exceeded"
    assert "API" in said.get("detail", said.get("message"))
    assert int(refused.headers["Retry-After"]) > 60
    used_by_key = await KeyUse.objects.aget()
    assert (used_by_key.n_messages, (await used(user)).n_messages) == (1, 1)
    assert used_by_key.n_tokens == (await used(user)).n_tokens > 0


async def test_what_a_key_asked_for_is_known_and_a_person_s_counts_for_no_key(
    rest, rest_of, chat, turns, user, key, echo
):
    pair = (await rest.post(f"sessions/{chat.pk}/messages/", content="hello", wait=True)).json()
    reply = await Message.objects.aget(pk=pair["reply"]["id"])
    assert reply.key_id == key.pk
    await rest_of(user).post(f"messages/{reply.pk}/regenerate/")
    again = await Message.objects.exclude(pk=reply.pk).aget(role="assistant")
    assert again.key_id is None
    assert (await KeyUse.objects.aget()).n_messages == 1
