"""GET search/: results, pages, and words that are none."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.chat.models import ChatSession
from backend.chat.schemas import HitRow
from backend.chat.tests.rest.conftest import Rest
from backend.chat.tests.rest.test_search import say
from backend.chat.turns import Turns
from backend.llm.echo import EchoLLM

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works(rest: Rest, user: User) -> None:
    session = await sync_to_async(say)(user, "🙂 오늘 날짜를\n알려 줘", title="일정")
    body = (await rest.get(f"search/?q={quote('날짜')}")).json()
    [hit] = [HitRow.model_validate_json(_json(row)) for row in body["results"]]
    assert (hit.kind, hit.session, hit.session_title, hit.role) == ("message", session.pk, "일정", "user")
    assert (hit.snippet, hit.ranges) == ("🙂 오늘 날짜를 알려 줘", [(5, 7)])
    assert body["next"] is None


async def test_a_reply_is_found_when_it_has_ended(rest: Rest, turns: Turns, echo: EchoLLM, chat: ChatSession) -> None:
    sent = (await rest.post(f"sessions/{chat.pk}/messages/", content="질문")).json()
    assert (await rest.get("search/?q=word7")).json()["results"] == []
    await echo.release_all()
    assert await turns.wait(sent["reply"]["id"], 5)
    [hit] = (await rest.get("search/?q=word7")).json()["results"]
    assert hit["message"] == sent["reply"]["id"]


async def test_pages(rest: Rest, user: User) -> None:
    await sync_to_async(say)(user, *(f"사과 {n}" for n in range(45)))
    address, seen = "search/?q=사과&limit=20", []
    while address:
        body = (await rest.get(address)).json()
        seen += [row["snippet"] for row in body["results"]]
        address = body["next"]
    assert seen == [f"사과 {n}" for n in reversed(range(45))]


@pytest.mark.parametrize(
    "query", ["", "q=", "q=%20", "q=" + "x" * 201, "q=%00", "q=a&limit=0", "q=a&limit=x", "q=a&cursor=x"]
)
async def test_bad_questions_are_told_so(rest: Rest, query: str) -> None:
    answer = await rest.get(f"search/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")


@pytest.mark.parametrize(
    "words", ['"', "a* OR b", "NEAR(x)", "%FF", "'; DROP TABLE chat_search;--", "!!!", "\ud83d\ude42"]
)
async def test_no_words_break_it(rest: Rest, words: str) -> None:
    answer = await rest.get(f"search/?q={quote(words, errors='surrogatepass')}")
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def _json(row: object) -> str:
    return json.dumps(row)
