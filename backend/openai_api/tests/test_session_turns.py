"""How a turn of a session ends for who asked for it over /v1: what did not come to its end is told as that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import ChatSession
from backend.chat.tests.conftest import chat, layer, turns
from backend.chat.tests.conftest import echo as stepped_echo
from backend.chat.tests.test_screening import rule
from backend.chat.turns import Turns
from backend.lib.errors import AppError, NotFound
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.errors import LLMError, QueueFull
from backend.llm.types import ChatMessage
from backend.moderation.errors import AnswerModerated
from backend.openai_api.choices import Choice
from backend.openai_api.errors import handle, response_of
from backend.openai_api.sessions import ReplyFailed, SessionTurn

__all__ = ["chat", "layer", "turns"]
pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
echo = stepped_echo  # not this package's server


class Asked:
    """A turn that has begun; `read` takes it to its end."""

    def __init__(self, user: User, chat: ChatSession) -> None:
        self._turn, self.choice = SessionTurn(user, chat.pk, ChatMessage("user", "hello")), Choice()

    async def __aenter__(self) -> Any:
        await self._turn.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._turn.close()

    async def read(self) -> AppError | None:
        try:
            async for batch in self._turn.batches():
                for _, event in batch:
                    self.choice.feed(event)
        except AppError as error:
            return error
        return None


async def test_it_works(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    async with Asked(user, chat) as asked:
        await echo.release_all()
        assert await asked.read() is None
    assert (asked.choice.text, asked.choice.finish_reason) == (echo_text(10), "stop")


async def test_half_an_answer_is_not_told_as_a_whole_one(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    echo.fail_next(LLMError(), after=3)
    async with Asked(user, chat) as asked:
        await echo.release_all()
        error = await asked.read()
    assert asked.choice.text == echo_text(3)
    assert isinstance(error, ReplyFailed)
    assert error.params == {"code": "llm_error"}


async def test_clients_do_not_ask_again_by_themselves_what_is_stored_already() -> None:
    assert response_of(ReplyFailed(code="llm_error")).headers["x-should-retry"] == "false"
    refused = handle(NotFound(), {})
    assert refused is not None
    assert refused.headers["x-should-retry"] == "false"
    assert "x-should-retry" not in response_of(QueueFull(retry_after_s=1)).headers


async def test_an_answer_that_a_rule_ended_says_so(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    await rule("word4", "refuse", "out")
    async with Asked(user, chat) as asked:
        await echo.release_all()
        error = await asked.read()
    assert asked.choice.text == "word1 word2 word3 "
    assert isinstance(error, AnswerModerated)


async def test_a_session_that_is_erased_meanwhile_is_missing(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    async with Asked(user, chat) as asked:
        await echo.release(2)
        await actions.erase_session(chat.pk, lambda: None)
        assert isinstance(await asked.read(), NotFound)


async def test_who_stops_it_by_hand_has_what_was_written(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    async with Asked(user, chat) as asked:
        await echo.release(2)
        (reply,) = [message async for message in chat.messages.filter(role="assistant")]
        await actions.stop_reply(user, reply.pk)
        assert await asked.read() is None
    assert (asked.choice.text, asked.choice.finish_reason) == (echo_text(2), "stop")


async def test_a_watch_that_fails_says_nothing_about_the_key(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    watched = asyncio.Event()

    async def ended() -> None:
        watched.set()
        raise OSError

    turn = SessionTurn(user, chat.pk, ChatMessage("user", "hello"), ended)
    choice = Choice()
    await turn.begin()
    await watched.wait()
    await echo.release_all()
    async for batch in turn.batches():
        for _, event in batch:
            choice.feed(event)
    await turn.close()
    assert choice.text == echo_text(10)
