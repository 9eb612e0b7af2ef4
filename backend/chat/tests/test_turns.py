"""Replies: made, stopped, failed, continued, queued behind each other. No sockets here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.db.backends.signals import connection_created

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.events import session_group
from backend.chat.models import ChatSession, Message
from backend.chat.tests.ears import Listener
from backend.chat.turns import Turns, use_turns
from backend.lib.clock import monotonic_s
from backend.lib.errors import Conflict, TooManyRequests
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.errors import EngineLost, LLMError, QueueFull
from backend.llm.types import Delta, SamplingParams

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def row(message: Message) -> Message:
    return await Message.objects.select_related("session", "metadata").aget(pk=message.pk)


async def asked(user: User, chat: ChatSession, text: str = "count", **more: Any) -> Message:
    """The queued reply to a new message."""
    reply = (await actions.submit_message(user, chat.pk, content=text, **more)).reply
    assert reply is not None
    return reply


async def test_it_works(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    queued = await asked(user, chat, "What is a maru?")
    await echo.release_all()
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await row(queued)
    assert (reply.content, reply.status, reply.finish_reason) == (echo_text(10), "complete", "stop")
    assert (reply.token_count, reply.model, reply.owner, reply.lease_expires_at) == (10, "echo", "", None)
    assert (reply.metadata.engine, reply.metadata.completion_tokens) == ("echo", 10)
    assert reply.metadata.rendered_prompt.endswith("user: What is a maru?")
    assert reply.session.active_leaf_id == reply.pk
    assert reply.session.title == "What is a maru?"
    assert turns.n_live == 0


async def test_stop_keeps_the_text_so_far_and_frees_the_slot(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    queued = await asked(user, chat)
    await echo.release(4)
    began_s = monotonic_s()
    stopped = await actions.stop_reply(user, queued.pk)
    await echo.wait_idle()
    assert monotonic_s() - began_s < 0.5
    assert (stopped.content, stopped.status, stopped.finish_reason) == (echo_text(4), "stopped", "abort")
    assert (await row(queued)).metadata.seed is not None
    again = await actions.stop_reply(user, queued.pk)
    assert again.status == "stopped", "stopping what has ended changes nothing"


async def test_a_storm_of_stops_frees_every_slot(user: User, turns: Turns, echo: EchoLLM) -> None:
    chats = [await actions.create_session(user) for _ in range(30)]
    replies = [await asked(user, chat) for chat in chats]
    await echo.wait_running(30)
    await echo.release(2)
    began_s = monotonic_s()
    stopping = asyncio.gather(*(actions.stop_reply(user, reply.pk) for reply in replies))
    await echo.wait_idle()
    assert monotonic_s() - began_s < 0.5
    stopped = await stopping
    assert {(reply.status, reply.content) for reply in stopped} == {("stopped", echo_text(2))}
    assert turns.n_live == 0


async def test_a_reply_that_waits_can_be_stopped(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    first = await asked(user, chat)
    second = await asked(user, chat)
    await echo.release(1)
    assert (await actions.stop_reply(user, second.pk)).status == "stopped"
    assert (await actions.stop_reply(user, first.pk)).content == "word1"
    assert len(echo.requests) == 1


async def test_a_message_sent_meanwhile_is_stored_and_waits(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    first = await asked(user, chat, "one")
    await echo.release(2)
    async with Listener(session_group(chat.pk)) as ear:
        second = await asked(user, chat, "two")
        assert (await ear.next("ai_queued"))["position"] == 1
    assert (await Message.objects.aget(pk=second.pk)).status == "queued"
    assert len(echo.requests) == 1
    await echo.release_all()
    assert await turns.wait(second.pk, timeout_s=5)
    assert (await row(first)).status == (await row(second)).status == "complete"
    given = [(message.role, message.content) for message in echo.requests[1].messages[1:]]
    assert given == [("user", "one"), ("assistant", echo_text(10)), ("user", "two")]


async def test_a_session_holds_so_many_waiting_replies(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    for _ in range(8):
        await asked(user, chat)
    with pytest.raises(TooManyRequests):
        await asked(user, chat)


async def test_continue_lets_the_same_message_grow(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    queued = await asked(user, chat)
    await echo.release(4)
    await actions.stop_reply(user, queued.pk)
    with pytest.raises(Conflict):
        await actions.continue_reply(user, (await row(queued)).parent_id or 0)
    await actions.continue_reply(user, queued.pk)
    with pytest.raises(Conflict):
        await actions.continue_reply(user, queued.pk)
    await echo.release_all()
    assert await turns.wait(queued.pk, timeout_s=5)
    request = echo.requests[-1]
    assert request.continue_last
    assert request.messages[-1].content == echo_text(4)
    reply = await row(queued)
    assert (reply.content, reply.status, reply.token_count) == (echo_text(10), "complete", 10)
    with pytest.raises(Conflict):
        await actions.continue_reply(user, queued.pk)


async def test_a_stop_right_after_continue_loses_nothing(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    queued = await asked(user, chat)
    await echo.release(4)
    await actions.stop_reply(user, queued.pk)
    await actions.continue_reply(user, queued.pk)
    assert (await actions.stop_reply(user, queued.pk)).content == echo_text(4)


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


async def test_settings_and_overrides_shape_the_request(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    await actions.update_config(user, chat.pk, temperature=0.1, max_tokens=3, stop=["END"], system_prompt="Be brief.")
    await echo.release_all()
    queued = await asked(user, chat)
    await turns.wait(queued.pk, timeout_s=5)
    first = echo.requests[-1]
    assert (first.params.temperature, first.params.max_tokens, first.params.stop) == (0.1, 3, ("END",))
    assert first.messages[0].content == "Be brief."
    assert ((await row(queued)).finish_reason, (await row(queued)).content) == ("length", echo_text(3))
    again = await actions.regenerate(user, queued.pk, overrides={"temperature": 1.5, "seed": 7})
    await turns.wait(again.pk, timeout_s=5)
    assert (echo.requests[-1].params.temperature, echo.requests[-1].params.seed) == (1.5, 7)
    shaped = (await row(again)).metadata.model_params
    assert shaped | {"temperature": 1.5, "seed": 7, "max_tokens": 3, "stop": ["END"]} == shaped
    assert shaped["top_p"] == SamplingParams().top_p
    longer = await actions.continue_reply(user, queued.pk)
    await turns.wait(longer.pk, timeout_s=5)
    assert (await row(queued)).content == echo_text(6)


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


async def test_another_process_stops_ours(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    queued = await asked(user, chat)
    await echo.release(3)
    other = Turns(is_alone=False)
    use_turns(other)
    assert (await actions.stop_reply(user, queued.pk)).content == echo_text(3)
    await echo.wait_idle()
    use_turns(turns)
    await other.close()


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


async def test_text_comes_at_once_and_then_in_few_frames(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    echo.n_tokens = 1000
    async with Listener(session_group(chat.pk)) as ear:
        queued = await asked(user, chat)
        await echo.release(1)
        assert (await ear.next("ai_chunk"))["chunk"] == "word1"
        began_s = monotonic_s()
        await echo.release_all()
        await turns.wait(queued.pk, timeout_s=20)
        n_frames_allowed = 2 + (monotonic_s() - began_s) / 0.040
        await ear.next("ai_complete")
        chunks = [frame for frame in ear.frames if frame["type"] == "ai_chunk"]
        assert len(chunks) <= n_frames_allowed
        assert "".join(frame["chunk"] for frame in chunks) == echo_text(1000)


async def test_nul_from_a_model_is_left_out(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    queued = await asked(user, chat)
    await echo.release(1)
    turns._turns[queued.pk]._text.write("\x00!")
    assert (await actions.stop_reply(user, queued.pk)).content == "word1!"


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


async def test_an_endless_reply_is_cut(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.chat.turn_text.MAX_REPLY_CHARS", 20)
    queued = await asked(user, chat)
    await echo.release_all()
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await Message.objects.aget(pk=queued.pk)
    assert (reply.status, len(reply.content) < 30) == ("stopped", True)


async def test_a_place_in_the_engines_queue_is_told(user: User, turns: Turns, echo: EchoLLM) -> None:
    echo.n_slots = 1
    first, second = [await actions.create_session(user) for _ in range(2)]
    await asked(user, first)
    await echo.wait_running(1)
    async with Listener(session_group(second.pk)) as ear:
        await asked(user, second)
        assert (await ear.next("ai_queued"))["position"] == 1
        await echo.release_all()
        assert (await ear.next("ai_start"))["model"] == "echo"


async def test_a_session_deleted_meanwhile_ends_what_waits_too(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    await asked(user, chat)
    await asked(user, chat)
    await echo.release(1)
    await actions.delete_session(user, chat.pk)
    await echo.wait_idle()
    assert not await Message.objects.filter(status__in=Message.LIVE).aexists()


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
