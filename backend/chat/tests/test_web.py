"""A turn with a web search: what is sent, what the model is given, what is stored; and that its failure costs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from backend import house
from backend.accounts.models import User
from backend.chat import actions, export, tree
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.chat.turns import Turns
from backend.llm.echo import N_CTX, EchoLLM
from backend.llm.errors import EngineLost
from backend.memory import documents
from backend.memory.indexer import Indexer
from backend.memory.tests.searxng import SearXNG, answer_of, http, searxng

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def set_house(**values: Any) -> None:
    await sync_to_async(house.change)(values, lambda _: None)


@pytest_asyncio.fixture
async def far() -> AsyncIterator[SearXNG]:
    async with searxng() as made:
        await set_house(web_search_url=made.url, web_search_inside=True)
        yield made


@pytest.fixture
def talk(user: User, turns: Turns, echo: EchoLLM) -> Any:
    echo.text = "told"

    async def said(chat: ChatSession, text: str, **more: Any) -> Message:
        reply = (await actions.submit_message(user, chat.pk, content=text, **more)).reply
        assert reply is not None
        return await ended(reply)

    async def ended(reply: Message) -> Message:
        await echo.release_all()
        assert await turns.wait(reply.pk, timeout_s=10)
        return await Message.objects.select_related("metadata").aget(pk=reply.pk)

    said.ended = ended  # type: ignore[attr-defined]
    return said


async def row_of(message: Message) -> dict[str, Any]:
    return (await sync_to_async(tree.rows)([message]))[0]


async def test_it_works(far: SearXNG, chat: ChatSession, talk: Any) -> None:
    reply = await talk(chat, "What is\na maru?", web_search=True)
    assert far.heard == [{"q": ["What is a maru?"], "format": ["json"]}]
    assert "[1] Maru, the open floor (hanok.example)\nThe wooden floor" in reply.metadata.rendered_prompt
    assert reply.content == "The wooden floor between the rooms of a Korean house. [1]"
    web = (await row_of(reply))["web"]
    assert (web["query"], web["error_code"]) == ("What is a maru?", None)
    assert [(each["n"], each["url"], each["is_cited"]) for each in web["results"]] == [
        (1, "https://www.hanok.example/maru", True),
        (2, "http://floors.example/ondol?a=1&b=2", False),
    ]


async def test_nothing_is_sent_unless_the_message_says_so(far: SearXNG, chat: ChatSession, talk: Any) -> None:
    reply = await talk(chat, "What is a maru?")
    assert far.heard == []
    assert (await row_of(reply))["web"] is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [(http(403), "refused"), (http(200, b"<html>"), "bad_answer"), (b"nonsense\r\n\r\n", "unreachable")],
)
async def test_a_search_that_fails_costs_the_turn_nothing(
    far: SearXNG, chat: ChatSession, talk: Any, answer: bytes, code: str
) -> None:
    far.answers = [answer]
    reply = await talk(chat, "What is a maru?", web_search=True)
    assert reply.status == "complete"
    assert (await row_of(reply))["web"] == {"query": "What is a maru?", "error_code": code, "results": []}


async def test_switched_off_inside_and_too_often(far: SearXNG, chat: ChatSession, talk: Any) -> None:
    async def code() -> Any:
        return (await row_of(await talk(chat, "마루?", web_search=True)))["web"]["error_code"]

    await set_house(web_searches_per_hour=1)
    assert [await code(), await code()] == [None, "too_many_searches"]
    await set_house(web_searches_per_hour=9, web_search_inside=False)
    assert await code() == "address_refused"
    await set_house(web_search_url="")
    assert await code() == "off"
    assert len(far.heard) == 1


async def test_nothing_found(far: SearXNG, chat: ChatSession, talk: Any) -> None:
    far.answers = [answer_of([])]
    web = (await row_of(await talk(chat, "What is a maru?", web_search=True)))["web"]
    assert (web["error_code"], web["results"]) == (None, [])


async def test_a_reply_made_anew_searches_anew_and_so_does_an_edited_question(
    user: User, far: SearXNG, chat: ChatSession, talk: Any
) -> None:
    first = await talk(chat, "What is a maru?", web_search=True)
    again = await talk.ended(await actions.regenerate(user, first.pk))
    assert [each["n"] for each in (await row_of(again))["web"]["results"]] == [1, 2]
    edited = (await actions.edit_message(user, first.parent_id, content="And an ondol?")).reply
    assert edited is not None
    await talk.ended(edited)
    assert [each["q"] for each in far.heard] == [["What is a maru?"]] * 2 + [["And an ondol?"]]


async def test_a_reply_that_is_continued_keeps_what_was_found(
    user: User, far: SearXNG, chat: ChatSession, echo: EchoLLM, turns: Turns, talk: Any
) -> None:
    reply = (await actions.submit_message(user, chat.pk, content="What is a maru?", web_search=True)).reply
    assert reply is not None
    await echo.release(3)
    await actions.stop_reply(user, reply.pk)
    assert (await Message.objects.aget(pk=reply.pk)).status == "stopped"
    whole = await talk.ended(await actions.continue_reply(user, reply.pk))
    assert whole.content == "The wooden floor between the rooms of a Korean house. [1]"
    assert (await row_of(whole))["web"]["results"][0]["is_cited"]
    assert len(far.heard) == 1


async def test_an_engine_that_dies_costs_no_second_search(
    far: SearXNG, chat: ChatSession, echo: EchoLLM, talk: Any
) -> None:
    echo.fail_next(EngineLost(), after=2)
    reply = await talk(chat, "What is a maru?", web_search=True)
    assert (reply.status, len(echo.requests), len(far.heard)) == ("complete", 2, 1)


async def test_stop_does_not_wait_for_the_search(
    user: User, far: SearXNG, chat: ChatSession, echo: EchoLLM, turns: Turns
) -> None:
    far.answers = [b""]
    reply = (await actions.submit_message(user, chat.pk, content="What is a maru?", web_search=True)).reply
    assert reply is not None
    await far.asked.wait()
    stopped = await actions.stop_reply(user, reply.pk)
    assert (stopped.status, stopped.content, len(echo.requests)) == ("stopped", "", 0)


async def test_the_web_and_a_document_are_numbered_in_one_row(
    user: User, far: SearXNG, chat: ChatSession, talk: Any, monkeypatch: Any, echo: EchoLLM
) -> None:
    text = "# Garage\n\nA parking permit costs forty crowns a month."
    document = await documents.add(user, file_name="garage.md", content=[text.encode()], n_bytes=len(text))
    worker = Indexer("test")
    await worker.drain()
    await worker.close()
    await actions.update_config(user, chat.pk, document_ids=[document.pk])
    echo.text = "words"
    monkeypatch.setitem(echo_texts(), "words", lambda n: "Forty crowns [3], not [1].")
    reply = await talk(chat, "What does a parking permit cost?", web_search=True)
    assert "[3] garage\n# Garage" in reply.metadata.rendered_prompt
    row = await row_of(reply)
    assert [(each["n"], each["document"]) for each in row["citations"]] == [(3, document.pk)]
    assert [each["is_cited"] for each in row["web"]["results"]] == [True, False]


def echo_texts() -> dict[str, Any]:
    from backend.llm import echo_words

    return echo_words.TEXTS


async def test_a_small_context_takes_what_fits(
    far: SearXNG, chat: ChatSession, talk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.chat.asking.RECALL_SHARE", 18 / N_CTX)
    reply = await talk(chat, "What is a maru?", web_search=True)
    assert [each["n"] for each in (await row_of(reply))["web"]["results"]] == [1]


async def test_export_and_import_keep_it(user: User, api: Any, far: SearXNG, chat: ChatSession, talk: Any) -> None:
    await talk(chat, "What is a maru?", web_search=True)
    document = await sync_to_async(export.as_document)(chat)
    assert document["messages"][0]["web_search"] is True
    answer = await sync_to_async(api(user).post)("/api/sessions/import/", document, format="json")
    assert answer.status_code == 201, answer.json()
    kept = await MessageMetadata.objects.filter(web__isnull=False).order_by("pk").values_list("web", flat=True).afirst()
    both = [row async for row in MessageMetadata.objects.values_list("web", flat=True)]
    assert both == [kept, kept]
    document["messages"][1]["metadata"]["web"]["results"][0]["url"] = "javascript:alert(1)"
    answer = await sync_to_async(api(user).post)("/api/sessions/import/", document, format="json")
    assert answer.status_code == 400


async def test_rest_takes_the_switch_and_another_user_sees_nothing(
    user: User, outsider: User, api: Any, far: SearXNG, chat: ChatSession, talk: Any
) -> None:
    path = f"/api/sessions/{chat.pk}/messages/"
    answer = await sync_to_async(api(user).post)(path, {"content": "What is a maru?", "web_search": True})
    assert answer.status_code == 202, answer.json()
    assert answer.json()["user_message"]["web_search"] is True
    await talk.ended(await Message.objects.aget(pk=answer.json()["reply"]["id"]))
    shown = (await sync_to_async(api(user).get)(f"/api/messages/{answer.json()['reply']['id']}/")).json()
    assert shown["web"]["results"][0]["title"] == "Maru, the open floor"
    assert (await sync_to_async(api(outsider).get)(f"/api/messages/{shown['id']}/")).status_code == 404
    refused = await sync_to_async(api(user).post)(path, {"content": "x", "web_search": "perhaps"})
    assert refused.status_code == 400
