"""Replies: made, stopped, failed, continued, queued behind each other. No sockets here."""

from __future__ import annotations

import asyncio

import pytest

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.events import session_group
from backend.chat.models import ChatSession, Message
from backend.chat.tests.ears import Listener
from backend.chat.tests.replies import asked, row
from backend.chat.turns import Turns, use_turns
from backend.lib.clock import monotonic_s
from backend.lib.errors import Conflict, TooManyRequests
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.types import SamplingParams

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


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
    stopped = await actions.stop_reply(user, queued.pk)
    await echo.wait_idle()
    assert (stopped.content, stopped.status, stopped.finish_reason) == (echo_text(4), "stopped", "abort")
    assert (await row(queued)).metadata.seed is not None
    again = await actions.stop_reply(user, queued.pk)
    assert again.status == "stopped", "stopping what has ended changes nothing"


async def test_a_storm_of_stops_frees_every_slot(user: User, turns: Turns, echo: EchoLLM) -> None:
    chats = [await actions.create_session(user) for _ in range(30)]
    replies = [await asked(user, chat) for chat in chats]
    await echo.wait_running(30)
    await echo.release(2)
    stopping = asyncio.gather(*(actions.stop_reply(user, reply.pk) for reply in replies))
    await echo.wait_idle()
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


async def test_another_process_stops_ours(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    queued = await asked(user, chat)
    await echo.release(3)
    other = Turns(is_alone=False)
    use_turns(other)
    assert (await actions.stop_reply(user, queued.pk)).content == echo_text(3)
    await echo.wait_idle()
    use_turns(turns)
    await other.close()


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


async def test_an_endless_reply_is_cut(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.chat.turn_text.MAX_REPLY_CHARS", 20)
    queued = await asked(user, chat)
    await echo.release_all()
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await Message.objects.aget(pk=queued.pk)
    assert (reply.status, reply.content) == ("stopped", echo_text(10)[:20])
    await actions.continue_reply(user, queued.pk)
    assert await turns.wait(queued.pk, timeout_s=5)
    reply = await Message.objects.aget(pk=queued.pk)
    assert (reply.status, reply.content) == ("stopped", echo_text(10)[:20])


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
