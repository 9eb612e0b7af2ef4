"""Sessions and their config over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.chat import search
from backend.chat.events import SessionRow
from backend.chat.models import ChatSession, Message
from backend.chat.tests.rest.conftest import Rest
from backend.chat.turns import Turns

pytestmark = pytest.mark.django_db(transaction=True)


def made(user: User, n: int, **fields: Any) -> list[ChatSession]:
    """`n` sessions, the oldest first."""
    start = timezone.now() - timedelta(days=1)
    return ChatSession.objects.bulk_create(
        [
            ChatSession(user=user, title=f"대화 {k}", last_activity_at=start + timedelta(minutes=k), **fields)
            for k in range(n)
        ]
    )


async def test_it_works(rest: Rest, turns: Turns) -> None:
    created = await rest.post("sessions/", title="여행")
    assert created.status_code == 201, created.content
    session = created.json()
    SessionRow.model_validate(session)
    listed = (await rest.get("sessions/")).json()
    assert listed == {"next": None, "results": [session]}
    assert (await rest.get(f"sessions/{session['id']}/")).json() == session


async def test_a_session_needs_no_body(rest: Rest, turns: Turns) -> None:
    answer = await rest.call("POST", "sessions/", {})
    assert answer.status_code == 201
    assert answer.json()["title"] == ""


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_changes_keep_what_is_not_named(rest: Rest, turns: Turns, method: str) -> None:
    session = (await rest.post("sessions/", title="여행", folder="집")).json()
    changed = (await rest.call(method, f"sessions/{session['id']}/", {"pinned": True, "title": "장보기"})).json()
    assert (changed["title"], changed["pinned"], changed["folder"]) == ("장보기", True, "집")


async def test_a_deleted_session_is_gone_with_its_messages(rest: Rest, turns: Turns) -> None:
    session = (await rest.post("sessions/", title="여행")).json()
    assert (await rest.delete(f"sessions/{session['id']}/")).status_code == 204
    assert (await rest.get(f"sessions/{session['id']}/")).status_code == 404
    assert (await rest.delete(f"sessions/{session['id']}/")).status_code == 404


async def test_pages_hold_thirty_and_lose_none(rest: Rest, user: User, outsider: User) -> None:
    sessions = await sync_to_async(made)(user, 65)
    # The same instant for many: the key of a page is time AND id.
    await ChatSession.objects.filter(id__gt=sessions[20].pk).aupdate(last_activity_at=timezone.now())
    await sync_to_async(made)(outsider, 3)
    seen, address, sizes = [], "sessions/", []
    while address:
        body = (await rest.get(address)).json()
        sizes.append(len(body["results"]))
        seen += [row["id"] for row in body["results"]]
        address = body["next"]
    assert sizes == [30, 30, 5]
    assert seen == [session.pk for session in reversed(sessions)]


@pytest.mark.parametrize("cursor", ["x", "🙂", "MS4y.", "OTk5OTk5OTk5OTk5OTk5OTk5OQ", "LTEuMg", "MS4yLjM", "A" * 5000])
async def test_a_forged_cursor_is_told_so(rest: Rest, cursor: str) -> None:
    answer = await rest.get(f"sessions/?cursor={cursor}")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["cursor"]


async def test_filters(rest: Rest, user: User) -> None:
    await sync_to_async(made)(user, 1)
    await sync_to_async(made)(user, 1, archived=True)
    await sync_to_async(made)(user, 1, pinned=True)
    await sync_to_async(made)(user, 1, folder="집")
    await sync_to_async(made)(user, 1, is_temporary=True)

    async def n(query: str) -> int:
        return len((await rest.get(f"sessions/?{query}")).json()["results"])

    assert [await n(q) for q in ("", "archived=true", "archived=false", "pinned=1", "folder=집")] == [
        4, 1, 3, 1, 1,
    ]  # fmt: skip
    assert await n("is_temporary=true") == 1
    assert await n("search=&archived=&pinned=&folder=&cursor=") == 4
    assert (await rest.get("sessions/?archived=maybe")).status_code == 400


async def test_search_covers_titles_and_messages(rest: Rest, user: User, outsider: User) -> None:
    def store() -> tuple[int, int]:
        titled, told, other = made(user, 3)
        titled.title = "서울 여행"
        titled.save()
        for session in (titled, told, other, *made(outsider, 2)):
            search.index_title(session)
            search.index_messages(
                [
                    Message.objects.create(
                        session=session, role="user", content="여행을 갈까" if session == told else "음"
                    )
                ]
            )
        return titled.pk, told.pk

    expected = await sync_to_async(store)()
    found = (await rest.get("sessions/?search=여행")).json()["results"]
    assert {row["id"] for row in found} == set(expected)
    assert (await rest.get("sessions/?search=바다")).json()["results"] == []
    assert (await rest.get('sessions/?search="*')).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"title": ["x"]}, "title"),
        ({"folder": "x" * 81}, "folder"),
        ({"pinned": "perhaps"}, "pinned"),
        ([], "non_field_errors"),
        ('"text"', "non_field_errors"),
    ],
)
async def test_bad_bodies_are_told_apart(rest: Rest, turns: Turns, body: Any, field: str) -> None:
    answer = await rest.call("POST", "sessions/", body)
    assert answer.status_code == 400
    assert (answer.json()["code"], list(answer.json()["fields"])) == ("bad_input", [field])


async def test_only_json_is_taken(rest: Rest) -> None:
    await rest.get("sessions/")
    assert rest._client is not None
    answer = await rest._client.post("/api/sessions/", {"title": "x"})
    assert answer.status_code == 415


BAD_IDS = [
    "0",
    "-1",
    "1.5",
    "1e3",
    "abc",
    "99999999999999999999",
    "9223372036854775808",
    "٣",
    "null",
    "1%00",
    "%F0%9F%99%82",
]


@pytest.mark.parametrize(
    "address", ["sessions/{}/", "sessions/{}/config/", "sessions/{}/messages/", "sessions/{}/export/", "messages/{}/"]
)
async def test_ids_that_cannot_be_are_missing(rest: Rest, address: str) -> None:
    for bad_id in BAD_IDS:
        answer = await rest.get(address.format(bad_id))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), bad_id


async def test_config_starts_empty_and_keeps_what_is_not_named(rest: Rest, turns: Turns) -> None:
    session = (await rest.post("sessions/")).json()
    address = f"sessions/{session['id']}/config/"
    empty = (await rest.get(address)).json()
    assert (empty["temperature"], empty["stop"], empty["memory_enabled"]) == (None, [], True)
    changes = {"temperature": 0, "top_p": 1, "seed": 2**32 - 1, "stop": ["\n", " 끝"], "system_prompt": " 짧게.\n"}
    first = await rest.call("PUT", address, changes)
    assert first.status_code == 200, first.content
    second = (await rest.patch(address, temperature=None, max_tokens=5)).json()
    assert second == {**empty, **changes, "temperature": None, "max_tokens": 5}
    assert (await rest.get(address)).json() == second


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -0.1), ("temperature", 2.1), ("temperature", "nan"), ("temperature", True), ("temperature", []),
        ("top_p", 0), ("top_p", 1.1), ("top_k", -1), ("top_k", 1001), ("top_k", 1.5), ("min_p", -1), ("min_p", 2),
        ("repeat_penalty", 0.4), ("repeat_penalty", 2.1), ("max_tokens", 0), ("max_tokens", 32769), ("max_tokens", True),
        ("seed", -1), ("seed", 2**32), ("seed", 10**400), ("stop", ["x"] * 17), ("stop", ["x" * 65]), ("stop", [""]),
        ("stop", "x"), ("stop", ["\x00"]), ("stop", [None]), ("system_prompt", "x" * 32_001), ("system_prompt", "\udfff"),
        ("model", "x" * 121), ("document_ids", [0]), ("document_ids", [2**63]), ("memory_enabled", "perhaps"),
    ],
)  # fmt: skip
async def test_config_out_of_range_is_refused(rest: Rest, turns: Turns, field: str, value: Any) -> None:
    session = (await rest.post("sessions/")).json()
    answer = await rest.patch(f"sessions/{session['id']}/config/", **{field: value})
    assert answer.status_code == 400
    assert [name.split(".")[0] for name in answer.json()["fields"]] == [field]


async def test_bulk_delete_passes_over_what_is_not_ours(rest: Rest, turns: Turns, user: User, outsider: User) -> None:
    mine = [session.pk for session in await sync_to_async(made)(user, 3)]
    [other] = await sync_to_async(made)(outsider, 1)
    answer = await rest.post("sessions/bulk-delete/", ids=[mine[0], mine[2], mine[2], other.pk, 10**9])
    assert answer.json() == {"deleted": [mine[0], mine[2]]}
    assert [pk async for pk in ChatSession.objects.order_by("id").values_list("id", flat=True)] == [mine[1], other.pk]
    assert (await rest.post("sessions/bulk-delete/", ids=[])).status_code == 400


async def test_folders_are_counted(rest: Rest, user: User, outsider: User) -> None:
    await sync_to_async(made)(user, 2, folder="집")
    await sync_to_async(made)(user, 1)
    await sync_to_async(made)(outsider, 1, folder="비밀")
    assert (await rest.get("sessions/folders/")).json()["results"] == [{"name": "집", "n_sessions": 2}]


@pytest.mark.parametrize("address", ["sessions/", "sessions/?search=대화"])
def test_a_list_asks_the_database_as_often_for_thirty_as_for_one(api: Any, user: User, address: str) -> None:
    client: APIClient = api(user)
    counts = []
    for n in (1, 29):
        for session in made(user, n):
            search.index_title(session)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/api/{address}")
        counts.append((len(queries), len(answer.json()["results"])))
    assert counts == [(1, 1), (1, 30)]


async def test_those_in_no_folder_can_be_asked_for(rest: Rest, turns: Turns) -> None:
    await rest.post("sessions/", title="inside", folder="Work")
    await rest.post("sessions/", title="outside")
    for wanted, title in (("true", "inside"), ("false", "outside")):
        rows = (await rest.get(f"sessions/?in_folder={wanted}")).json()["results"]
        assert [row["title"] for row in rows] == [title]
    assert (await rest.get("sessions/?in_folder=x")).status_code == 400
