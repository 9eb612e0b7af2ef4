"""An import under an Idempotency-Key: sent again it makes nothing, and is answered with what is there."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.chat import expiry, import_receipts
from backend.chat.models import ChatSession, ImportReceipt
from backend.chat.tests.rest.conftest import Rest
from backend.chat.tests.rest.test_transfer import document
from backend.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
TWO = [document() | {"session": {"title": "하나"}}, document() | {"session": {"title": "둘"}}]


async def bring(rest: Rest, data: Any = TWO, key: str = KEY) -> Any:
    return await rest.call("POST", "sessions/import/", data, **{"Idempotency-Key": key})


async def test_it_works(rest: Rest) -> None:
    first, again, quoted = [await bring(rest, key=key) for key in (KEY, KEY, f'"{KEY}"')]
    assert [row["title"] for row in first.json()["sessions"]] == ["하나", "둘"]
    assert [(each.status_code, each.json()) for each in (again, quoted)] == [(201, first.json())] * 2
    assert await ChatSession.objects.acount() == 2
    other = (await bring(rest, key="other")).json()["sessions"]
    assert await ChatSession.objects.acount() == 4
    assert not {row["id"] for row in other} & {row["id"] for row in first.json()["sessions"]}


async def test_with_another_body_the_key_is_refused(rest: Rest) -> None:
    await bring(rest)
    for body in (TWO[:1], json.dumps(TWO) + " "):
        refused = await bring(rest, body)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert await ChatSession.objects.acount() == 2


async def test_what_was_refused_leaves_the_key_free(rest: Rest) -> None:
    refused = await bring(rest, [*TWO, {"format": "none"}])
    assert refused.status_code == 400
    assert await ImportReceipt.objects.acount() == 0
    assert (await bring(rest)).status_code == 201


async def test_what_is_deleted_does_not_come_back(rest: Rest) -> None:
    one, two = (await bring(rest)).json()["sessions"]
    await rest.delete(f"sessions/{one['id']}/")
    assert [row["id"] for row in (await bring(rest)).json()["sessions"]] == [two["id"]]
    await rest.delete(f"sessions/{two['id']}/")
    assert (await bring(rest)).json() == {"sessions": []}


async def test_a_key_is_its_users_own(rest: Rest, theirs: Rest, user: User) -> None:
    ours = {row["id"] for row in (await bring(rest)).json()["sessions"]}
    others = {row["id"] for row in (await bring(theirs)).json()["sessions"]}
    assert not ours & others
    assert await ChatSession.objects.filter(user=user).acount() == 2


async def test_of_many_at_once_one_is_made(rest: Rest) -> None:
    await rest.get("sessions/")  # signs in
    answers = await asyncio.gather(*(bring(rest) for _ in range(5)))
    assert {each.status_code for each in answers} == {201}
    assert len({json.dumps(each.json()) for each in answers}) == 1
    assert await ChatSession.objects.acount() == 2


async def test_a_key_that_is_none_is_told(rest: Rest) -> None:
    for key in ("", '""', "two words", "ä", "x" * 129, 'a"b', "a\\b"):
        refused = await bring(rest, key=key)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["Idempotency-Key"]), key
    assert await ChatSession.objects.acount() == 0


async def test_a_day_later_it_is_forgotten(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    await bring(rest)
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=import_receipts.KEPT_S - 60))
    await sync_to_async(expiry.sweep)()
    assert await ImportReceipt.objects.acount() == 1
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=import_receipts.KEPT_S + 60))
    await sync_to_async(expiry.sweep)()
    assert await ImportReceipt.objects.acount() == 0
    await bring(rest)
    assert await ChatSession.objects.acount() == 4


async def test_nothing_of_the_text_is_kept(rest: Rest, user: User) -> None:
    await bring(rest)
    receipt = await ImportReceipt.objects.aget()
    assert (receipt.user_id, receipt.key, len(receipt.digest)) == (user.pk, KEY, 64)
    assert len(receipt.session_ids) == 2
    await user.adelete()
    assert await ImportReceipt.objects.acount() == 0
