"""Titles: the first words at once, then the model's own, asked for behind the conversation's own prompt."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from backend.accounts.models import User
from backend.chat import actions, turn_rows
from backend.chat.models import ChatSession, Message
from backend.chat.titles import clean, first_words, fits
from backend.chat.titling import title_request
from backend.chat.turns import Turns, use_turns
from backend.lib.clock import monotonic_s
from backend.llm.echo import EchoLLM
from backend.llm.process import LocalLLM
from backend.llm.service import use_service
from backend.llm.types import ChatMessage, GenerateRequest


@pytest_asyncio.fixture
async def local(tiny_llm: LocalLLM, layer: str) -> AsyncIterator[LocalLLM]:
    use_service(tiny_llm)
    turns = Turns()
    use_turns(turns)
    yield tiny_llm
    await turns.close()
    use_turns(None)
    use_service(None)


async def ask(user: User, chat: ChatSession, text: str) -> Message:
    reply = (await actions.submit_message(user, chat.pk, content=text)).reply
    assert reply is not None
    began_s = monotonic_s()
    while monotonic_s() - began_s < 30:
        row = await Message.objects.select_related("session", "metadata").aget(pk=reply.pk)
        if not row.is_live:
            return row
        await asyncio.sleep(0.02)
    raise AssertionError("the reply did not end")


async def requests_when_idle(llm: LocalLLM, at_least: int) -> int:
    while (stats := await llm.stats()).requests_total < at_least or stats.n_running or stats.n_queued:  # noqa: ASYNC110 - another process's state has no event
        await asyncio.sleep(0.02)
    return stats.requests_total


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_the_model_gives_the_title_out_of_the_cached_conversation_and_leaves_that_in_the_cache(
    user: User, local: LocalLLM
) -> None:
    chat = await actions.create_session(user)
    before = await local.stats()
    reply = await ask(user, chat, "Hello! What is Maru?")
    assert reply.status == "complete"
    assert await requests_when_idle(local, before.requests_total + 2) == before.requests_total + 2
    cached = (await local.stats()).cached_tokens_total - before.cached_tokens_total - reply.metadata.cached_tokens
    n_conversation = reply.metadata.prompt_tokens + (reply.token_count or 0)
    assert cached >= n_conversation - 3  # the reply's end, and what the template puts behind it, are read again
    while (title := (await ChatSession.objects.aget(pk=chat.pk)).title) == first_words("Hello! What is Maru?"):  # noqa: ASYNC110 - another process's state has no event
        await asyncio.sleep(0.02)
    assert 0 < len(title) <= 60
    again = await ask(user, chat, "고마워")
    assert again.metadata.cached_tokens >= n_conversation - 3
    assert await requests_when_idle(local, 0) == before.requests_total + 3  # one title is enough


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_temporary_chat_is_not_shown_to_the_model_again(user: User, local: LocalLLM) -> None:
    chat = await actions.create_session(user, is_temporary=True)
    before = (await local.stats()).requests_total
    await ask(user, chat, "안녕?")
    await asyncio.sleep(0.1)
    assert await requests_when_idle(local, before + 1) == before + 1


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_words_of_the_echo_engine_are_no_title(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    reply = (await actions.submit_message(user, chat.pk, content="count")).reply
    assert reply is not None
    await echo.release_all()
    assert await turns.wait(reply.pk, timeout_s=5)
    assert len(echo.requests) == 1
    assert (await ChatSession.objects.aget(pk=chat.pk)).title == "count"


@pytest.mark.django_db
def test_a_title_that_somebody_gave_meanwhile_stays(user: User) -> None:
    chat = ChatSession.objects.create(user=user, title="Mine")
    assert turn_rows.retitle(chat.pk, "first words", "The model's") is None
    row = turn_rows.retitle(chat.pk, "Mine", "The model's")
    assert row is not None
    assert row["title"] == "The model's"
    assert turn_rows.retitle(chat.pk + 1, "Mine", "x") is None


def test_the_title_is_asked_for_behind_the_reply_as_batch_work() -> None:
    history = (ChatMessage("system", "s"), ChatMessage("user", "q"))
    asked = GenerateRequest("7", (*history, ChatMessage("assistant", "half")), continue_last=True, user="3")
    request = title_request(asked, "half and half")
    assert request.messages[:3] == (*history, ChatMessage("assistant", "half and half"))
    assert (request.priority, request.user, request.continue_last) == ("batch", "3", False)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('"The **house** on the hill."', "The house on the hill"),
        ("\n\n제목: 마루의 역사\n설명은 이렇습니다", "마루의 역사"),
        ("Title: “Rice”", "Rice"),
        ("\x00 \n", ""),
        ("a" * 200, "a" * 59 + "…"),
    ],
)
def test_an_answer_becomes_a_title(said: str, title: str) -> None:
    assert clean(said) == title


@pytest.mark.parametrize(
    ("title", "question", "is_fit"),
    [
        ("인사", "안녕?", True),
        ("Python 파일 읽기", "파이썬으로 파일을 읽는 법", True),
        ("A small subtraction", "제 이름은 도람슬이에요.", False),
        ("A casual greeting", "ㅎㅇ", False),
        ("A small subtraction", unicodedata.normalize("NFD", "제 이름은 도람슬이에요."), False),
        ("A greeting", "Hello there", True),
        ("인사", "Hello there", True),
    ],
)
def test_a_title_that_the_reader_of_korean_cannot_read_is_none(title: str, question: str, is_fit: bool) -> None:
    assert fits(title, question) is is_fit
