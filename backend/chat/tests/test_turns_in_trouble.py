"""Replies whose engine, disk, channel layer or owner fails: what is kept, what is told, what ends."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.db.backends.signals import connection_created

from backend.accounts.models import User
from backend.chat import actions, search
from backend.chat.events import session_group
from backend.chat.models import ChatSession, Message
from backend.chat.tests.ears import Listener
from backend.chat.tests.replies import asked, row
from backend.chat.turns import Turns
from backend.lib.storage import in_db
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.errors import EngineLost, LLMError, QueueFull
from backend.llm.types import Delta

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def test_an_error_before_the_first_word_fails_the_reply(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    echo.fail_next(QueueFull(retry_after_s=7))
    async with Listener(session_group(chat.pk)) as ear:
        queued = await asked(user, chat)
        error = await ear.next("ai_error")
        assert (error["code"], error["retryable"], error["retry_after_s"]) == ("queue_full", True, 7)
        complete = (await ear.next("ai_complete"))["message"]
        assert (complete["id"], complete["status"], complete["error_code"]) == (queued.pk, "failed", "queue_full")


async def test_an_error_in_the_middle_keeps_the_text(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    echo.fail_next(LLMError(), after=3)
    async with Listener(session_group(chat.pk)) as ear:
        queued = await asked(user, chat)
        await echo.release_all()
        assert (await ear.next("ai_error"))["code"] == "llm_error"
        assert (await ear.next("ai_complete"))["message"]["content"] == echo_text(3)
    reply = await row(queued)
    assert (reply.status, reply.finish_reason, reply.error_code) == ("interrupted", "error", "llm_error")
    await actions.continue_reply(user, queued.pk)
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await row(queued)
    assert (reply.content, reply.status, reply.error_code) == (echo_text(10), "complete", "")


async def test_a_reply_cut_by_its_engine_is_told_and_goes_on_by_itself(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    echo.fail_next(EngineLost(), after=3)
    echo.fail_next(EngineLost(), after=0)
    async with Listener(session_group(chat.pk)) as ear:
        queued = await asked(user, chat)
        await echo.release_all()
        for _ in range(2):
            assert (await ear.next("ai_error"))["code"] == "engine_lost"
            assert (await ear.next("ai_queued"))["message_id"] == queued.pk
        complete = (await ear.next("ai_complete"))["message"]
    assert (complete["content"], complete["status"], complete["error_code"]) == (echo_text(10), "complete", None)
    assert complete["token_count"] == 10
    assert [request.continue_last for request in echo.requests] == [False, True, True]


async def test_a_reply_that_engines_die_of_is_not_tried_for_ever(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    for _ in range(3):
        echo.fail_next(EngineLost(), after=2)
    queued = await asked(user, chat)
    await echo.release_all()
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await row(queued)
    assert (reply.status, reply.error_code, reply.content) == ("interrupted", "engine_lost", echo_text(6))


async def test_a_model_that_is_not_there_fails_the_reply(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    await actions.update_config(user, chat.pk, model="nobody")
    queued = await asked(user, chat)
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await Message.objects.aget(pk=queued.pk)
    assert (reply.status, reply.error_code) == ("failed", "model_not_found")


async def test_a_reply_that_was_lost_is_not_overwritten(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    queued = await asked(user, chat)
    await echo.release(2)
    await Message.objects.filter(pk=queued.pk).aupdate(status="stopped", owner="", content="word1")
    await echo.release(1)
    await echo.wait_idle()  # the journal found out
    reply = await Message.objects.aget(pk=queued.pk)
    assert (reply.content, reply.status) == ("word1", "stopped")


async def test_a_reply_whose_owner_is_silent_is_stopped_all_the_same(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.chat.turns.STOP_S", 0.05)
    orphan = await Message.objects.acreate(
        session=chat, role="assistant", status="streaming", owner="x.1.y", content="half"
    )
    async with Listener(session_group(chat.pk)) as ear:
        assert (await actions.stop_reply(user, orphan.pk)).status == "stopped"
        assert (await ear.next("ai_complete"))["message"]["content"] == "half"
    assert [hit.message_id for hit in await in_db(search.find, user, "half")] == [orphan.pk]


async def test_a_full_disk_is_told_and_ends_no_reply(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, full_disk: Any
) -> None:
    queued = await asked(user, chat)
    await echo.release(1)
    await sync_to_async(full_disk.take_free_pages)()
    async with Listener(session_group(chat.pk)) as ear:
        full_disk.is_full = True
        await turns._storage.run(full_disk.meet)
        turns._turns[queued.pk]._text.write("x" * 300_000)
        error = await ear.next("ai_error")
        assert (error["code"], error["retryable"]) == ("storage_full", True)
        await echo.release_all()
        await echo.wait_idle()
        assert turns.n_live == 1, "it waits for room"
        full_disk.is_full = False
        await turns._storage.run(full_disk.meet)
        assert len((await ear.next("ai_complete"))["message"]["content"]) > 300_000


@pytest.fixture
def full_disk() -> Any:
    """SQLite's own "database or disk is full", at the page it has now."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own limit")

    class Disk:
        is_full = False

        def take_free_pages(self) -> None:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")

        def meet(self) -> None:
            """This thread's next connection is the first to be limited, or not any more."""
            connection.close()

        def limit(self, connection: Any, **kwargs: Any) -> None:
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    n_pages = cursor.execute("PRAGMA page_count").fetchone()[0] if self.is_full else 2**30
                    cursor.execute(f"PRAGMA max_page_count = {n_pages}")

    disk = Disk()
    connection_created.connect(disk.limit)
    yield disk
    connection_created.disconnect(disk.limit)


@pytest.mark.parametrize("failure", [ZeroDivisionError(), None])
async def test_an_engine_that_breaks_its_contract_fails_the_reply_only(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, failure: Exception | None
) -> None:
    class Broken(EchoLLM):
        async def stream(self, request: Any) -> Any:
            yield Delta("half")
            if failure is not None:
                raise failure

    broken = Broken(n_tokens=10, rate=0)
    turns._llm = lambda: broken
    queued = await asked(user, chat)
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await Message.objects.aget(pk=queued.pk)
    assert (reply.status, reply.error_code, reply.content) == ("interrupted", "llm_error", "half")


async def test_a_turn_does_not_wait_for_an_engine_that_does_not_tell_its_models(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    class Silent(EchoLLM):
        n_asked = 0

        async def models(self) -> Any:
            self.n_asked += 1
            if self.n_asked == 1:
                await asyncio.Event().wait()
            return await super().models()

    silent = Silent(n_tokens=10, rate=0)
    turns._llm = lambda: silent
    queued = await asked(user, chat)
    assert await turns.wait(queued.pk, timeout_s=20)
    assert (await row(queued)).content == echo_text(10)


async def test_a_layer_that_is_away_does_not_end_a_reply(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, settings: Any
) -> None:
    queued = await asked(user, chat)
    await echo.release(1)
    await get_channel_layer().flush()
    nowhere = {
        "BACKEND": "backend.chat_project.shared_layer.SharedChannelLayer",
        "CONFIG": {"url": "unix:///nowhere.sock"},
    }
    settings.CHANNEL_LAYERS = {"default": nowhere}
    await echo.release_all()
    assert await turns.wait(queued.pk, timeout_s=5)
    assert (await row(queued)).content == echo_text(10)


async def test_the_journal_does_not_wait_behind_the_ends_of_replies(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    queued = await asked(user, chat)
    may_go = threading.Event()
    busy = asyncio.create_task(turns._storage.run(may_go.wait, 30))
    try:
        await echo.release(3)
        async with asyncio.timeout(20):
            while (await row(queued)).content != echo_text(3):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert not busy.done()
    finally:
        may_go.set()
        await busy
    await echo.release_all()


async def test_what_may_be_anothers_by_now_is_not_shown(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Listener(session_group(chat.pk)) as ear:
        queued = await asked(user, chat)
        await echo.release(1)
        await ear.next("ai_chunk")
    assert [live.text for live in turns.live(chat.pk).values()] == [echo_text(1)]
    with monkeypatch.context() as starved:
        starved.setattr("backend.chat.journal.LEASE_S", 0.0)
        assert turns.live(chat.pk) == {}, "another process may tell another text by now"
        assert turns.get(queued.pk) is None
    await echo.release_all()
