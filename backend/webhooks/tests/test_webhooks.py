"""Webhooks from the end of a reply to a receiver on a real socket, and what is done with receivers that misbehave."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from backend import house
from backend.accounts.models import User
from backend.chat import actions
from backend.chat.turns import Turns
from backend.lib import clock
from backend.lib.outbound import AsyncClient, guarded_client
from backend.llm.echo import EchoLLM, echo_text
from backend.webhooks import queue, sender
from backend.webhooks.models import Delivery, Webhook
from backend.webhooks.sender import Sender
from backend.webhooks.tests.receiver import Receiver, receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def switched_on(db: None) -> None:
    house.change({"webhooks": True, "webhooks_inside": True}, lambda _: None)


@pytest_asyncio.fixture
async def far() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


def made(api: Callable[..., APIClient], user: User, url: str, name: str = "x") -> dict[str, Any]:
    answer = api(user).post("/api/webhooks/", {"name": name, "url": url})
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


async def due_again() -> None:
    await Delivery.objects.filter(status="waiting").aupdate(due_at=clock.now())


async def test_it_works(
    user: User,
    api: Any,
    switched_on: None,
    far: Receiver,
    turns: Turns,
    echo: EchoLLM,
) -> None:
    webhook = await sync_to_async(made)(api, user, far.url)
    chat = await actions.create_session(user)
    reply = (await actions.submit_message(user, chat.pk, content="a secret question")).reply
    assert reply is not None
    await echo.release_all()
    assert await turns.wait(reply.pk, timeout_s=10)
    assert await Sender().send_due() == 1
    ((headers, body),) = far.heard
    told = json.loads(body)
    assert (told["event"], headers["maru-event"]) == ("reply.finished", "reply.finished")
    assert (told["data"]["message_id"], told["data"]["status"]) == (reply.pk, "complete")
    assert b"secret" not in body
    assert echo_text(1).encode() not in body
    at_s, signed = (part.partition("=")[2] for part in headers["maru-signature"].split(","))
    expected = hmac.new(webhook["secret"].encode(), at_s.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert signed == expected
    (row,) = (await sync_to_async(api(user).get)(f"/api/webhooks/{webhook['id']}/deliveries/")).json()
    assert (row["status"], row["http_status"], row["n_attempts"]) == ("delivered", 204, 1)
    assert await Sender().send_due() == 0


async def test_a_failure_is_tried_again_later_and_a_success_clears_the_count(
    user: User, api: Any, switched_on: None, far: Receiver
) -> None:
    webhook = await sync_to_async(made)(api, user, far.url)
    far.answers += [b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"] * 2
    await sync_to_async(queue.enqueue)(user.pk, "reply.finished", {})
    for n in (1, 2):
        assert await Sender().send_due() == 1
        delivery = await Delivery.objects.aget()
        assert (delivery.status, delivery.n_attempts, delivery.error_code) == ("waiting", n, "refused")
        wait = delivery.due_at - clock.now()
        assert timedelta(seconds=queue.BACKOFF_S[n - 1] - 5) < wait <= timedelta(seconds=queue.BACKOFF_S[n - 1])
        assert await Sender().send_due() == 0, "not before its time"
        await due_again()
    assert (await Webhook.objects.aget(pk=webhook["id"])).n_failures == 2
    assert await Sender().send_due() == 1
    assert (await Delivery.objects.aget()).status == "delivered"
    assert (await Webhook.objects.aget(pk=webhook["id"])).n_failures == 0


async def test_what_never_answers_is_given_up_and_can_be_switched_on_again(
    user: User, api: Any, switched_on: None, far: Receiver
) -> None:
    webhook = await sync_to_async(made)(api, user, far.url)
    far.answers += [b"HTTP/1.1 302 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"] * 100
    for _ in range(4):
        await sync_to_async(queue.enqueue)(user.pk, "reply.finished", {})
    for _ in range(queue.GIVE_UP_AFTER):
        await due_again()
        await Sender().send_due()
    row = await Webhook.objects.aget(pk=webhook["id"])
    assert (row.is_active, row.is_given_up) == (False, True)
    assert not await Delivery.objects.filter(status="waiting").aexists()
    assert await Delivery.objects.filter(status="failed", n_attempts=len(queue.BACKOFF_S) + 1).acount() == 3
    await sync_to_async(queue.enqueue)(user.pk, "reply.finished", {})
    assert not await Delivery.objects.filter(status="waiting").aexists()
    answer = await sync_to_async(api(user).patch)(f"/api/webhooks/{webhook['id']}/", {"is_active": True})
    assert (answer.json()["is_given_up"], answer.json()["n_failures"]) == (False, 0)


async def test_one_slow_receiver_holds_up_nobody_else(
    user: User, outsider: User, api: Any, switched_on: None, far: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_S", 0.5)
    async with receiver() as slow:
        slow.answers += [b""]
        await sync_to_async(made)(api, user, slow.url)
        await sync_to_async(made)(api, outsider, far.url)
        for who in (user, outsider):
            await sync_to_async(queue.enqueue)(who.pk, "reply.finished", {})
        assert await Sender().send_due() == 2
    ends = {d.webhook.user_id: (d.status, d.error_code) async for d in Delivery.objects.select_related("webhook")}
    assert ends == {user.pk: ("waiting", "timeout"), outsider.pk: ("delivered", "")}


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/",
                                 "http://2130706433:{port}/", "http://169.254.169.254/"])  # fmt: skip
async def test_nothing_inside_the_house_is_reached(
    user: User, api: Any, switched_on: None, far: Receiver, url: str
) -> None:
    await sync_to_async(house.change)({"webhooks_inside": False}, lambda _: None)
    await sync_to_async(made)(api, user, url.format(port=far.port))
    await sync_to_async(queue.enqueue)(user.pk, "reply.finished", {})
    assert await Sender().send_due() == 1
    assert (await Delivery.objects.aget()).error_code == "address_refused"
    assert far.heard == []


async def test_two_processes_send_it_once(user: User, api: Any, switched_on: None, far: Receiver) -> None:
    await sync_to_async(made)(api, user, far.url)
    await sync_to_async(queue.enqueue)(user.pk, "reply.finished", {})
    claimed = [await sync_to_async(queue.claim_due)(16, []) for _ in range(2)]
    assert [len(each) for each in claimed] == [1, 0]


def test_the_queue_is_bounded(user: User, api: Any, switched_on: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MAX_WAITING", 3)
    monkeypatch.setattr(queue, "KEPT", 2)
    webhook = made(api, user, "https://hook.example/")
    for _ in range(5):
        queue.enqueue(user.pk, "reply.finished", {})
    assert Delivery.objects.count() == 3
    assert api(user).post(f"/api/webhooks/{webhook['id']}/ping/").json()["code"] == "webhook_queue_full"
    for _ in range(3):
        Delivery.objects.filter(status="waiting").update(due_at=clock.now())
        (attempt,) = queue.claim_due(16, [])
        queue.settle(attempt, 200, "")
    assert Delivery.objects.count() == 2


def test_switched_off_nothing_is_made_queued_or_sent(user: User, api: Any) -> None:
    Webhook.objects.create(user=user, name="old", url="https://hook.example/", salt="s")
    assert api(user).post("/api/webhooks/", {"name": "x", "url": "https://a.example/"}).json()["code"] == "webhooks_off"
    queue.enqueue(user.pk, "reply.finished", {})
    assert not Delivery.objects.exists()
    listed = api(user).get("/api/webhooks/").json()
    assert (listed["is_on"], len(listed["results"])) == (False, 1)


def test_the_secret_is_shown_once_and_is_not_in_the_database(user: User, api: Any, switched_on: None) -> None:
    webhook = made(api, user, "https://hook.example/")
    assert "secret" not in api(user).get(f"/api/webhooks/{webhook['id']}/").json()
    assert webhook["secret"] not in str(Webhook.objects.values().get())
    again = api(user).post(f"/api/webhooks/{webhook['id']}/rotate/").json()
    assert again["secret"].startswith("whsec_")
    assert again["secret"] != webhook["secret"]


@pytest.mark.parametrize("url", ["", "ftp://a.example/", "http://", "http://u:p@a.example/", "x", "http://a:99999/", 7, None,
                                 "http://a.example/#x", "http://a.example/\nx", "file:///etc/passwd", "http://[::1"])  # fmt: skip
def test_what_is_no_address_is_refused(user: User, api: Any, switched_on: None, url: Any) -> None:
    answer = api(user).post("/api/webhooks/", {"name": "x", "url": url})
    assert answer.status_code == 400
    assert "url" in answer.json()["fields"]


def test_who_has_hundreds_that_wait_takes_nobodys_turn(user: User) -> None:
    many, one = (Webhook.objects.create(user=user, name=name, url="http://127.0.0.1:1/", salt="x") for name in "ab")
    Delivery.objects.bulk_create(Delivery(webhook=many, event="ping", payload={}) for _ in range(300))
    queue.add(one, "ping", {})
    assert [attempt.webhook_id for attempt in queue.claim_due(2, [])] == [many.pk, one.pk]
    assert queue.claim_due(16, [many.pk, one.pk]) == []


async def test_certificates_are_not_read_on_the_event_loop(
    user: User, api: Any, switched_on: None, far: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def client(**options: Any) -> AsyncClient:
        threads.append(threading.current_thread())
        return guarded_client(**options)

    monkeypatch.setattr(sender, "guarded_client", client)
    await sync_to_async(made)(api, user, far.url)
    await sync_to_async(queue.enqueue)(user.pk, "reply.finished", {})
    assert await Sender().send_due() == 1
    assert len(far.heard) == len(threads) == 1
    assert threading.current_thread() not in threads
