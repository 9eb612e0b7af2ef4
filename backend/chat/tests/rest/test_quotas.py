"""Every way to a model passes the same door: messages, edits, regenerations, /v1, llm/generate, the older paths."""

from __future__ import annotations

import pytest

from backend import house
from backend.chat.models import ChatSession, Message
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service
from backend.quotas.models import DailyUse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def echo():
    use_service(EchoLLM())
    house.change({"messages_per_day_user": 1}, along=lambda changes: None)


def ask_rest(client, session):
    return client.post(f"/api/sessions/{session}/messages/", {"content": "hello"}, format="json")


def ask_generate(client, session):
    return client.post("/api/llm/generate/", {"prompt": "hello", "max_tokens": 3}, format="json")


def ask_v1(client, session):
    body = {"model": "echo", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 3}
    return client.post("/v1/chat/completions", body, format="json")


def ask_older(client, session):
    return client.post("/api/v1/chat", {"user_message": "hello", "max_tokens": 3}, format="json")


@pytest.mark.parametrize("second", [ask_rest, ask_generate, ask_v1, ask_older])
@pytest.mark.parametrize("first", [ask_rest, ask_generate])
def test_one_limit_for_all_ways(api, user, first, second):
    client, session = api(user), ChatSession.objects.create(user=user).pk
    assert first(client, session).status_code in (200, 202)
    refused = second(client, session)
    assert refused.status_code == 429
    body = refused.json()
    assert "quota_exceeded" in (body.get("code"), body.get("error", {}).get("code"))
    assert int(refused.headers["Retry-After"]) > 0
    assert DailyUse.objects.get(user=user).n_messages == 1


def test_a_resend_is_no_second_message(api, user):
    client, session = api(user), ChatSession.objects.create(user=user).pk
    body = {"content": "hello", "client_id": "8a1b5c1e-6d0c-4d66-8a51-0c4b4a9f2f11"}
    path = f"/api/sessions/{session}/messages/"
    assert client.post(path, body, format="json").status_code == 202
    assert client.post(path, body, format="json").status_code in (200, 202)


def test_what_is_refused_is_not_stored(api, user):
    client, session = api(user), ChatSession.objects.create(user=user).pk
    client.post(f"/api/sessions/{session}/messages/", {"content": "hello", "wait": True}, format="json")
    reply = Message.objects.get(role="assistant")
    for path in (f"/api/messages/{reply.pk}/regenerate/", f"/api/messages/{reply.parent_id}/edit/"):
        assert client.post(path, {"content": "again"}, format="json").status_code == 429
    assert Message.objects.count() == 2


def test_tokens_are_counted_and_bound_the_next_answer(api, user):
    house.change({"messages_per_day_user": None, "tokens_per_day_user": 10_000}, along=lambda changes: None)
    client, session = api(user), ChatSession.objects.create(user=user).pk
    client.post(f"/api/sessions/{session}/messages/", {"content": "hello", "wait": True}, format="json")
    by_chat = DailyUse.objects.get(user=user).n_tokens
    assert by_chat > 0
    assert ask_v1(client, session).status_code == 200
    by_both = DailyUse.objects.get(user=user).n_tokens
    assert by_both > by_chat
    house.change({"tokens_per_day_user": by_both + 2}, along=lambda changes: None)
    answer = client.post("/api/llm/generate/", {"prompt": "hello", "max_tokens": 50}, format="json").json()
    assert (answer["completion_tokens"], answer["finish_reason"]) == (2, "length")
    assert ask_generate(client, session).json()["limit"] == "tokens_per_day"
