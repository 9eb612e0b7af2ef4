"""Whatever is cut, whenever: the text shown equals the text stored, on every tab."""

from __future__ import annotations

import uuid
from contextlib import AsyncExitStack

import pytest
from channels.layers import get_channel_layer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.consumers import ChatConsumer
from backend.chat.models import ChatSession, Message
from backend.chat.tests.socket_client import Socket
from backend.chat.turns import Turns
from backend.llm.echo import EchoLLM, echo_text

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

steps = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["cut", "stay", "resync", "resend"])), max_size=6)


@given(plan=steps)
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
async def test_a_reader_cut_anywhere_shows_what_is_stored(
    plan: list[tuple[int, str]], user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    echo.is_stepped = True
    session = await actions.create_session(user)
    question = {"type": "chat_message", "client_id": str(uuid.uuid4()), "message": "count"}
    async with AsyncExitStack() as watching:
        witness = await watching.enter_async_context(Socket.chat(user, session.pk))
        tab = await Socket.chat(user, session.pk).__aenter__()
        await tab.send(question)
        message_id = (await tab.next("message_created"))["reply"]["id"]
        n_left = 9  # the last word is kept back: a stream that has ended cannot be stepped
        for n_words, deed in plan:
            if n_words and n_left:
                await echo.release(min(n_words, n_left), str(message_id))
                n_left -= min(n_words, n_left)
            if deed == "cut":
                shown = tab.texts.get(message_id, "")
                await tab.leave()
                tab = await Socket.chat(user, session.pk).__aenter__()
                await tab.next("session_state")
                assert tab.texts[message_id].startswith(shown)
            elif deed == "resync":
                await tab.send({"type": "resync", "message_id": message_id})
                await tab.next("ai_snapshot")
            elif deed == "resend":
                await tab.send(question)
                assert (await tab.next("message_created"))["reply"]["id"] == message_id
        await echo.release_all()
        shown = [await tab.until_ended(message_id), await witness.until_ended(message_id)]
        await tab.leave()
    stored = await Message.objects.aget(pk=message_id)
    assert shown == [stored.content, stored.content] == [echo_text(10)] * 2
    assert await Message.objects.filter(session=session).acount() == 2


async def test_chunks_that_never_came_are_asked_for_again(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    """As if another process made the reply: the socket's process has no text, the client resyncs, the owner answers."""
    other = Turns(is_alone=False)
    from backend.chat.turns import use_turns

    sent = await actions.submit_message(user, chat.pk, content="count")
    assert sent.reply
    await echo.release(3)
    use_turns(other)
    async with Socket.chat(user, chat.pk) as tab:
        await tab.next("session_state")
        assert (await tab.next("ai_snapshot"))["text"] == echo_text(3)
        await tab.send({"type": "resync", "message_id": sent.reply.pk})
        assert (await tab.next("ai_snapshot"))["text"] == echo_text(3)
        await tab.send({"type": "stop", "message_id": sent.reply.pk})
        assert await tab.until_ended(sent.reply.pk) == echo_text(3)
    use_turns(turns)
    await other.close()


async def test_a_reader_that_never_acknowledges_is_closed_and_the_others_see_all(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChatConsumer, "stall_s", 0.3)
    echo.n_tokens = 15_000
    await actions.update_config(user, chat.pk, max_tokens=20_000)
    async with Socket.chat(user, chat.pk, acks=False) as stalled, Socket.chat(user, chat.pk) as reader:
        await reader.ask("count")
        message_id = (await reader.next("message_created"))["reply"]["id"]
        await echo.release_all()
        assert await reader.until_ended(message_id) == echo_text(15_000)
        assert await stalled.close_code() == 4408
        assert len(stalled.texts[message_id]) < 64 * 1024 + 16_000 + 1


async def test_an_acknowledgement_lets_a_slow_reader_catch_up(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    echo.n_tokens = 15_000
    await actions.update_config(user, chat.pk, max_tokens=20_000)
    async with Socket.chat(user, chat.pk, acks=False) as slow:
        await slow.ask("count")
        message_id = (await slow.next("message_created"))["reply"]["id"]
        await echo.release_all()
        assert await turns.wait(message_id, timeout_s=20)
        while len(slow.texts[message_id]) < 64 * 1024:
            await slow.next("ai_chunk")
        shown = len(slow.texts[message_id])
        await slow.send({"type": "ack", "message_id": message_id, "offset": shown})
        assert await slow.until_ended(message_id) == echo_text(15_000)


async def test_a_lost_end_is_found_by_looking(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when Redis was away: the events of the last words and of the end never came."""
    monkeypatch.setattr(ChatConsumer, "silence_s", 0.05)
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        message_id = (await tab.next("message_created"))["reply"]["id"]
        await echo.release(2)
        await tab.next("ai_chunk")
        await get_channel_layer().flush()
        await echo.release(2)
        while tab.texts[message_id] != echo_text(4):
            await tab.next("ai_chunk")
        await echo.release_all()
        assert await tab.until_ended(message_id) == echo_text(10)
