"""Who may do what: every address of chat × method × principal. An address that is not in the table fails the first test."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.urls import URLPattern, URLResolver, get_resolver

from backend.accounts.models import User
from backend.chat import search
from backend.chat.models import ChatSession, Comparison, Message, Share, Upload
from backend.chat.tests.rest.conftest import Rest
from backend.chat.turns import Turns
from backend.chat.urls import urlpatterns
from backend.llm.echo import EchoLLM

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = {"format": "maru.session", "version": 1, "session": {}, "messages": []}

# (address as routed, method) → (body, the owner's answer). `{session}`, `{question}`, `{reply}`: the owner's own.
OWNED: dict[tuple[str, str], tuple[Any, int]] = {
    ("sessions/{session}/", "GET"): (None, 200),
    ("sessions/{session}/", "PUT"): ({"title": "x"}, 200),
    ("sessions/{session}/", "PATCH"): ({"title": "x"}, 200),
    ("sessions/{session}/", "DELETE"): (None, 204),
    ("sessions/{session}/config/", "GET"): (None, 200),
    ("sessions/{session}/config/", "PUT"): ({"temperature": 1}, 200),
    ("sessions/{session}/config/", "PATCH"): ({"temperature": 1}, 200),
    ("sessions/{session}/messages/", "GET"): (None, 200),
    ("sessions/{session}/messages/", "POST"): ({"content": "x"}, 202),
    ("sessions/{session}/export/", "GET"): (None, 200),
    ("sessions/{session}/shares/", "GET"): (None, 200),
    ("sessions/{session}/shares/", "POST"): ({}, 201),
    ("shares/{share}/", "DELETE"): (None, 204),
    ("uploads/{upload}/", "GET"): (None, 200),
    ("uploads/{upload}/", "DELETE"): (None, 204),
    ("uploads/{upload}/content/", "GET"): (None, 200),
    ("messages/{reply}/", "GET"): (None, 200),
    ("messages/{reply}/recall/", "GET"): (None, 200),
    ("messages/{reply}/stop/", "POST"): ({}, 200),
    ("messages/{reply}/regenerate/", "POST"): ({}, 202),
    ("messages/{stopped}/continue/", "POST"): ({}, 202),
    ("messages/{question}/edit/", "POST"): ({"content": "x"}, 202),
    ("messages/{reply}/feedback/", "POST"): ({"value": 1}, 200),
    ("comparisons/{comparison}/vote/", "POST"): ({"verdict": "tie"}, 200),
}
# Without an id: everybody who is signed in gets his own.
OWN: dict[tuple[str, str], tuple[Any, int]] = {
    ("sessions/", "GET"): (None, 200),
    ("sessions/", "POST"): ({}, 201),
    ("sessions/folders/", "GET"): (None, 200),
    ("sessions/bulk-delete/", "POST"): ({"ids": [10**9]}, 200),
    ("sessions/restore/", "POST"): ({"ids": [10**9]}, 200),
    ("sessions/export/", "GET"): (None, 200),
    ("sessions/import/", "POST"): (DOCUMENT, 201),
    ("uploads/", "POST"): ({}, 415),  # JSON is no image; the rest is in test_uploads.py
    ("uploads/limits/", "GET"): (None, 200),
    ("openings/", "GET"): (None, 200),
    ("openings/seen/", "POST"): ({}, 204),
    ("usage/", "GET"): (None, 200),
    ("search/?q=canary", "GET"): (None, 200),
    ("feedback/", "GET"): (None, 200),
    ("feedback/export/", "GET"): (None, 200),
}
PUBLIC = {("schema/", "GET"), ("export-key/", "GET"), ("docs/", "GET"), (f"shared/{'t' * 43}/", "GET")}
WORDS = ("{session}", "{reply}", "{stopped}", "{question}", "{share}", "{upload}", "{comparison}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routed(patterns: list[URLPattern | URLResolver]) -> set[tuple[str, str]]:
    """All (name, method) that the routes take. By name, since the routes' ids have none of the table's words."""
    found = set()
    for pattern in patterns:
        assert isinstance(pattern, URLPattern), "a nested include: teach this test to walk it"
        actions = getattr(pattern.callback, "actions", None)
        methods = actions or {"get": "a function"}
        found |= {(str(pattern.name), method.upper()) for method in methods if method != "head"}
    return found


def named(address: str) -> str:
    path = address.split("?", maxsplit=1)[0]
    for word in WORDS:
        path = path.replace(word, "1")
    match = get_resolver().resolve(f"/api/{path}")
    return str(match.url_name)


def test_the_table_is_complete() -> None:
    table = {(named(address), method) for address, method in (*OWNED, *OWN, *PUBLIC)}
    assert routed(list(urlpatterns)) == table


@pytest.fixture(autouse=True)
def sharing_is_on(settings: Any) -> None:
    settings.MARU = dataclasses.replace(settings.MARU, sharing=True)


@pytest.fixture
async def ids(user: User, turns: Turns, echo: EchoLLM) -> dict[str, int]:
    """The owner's things, with a canary in each text."""

    def store() -> dict[str, int]:
        session = ChatSession.objects.create(user=user, title="canary title", folder="canary folder")
        question = Message.objects.create(session=session, role="user", content="canary question")
        replies = [
            Message.objects.create(
                session=session, parent=question, role="assistant", content="canary reply", status=status
            )
            for status in ("complete", "stopped")
        ]
        session.active_leaf = replies[0]
        session.save()
        search.index_title(session)
        search.index_messages([question, *replies])
        said = {
            "title": "canary title",
            "messages": [{"role": "user", "content": "canary", "model": "", "timestamp": ""}],
        }
        share = Share.objects.create(session=session, token="t" * 43, document=said)
        size = {"width": 1, "height": 1, "n_bytes": 6, "content": b"canary", "media_type": "image/png"}
        upload = Upload.objects.create(user=user, name="canary", **size)
        things = {"session": session, "question": question, "share": share, "upload": upload}
        comparison = Comparison.objects.create(session=session, is_blind=True, model_a="x", model_b="y", language="en")
        for side, reply in zip("ab", replies, strict=True):
            Message.objects.filter(pk=reply.pk).update(comparison=comparison, side=side)
        things |= {"reply": replies[0], "stopped": replies[1], "comparison": comparison}
        return {name: thing.pk for name, thing in things.items()}

    return await sync_to_async(store)()


@pytest.fixture
def others(outsider: User, staff: User, admin: User) -> list[Rest]:
    return [Rest(outsider), Rest(staff), Rest(admin)]


def missing(address: str) -> str:
    return address.format(**dict.fromkeys((word.strip("{}") for word in WORDS), 10**9))


@pytest.mark.parametrize(("address", "method"), list(OWNED))
async def test_the_owner_may(rest: Rest, ids: dict[str, int], address: str, method: str) -> None:
    body, status = OWNED[address, method]
    assert (await rest.call(method, address.format(**ids), body)).status_code == status


@pytest.mark.parametrize(("address", "method"), list(OWNED))
async def test_to_others_it_is_missing(others: list[Rest], ids: dict[str, int], address: str, method: str) -> None:
    body, _ = OWNED[address, method]
    for other in others:
        answer = await other.call(method, address.format(**ids), body)
        assert answer.status_code == 404
        assert answer.content == (await other.call(method, missing(address), body)).content
        assert json.loads(answer.content)["code"] == "not_found"


async def test_strangers_are_asked_to_sign_in(ids: dict[str, int]) -> None:
    for (address, method), (body, _) in {**OWNED, **OWN}.items():
        answer = await Rest(None).call(method, address.format(**ids), body)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), (method, address)
        assert answer.content == (await Rest(None).call(method, missing(address), body)).content


async def whole(answer: Any) -> bytes:
    return b"".join([part async for part in answer.streaming_content]) if answer.streaming else bytes(answer.content)


async def test_everybody_sees_only_his_own(others: list[Rest], ids: dict[str, int]) -> None:
    for (address, method), (body, status) in OWN.items():
        for other in others:
            answer = await other.call(method, address, body)
            assert answer.status_code == status, (method, address)
            assert b"canary" not in await whole(answer)


async def test_the_owner_finds_his_own(rest: Rest, ids: dict[str, int]) -> None:
    assert len((await rest.get("search/?q=canary")).json()["results"]) == 4


@pytest.mark.parametrize(("address", "method"), sorted(PUBLIC))
async def test_some_things_are_public(ids: dict[str, int], address: str, method: str) -> None:
    assert (await Rest(None).call(method, address)).status_code == 200


async def test_other_methods_change_nothing(rest: Rest, ids: dict[str, int]) -> None:
    known = {*OWNED, *OWN}
    for address in sorted({address for address, _ in known}):
        for method in METHODS:
            if (address, method) not in known:
                answer = await rest.call(method, address.format(**ids), {})
                assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed"), (method, address)
