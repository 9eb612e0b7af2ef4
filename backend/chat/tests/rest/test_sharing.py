"""Links that show a copy: off by default, readable by whoever has one, dead at once when revoked."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.actions import set_active
from backend.accounts.models import User
from backend.chat.models import ChatSession, Message, SessionConfig, Share
from backend.chat.tests.rest.conftest import Rest
from backend.chat.turns import Turns

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sharing(settings: Any) -> None:
    settings.MARU = dataclasses.replace(settings.MARU, sharing=True)


@pytest.fixture
async def session(user: User, turns: Turns) -> ChatSession:
    def store() -> ChatSession:
        session = ChatSession.objects.create(user=user, title="About floors")
        SessionConfig.objects.create(session=session, system_prompt="secret instructions")
        system = Message.objects.create(session=session, role="system", content="secret system")
        question = Message.objects.create(session=session, role="user", content="a question", parent=system)
        Message.objects.create(session=session, role="assistant", content="not shown", parent=question)
        reply = Message.objects.create(session=session, role="assistant", content="an answer", parent=question)
        session.active_leaf = reply
        session.save()
        return session

    return await sync_to_async(store)()


async def share(rest: Rest, session: ChatSession) -> dict[str, Any]:
    answer = await rest.post(f"sessions/{session.pk}/shares/")
    assert answer.status_code == 201
    return dict(answer.json())


def public(row: dict[str, Any]) -> str:
    return "shared/" + row["path"].removeprefix("/s/") + "/"


async def test_it_works(rest: Rest, session: ChatSession) -> None:
    row = await share(rest, session)
    answer = await Rest(None).get(public(row))
    assert answer.status_code == 200
    assert answer.json()["title"] == "About floors"
    assert [said["content"] for said in answer.json()["messages"]] == ["a question", "an answer"]
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert [one["id"] for one in (await rest.get(f"sessions/{session.pk}/shares/")).json()["results"]] == [row["id"]]


async def test_it_shows_nothing_of_the_account(rest: Rest, session: ChatSession, user: User) -> None:
    body = (await Rest(None).get(public(await share(rest, session)))).content.decode()
    for secret in (user.username, user.email, "secret", '"id"', '"session"', '"user":'):
        assert secret not in body


async def test_links_of_somebody_shut_out_open_no_more_until_he_is_let_in(
    rest: Rest, session: ChatSession, user: User
) -> None:
    row = await share(rest, session)
    for is_active, status in ((False, 404), (True, 200)):
        await sync_to_async(set_active)(user, is_active)
        assert (await Rest(None).get(public(row))).status_code == status


async def test_it_is_a_copy(rest: Rest, session: ChatSession) -> None:
    row = await share(rest, session)
    await rest.patch(f"sessions/{session.pk}/", title="changed later")
    assert (await Rest(None).get(public(row))).json()["title"] == "About floors"


async def test_a_revoked_link_is_dead_at_once(rest: Rest, session: ChatSession) -> None:
    row = await share(rest, session)
    assert (await rest.delete(f"shares/{row['id']}/")).status_code == 204
    revoked, unknown = await Rest(None).get(public(row)), await Rest(None).get("shared/none/")
    assert (revoked.status_code, revoked.content) == (404, unknown.content)


async def test_links_die_with_their_session(rest: Rest, session: ChatSession) -> None:
    row = await share(rest, session)
    await rest.delete(f"sessions/{session.pk}/")
    assert (await Rest(None).get(public(row))).status_code == 404


async def test_off_means_off(rest: Rest, session: ChatSession, settings: Any) -> None:
    row = await share(rest, session)
    settings.MARU = dataclasses.replace(settings.MARU, sharing=False)
    assert (await Rest(None).get(public(row))).status_code == 404
    refused = await rest.post(f"sessions/{session.pk}/shares/")
    assert (refused.status_code, refused.json()["code"]) == (403, "sharing_off")


async def test_an_empty_or_temporary_chat_is_not_shared(rest: Rest, session: ChatSession) -> None:
    empty = (await rest.post("sessions/")).json()["id"]
    assert (await rest.post(f"sessions/{empty}/shares/")).status_code == 409
    await rest.patch(f"sessions/{session.pk}/", is_temporary=True)
    assert (await rest.post(f"sessions/{session.pk}/shares/")).status_code == 409


async def test_tokens_cannot_be_guessed(rest: Rest, session: ChatSession) -> None:
    tokens = {(await share(rest, session))["path"].removeprefix("/s/") for _ in range(3)}
    assert {len(token) for token in tokens} == {43}
    assert await Share.objects.acount() == 3


async def test_a_visitor_is_slowed_down(rest: Rest, session: ChatSession) -> None:
    path = public(await share(rest, session))
    statuses = [(await Rest(None).get(path)).status_code for _ in range(121)]
    assert (statuses[0], statuses[-1]) == (200, 429)
