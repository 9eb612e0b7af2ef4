"""Messages over REST: sending, waiting, pages of a branch, and what may be done to one message."""

from __future__ import annotations

import asyncio
import uuid
from itertools import pairwise
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.chat import tree, views_messages
from backend.chat.events import MAX_MESSAGE_CHARS, MessageRow
from backend.chat.models import ChatSession, Message
from backend.chat.schemas import MessageDetailRow, SubmittedRow
from backend.chat.tests.rest.conftest import Rest
from backend.chat.turns import Turns
from backend.lib.storage import StorageThread
from backend.llm.echo import EchoLLM, echo_text

pytestmark = pytest.mark.django_db(transaction=True)


async def ended(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession, text: str = "안녕") -> dict[str, Any]:
    """A sent message and its reply, when the reply has ended."""
    sent = (await rest.post(f"sessions/{chat.pk}/messages/", content=text)).json()
    await echo.release_all()
    assert await turns.wait(sent["reply"]["id"], 5)
    return {"user_message": sent["user_message"], "reply": (await rest.get(f"messages/{sent['reply']['id']}/")).json()}


async def test_it_works(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession) -> None:
    answer = await rest.post(f"sessions/{chat.pk}/messages/", content=" 안녕 🙂\n")
    assert answer.status_code == 202, answer.content
    assert set(answer.json()) == {"user_message", "reply"}
    pair = SubmittedRow.model_validate(answer.json())
    assert (pair.user_message.content, pair.reply.parent_id) == (" 안녕 🙂\n", pair.user_message.id)
    assert pair.reply.status in ("queued", "streaming")
    await echo.release_all()
    assert await turns.wait(pair.reply.id, 5)
    reply = (await rest.get(f"messages/{pair.reply.id}/")).json()
    assert (reply["status"], reply["content"]) == ("complete", echo_text(10))


async def test_wait_answers_when_the_reply_has_ended(
    rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession
) -> None:
    asked = asyncio.create_task(rest.post(f"sessions/{chat.pk}/messages/", content="안녕", wait=True))
    await echo.release(5)
    assert not asked.done()
    await echo.release_all()
    answer = await asked
    assert answer.status_code == 200
    assert answer.json()["reply"]["content"] == echo_text(10)


async def test_wait_gives_up_and_the_reply_goes_on(
    rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_messages, "WAIT_MAX_S", 0.05)
    answer = await rest.post(f"sessions/{chat.pk}/messages/", content="안녕", wait=True)
    assert answer.status_code == 202
    await echo.release_all()
    assert await turns.wait(answer.json()["reply"]["id"], 5)


async def test_who_waits_in_a_chat_that_ends_meanwhile_hears_that_it_is_gone(
    rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession
) -> None:
    asked = asyncio.create_task(rest.post(f"sessions/{chat.pk}/messages/", content="안녕", wait=True))
    await echo.release(2)
    storage = StorageThread("sweeping")  # the thread of requests waits
    await storage.run(chat.delete)
    await storage.close()
    turns.abandon([turn.reply_id for turn in turns.all()])
    answer = await asked
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_same_client_id_sends_once(rest: Rest, turns: Turns, chat: ChatSession) -> None:
    address, client_id = f"sessions/{chat.pk}/messages/", str(uuid.uuid4())
    first = (await rest.post(address, content="안녕", client_id=client_id)).json()
    again = (await rest.post(address, content="안녕", client_id=client_id)).json()
    assert [again[part]["id"] for part in ("user_message", "reply")] == [
        first[part]["id"] for part in ("user_message", "reply")
    ]
    assert await Message.objects.acount() == 2


async def test_stop_keeps_the_text_so_far(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession) -> None:
    sent = (await rest.post(f"sessions/{chat.pk}/messages/", content="안녕")).json()
    await echo.release(3)
    stopped = (await rest.call("POST", f"messages/{sent['reply']['id']}/stop/")).json()
    MessageRow.model_validate(stopped)
    assert stopped["status"] == "stopped"
    assert echo_text(10).startswith(stopped["content"])
    again = await rest.post(f"messages/{sent['reply']['id']}/stop/")
    assert (again.status_code, again.json()) == (200, stopped)


async def test_continue_goes_on_where_it_stopped(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession) -> None:
    sent = (await rest.post(f"sessions/{chat.pk}/messages/", content="안녕")).json()
    reply = f"messages/{sent['reply']['id']}/"
    await echo.release(3)
    await rest.post(f"{reply}stop/")
    assert (await rest.post(f"{reply}continue/")).status_code == 202
    await echo.release_all()
    assert await turns.wait(sent["reply"]["id"], 5)
    assert (await rest.get(reply)).json()["content"] == echo_text(10)
    assert (await rest.post(f"{reply}continue/")).status_code == 409


async def test_regenerate_makes_a_sibling_with_its_own_sampling(
    rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession
) -> None:
    pair = await ended(rest, turns, echo, chat)
    answer = await rest.post(f"messages/{pair['reply']['id']}/regenerate/", temperature=0.1, max_tokens=2)
    assert answer.status_code == 202
    reply = answer.json()
    assert (reply["parent_id"], reply["siblings"]) == (pair["user_message"]["id"], [pair["reply"]["id"], reply["id"]])
    await echo.release_all()
    assert await turns.wait(reply["id"], 5)
    detail = (await rest.get(f"messages/{reply['id']}/")).json()
    assert (detail["content"], detail["finish_reason"]) == (echo_text(2), "length")
    assert detail["metadata"]["model_params"]["temperature"] == 0.1
    assert (await rest.post(f"messages/{reply['id']}/regenerate/", temperature=9)).status_code == 400


async def test_metadata_tells_what_shaped_the_answer(
    rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession
) -> None:
    pair = await ended(rest, turns, echo, chat)
    metadata = MessageDetailRow.model_validate(pair["reply"]).metadata
    assert metadata is not None
    assert metadata.completion_tokens == 10
    assert metadata.ttft_ms is not None
    asked = (await rest.get(f"messages/{pair['user_message']['id']}/")).json()
    assert asked["metadata"] is None


async def test_an_edited_question_gets_a_new_reply(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession) -> None:
    pair = await ended(rest, turns, echo, chat)
    answer = await rest.post(f"messages/{pair['user_message']['id']}/edit/", content="다시")
    assert answer.status_code == 202
    edited = answer.json()
    assert edited["message"]["siblings"] == [pair["user_message"]["id"], edited["message"]["id"]]
    assert edited["reply"]["parent_id"] == edited["message"]["id"]


async def test_an_edited_answer_gets_none(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession) -> None:
    pair = await ended(rest, turns, echo, chat)
    answer = await rest.post(f"messages/{pair['reply']['id']}/edit/", content="내가 고친 답")
    assert (answer.status_code, answer.json()["reply"]) == (200, None)
    assert answer.json()["message"]["siblings"] == [pair["reply"]["id"], answer.json()["message"]["id"]]


async def test_feedback_is_kept_with_its_note(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession) -> None:
    pair = await ended(rest, turns, echo, chat)
    address = f"messages/{pair['reply']['id']}/feedback/"
    assert (await rest.post(address, value=-1, note="틀렸어요")).json()["feedback"] == -1
    assert (await Message.objects.aget(id=pair["reply"]["id"])).feedback_note == "틀렸어요"
    for value in (2, "good", None, 0.5):
        assert (await rest.post(address, value=value)).status_code == 400
    assert (await rest.post(f"messages/{pair['user_message']['id']}/feedback/", value=1)).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {}, {"content": ""}, {"content": " \n"}, {"content": None}, {"content": 5}, {"content": "a\x00"}, {"content": "\ud800"},
        {"content": "x", "client_id": "5"}, {"content": "x", "client_id": 5},
        {"content": "x", "parent_id": 0}, {"content": "x", "parent_id": 2**63},
        {"content": "x", "attachments": [{"kind": "exe", "id": 1}]}, {"content": "x", "attachments": "y"},
        {"content": "x", "wait": "later"}, {"content": "x", "attachments": [{"kind": "image", "id": 1}] * 11}, [], None,
    ],
)  # fmt: skip
async def test_bad_messages_are_refused(rest: Rest, turns: Turns, chat: ChatSession, body: Any) -> None:
    answer = await rest.call("POST", f"sessions/{chat.pk}/messages/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input"), answer.content
    assert not await Message.objects.aexists()


async def test_a_message_too_long_is_told_so(rest: Rest, turns: Turns, chat: ChatSession) -> None:
    answer = await rest.post(f"sessions/{chat.pk}/messages/", content="x" * (MAX_MESSAGE_CHARS + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_broken_json_is_told_so(rest: Rest, chat: ChatSession) -> None:
    for body in ("{", '{"content": NaN}', "[" * 100_000, b"\xff\xfe", '{"content": 1' + "0" * 5000 + "}"):
        answer = await rest.call("POST", f"sessions/{chat.pk}/messages/", body)
        assert answer.status_code == 400, body[:20]


async def test_ids_in_bodies_are_checked_by_owner(
    rest: Rest, turns: Turns, chat: ChatSession, outsider: User, user: User
) -> None:
    theirs = await ChatSession.objects.acreate(user=outsider)
    secret = await Message.objects.acreate(session=theirs, role="user", content="비밀")
    other = await Message.objects.acreate(
        session=await ChatSession.objects.acreate(user=user), role="user", content="x"
    )
    answers = [
        await rest.post(f"sessions/{chat.pk}/messages/", content="x", parent_id=parent_id)
        for parent_id in (secret.pk, other.pk, 10**9)
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    answers = [await rest.patch(f"sessions/{chat.pk}/", active_leaf=leaf) for leaf in (secret.pk, other.pk, 10**9)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


@transaction.atomic
def grown(session: ChatSession, n: int) -> list[Message]:
    """A line of `n` messages, and beside each fifth one a sibling."""
    rows = Message.objects.bulk_create(
        [Message(session=session, role=("user", "assistant")[k % 2], content=f"말 {k}") for k in range(n)]
    )
    with connection.cursor() as cursor:
        links = [(above.pk, below.pk) for above, below in pairwise(rows)]
        cursor.executemany("UPDATE chat_message SET parent_id = %s WHERE id = %s", links)
    Message.objects.bulk_create(
        [Message(session=session, role="user", content="옆", parent_id=above.pk) for above in rows[:-1:5]]
    )
    session.active_leaf = rows[-1]
    session.save()
    return rows


async def _all_pages(rest: Rest, address: str) -> list[list[dict[str, Any]]]:
    pages = []
    while address:
        body = (await rest.get(address)).json()
        pages.append(body["results"])
        address = body["next"]
    return pages


async def test_pages_go_back_in_time_along_the_branch(rest: Rest, chat: ChatSession) -> None:
    line = await sync_to_async(grown)(chat, 120)
    pages = await _all_pages(rest, f"sessions/{chat.pk}/messages/")
    assert [len(page) for page in pages] == [50, 50, 20]
    read = [row["id"] for page in reversed(pages) for row in page]
    assert read == [message.pk for message in line]
    assert len(pages[0][-4]["siblings"]) == 2  # of message 116, which has a sibling below 115


async def test_all_branches_can_be_read(rest: Rest, chat: ChatSession) -> None:
    await sync_to_async(grown)(chat, 60)
    pages = await _all_pages(rest, f"sessions/{chat.pk}/messages/?branch=all&limit=30")
    read = [row["id"] for page in reversed(pages) for row in page]
    assert read == [pk async for pk in Message.objects.order_by("id").values_list("id", flat=True)]
    assert (await rest.get(f"sessions/{chat.pk}/messages/?branch=some")).status_code == 400
    assert (await rest.get(f"sessions/{chat.pk}/messages/?limit=0")).status_code == 400


async def test_another_leaf_shows_another_branch(rest: Rest, turns: Turns, chat: ChatSession) -> None:
    line = await sync_to_async(grown)(chat, 8)
    beside = await Message.objects.filter(parent_id=line[5].pk).exclude(id=line[6].pk).aget()
    session = (await rest.patch(f"sessions/{chat.pk}/", active_leaf=beside.pk)).json()
    assert session["active_leaf"] == beside.pk
    read = (await rest.get(f"sessions/{chat.pk}/messages/")).json()["results"]
    assert [row["id"] for row in read] == [*(message.pk for message in line[:6]), beside.pk]


async def test_a_cursor_does_not_lead_into_another_session(rest: Rest, chat: ChatSession, outsider: User) -> None:
    theirs = await ChatSession.objects.acreate(user=outsider)
    line = await sync_to_async(grown)(theirs, 60)
    forged = (await Rest(outsider).get(f"sessions/{theirs.pk}/messages/")).json()["next"].split("cursor=")[1]
    assert len(line) == 60
    answer = await rest.get(f"sessions/{chat.pk}/messages/?cursor={forged}")
    assert answer.status_code == 400
    everything = await rest.get(f"sessions/{chat.pk}/messages/?branch=all&cursor={forged}")
    assert everything.json()["results"] == []


@pytest.mark.parametrize("branch", ["active", "all"])
def test_a_page_asks_the_database_as_often_for_fifty_as_for_a_pair(api: Any, user: User, branch: str) -> None:
    client: APIClient = api(user)
    counts = []
    for n in (2, 200):
        session = ChatSession.objects.create(user=user)
        grown(session, n)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/api/sessions/{session.pk}/messages/?branch={branch}")
        counts.append((len(queries), len(answer.json()["results"])))
    assert [n_queries for n_queries, _ in counts] == [4, 4]
    assert counts[1][1] == 50


def test_a_page_of_ten_thousand_messages_walks_only_itself(api: Any, user: User) -> None:
    session = ChatSession.objects.create(user=user)
    grown(session, 10_000)
    answer = api(user).get(f"/api/sessions/{session.pk}/messages/")
    assert [row["content"] for row in answer.json()["results"]] == [f"말 {k}" for k in range(9_950, 10_000)]
    assert len(tree.branch(session.active_leaf_id, 51)) == 51


async def test_an_edited_answers_client_id_sends_no_message(
    rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession
) -> None:
    pair = await ended(rest, turns, echo, chat)
    client_id = str(uuid.uuid4())
    await rest.post(f"messages/{pair['reply']['id']}/edit/", content="내가 고친 답", client_id=client_id)
    answer = await rest.post(f"sessions/{chat.pk}/messages/", content="안녕", client_id=client_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
