"""The chat socket: joining, frames, events, closing."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import get_channel_layer

from backend.accounts.logins import announce_ended
from backend.accounts.models import User
from backend.chat import actions, snapshot
from backend.chat.consumers import ChatConsumer
from backend.chat.events import SERVER_FRAMES
from backend.chat.models import ChatSession, Message
from backend.chat.tests.socket_client import Socket
from backend.chat.turns import Turns, get_turns
from backend.lib import clock
from backend.lib.errors import Unavailable
from backend.lib.storage import in_db
from backend.llm.echo import EchoLLM, echo_text

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("layer", ["local", "redis"], indirect=True),
]

CLASSES = {c.model_fields["type"].default: c for c in SERVER_FRAMES}


async def test_it_works(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        assert tab.subprotocol == "maru.v1"
        state = await tab.next()
        assert state["type"] == "session_state"
        assert (state["session"]["id"], state["messages"], state["live"]) == (chat.pk, [], [])
        client_id = await tab.ask("What is a maru?")
        created = await tab.next("message_created")
        assert (created["client_id"], created["reply"]["status"]) == (client_id, "queued")
        await echo.release(1)
        chunk = await tab.next("ai_chunk")
        assert (chunk["offset"], chunk["chunk"]) == (0, "word1")
        await echo.release_all()
        complete = await tab.next("ai_complete")
        assert complete["message"]["content"] == tab.texts[chunk["message_id"]] == echo_text(10)
        await tab.next("session_updated")
    assert [frame["type"] for frame in tab.frames[:4]] == ["session_state", "message_created", "ai_start", "ai_chunk"]
    for frame in tab.frames:
        assert CLASSES[frame["type"]].model_validate(frame).wire() == frame


async def test_stop_is_heard_while_the_reply_runs_and_keeps_the_text(
    user: User, chat: ChatSession, echo: EchoLLM
) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        reply = (await tab.next("message_created"))["reply"]
        await echo.release(3)
        await tab.next("ai_chunk")
        await tab.send({"type": "stop", "message_id": reply["id"]})
        row = (await tab.next("ai_complete"))["message"]
        assert (row["content"], row["status"], row["finish_reason"]) == (echo_text(3), "stopped", "abort")
        await echo.wait_idle()


async def test_text_does_not_wait_behind_the_database(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        await tab.next("message_created")
        may_go = threading.Event()
        busy = asyncio.create_task(in_db(may_go.wait, 30))
        try:
            await echo.release(1)
            assert (await tab.next("ai_chunk"))["chunk"] == "word1"
            await tab.send({"type": "ping"})
            await tab.next("pong")
            assert not busy.done()
        finally:
            may_go.set()
            await busy


async def test_a_resend_that_waited_for_the_database_is_not_told_the_text_twice(
    user: User, chat: ChatSession, echo: EchoLLM
) -> None:
    frame = {"type": "chat_message", "client_id": str(uuid.uuid4()), "message": "once"}
    async with Socket.chat(user, chat.pk) as other, Socket.chat(user, chat.pk) as tab:
        await other.send(frame)
        await tab.next("message_created")
        may_go = threading.Event()
        busy = asyncio.create_task(in_db(may_go.wait, 30))
        try:
            await tab.send(frame)
            for _ in range(20):
                await asyncio.sleep(0)  # it is taken, and from now on chunks wait behind it
            await echo.release(3)
            while echo_text(3) not in other.texts.values():
                await other.next("ai_chunk")
        finally:
            may_go.set()
            await busy
        again = (await tab.next("message_created"))["reply"]
        assert again["content"] == echo_text(3)
        n_before = len(tab.frames)
        await echo.release_all()
        await tab.next("ai_complete")
    offsets = [frame["offset"] for frame in tab.frames[n_before:] if frame["type"] == "ai_chunk"]
    assert offsets, "the rest came"
    assert min(offsets) >= len(again["content"])


async def test_a_reply_that_ends_while_a_socket_opens_does_not_shrink_to_its_row(
    user: User, chat: ChatSession, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    appear = ChatConsumer.appear
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        reply_id = (await tab.next("message_created"))["reply"]["id"]
        await echo.release(3)
        while echo_text(3) not in tab.texts.values():
            await tab.next("ai_chunk")

        async def appear_after_the_end(consumer: ChatConsumer) -> None:
            await echo.release_all()
            assert await get_turns().wait(reply_id, 30)
            await appear(consumer)

        monkeypatch.setattr(ChatConsumer, "appear", appear_after_the_end)
        async with Socket.chat(user, chat.pk) as late:
            (live,) = (await late.next("session_state"))["live"]
            assert live["message_id"] == reply_id
            assert live["text"].startswith(echo_text(3)), "shown before, and its row may be a tick behind"
            assert (await late.next("ai_complete"))["message"]["content"] == echo_text(10)


async def test_a_reply_that_ends_while_a_socket_opens_does_not_shrink_below_its_row(
    user: User, chat: ChatSession, echo: EchoLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = ChatConsumer.look
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        reply_id = (await tab.next("message_created"))["reply"]["id"]
        await echo.release(1)
        await tab.next("ai_chunk")

        async def look_late(consumer: ChatConsumer, *args: Any) -> Any:
            await echo.release(2)
            while await in_db(lambda: Message.objects.get(pk=reply_id).content) != echo_text(3):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            found = await look(consumer, *args)
            await echo.release_all()
            assert await get_turns().wait(reply_id, 30)
            return found

        monkeypatch.setattr(ChatConsumer, "look", look_late)
        async with Socket.chat(user, chat.pk) as late:
            state = await late.next("session_state")
            assert [row["content"] for row in state["messages"] if not row["is_user"]] == [echo_text(3)]
            assert [live["text"] for live in state["live"]] == [echo_text(3)], (
                "the row is newer than what was seen before it"
            )
            assert (await late.next("ai_complete"))["message"]["content"] == echo_text(10)


async def test_regenerate_edit_and_continue(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        made = await tab.next("message_created")
        question, first = made["message"], made["reply"]
        await echo.release(2)
        await tab.send({"type": "stop", "message_id": first["id"]})
        await tab.next("ai_complete")

        await tab.send({"type": "continue", "message_id": first["id"]})
        queued = (await tab.next("message_updated"))["message"]
        assert (queued["status"], queued["content"]) == ("queued", echo_text(2))
        await echo.release(1)
        assert (await tab.next("ai_chunk"))["offset"] == len(echo_text(2))
        await tab.send({"type": "stop", "message_id": first["id"]})
        assert (await tab.next("ai_complete"))["message"]["content"] == echo_text(3)

        await tab.send({"type": "regenerate", "message_id": first["id"], "temperature": 0, "seed": 42})
        made = await tab.next("message_created")
        assert made["message"]["id"] == question["id"]
        assert made["reply"]["siblings"] == [first["id"], made["reply"]["id"]]

        edit = {"type": "edit", "message_id": question["id"], "client_id": str(uuid.uuid4()), "message": "again"}
        await tab.send(edit)
        made = await tab.next("message_created")
        assert made["message"]["siblings"] == [question["id"], made["message"]["id"]]
        assert (made["message"]["content"], made["reply"]["parent_id"]) == ("again", made["message"]["id"])
        await echo.release_all()
        assert await tab.until_ended(made["reply"]["id"]) == echo_text(10)
        sampled = [(request.params.temperature, request.params.seed) for request in echo.requests]
        assert sampled.count((0, 42)) == 1, "what a regeneration asks for is for that one reply"


async def test_two_tabs_see_the_same(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    async with Socket.chat(user, chat.pk) as one, Socket.chat(user, chat.pk) as two:
        await one.ask("count")
        reply = (await two.next("message_created"))["reply"]
        await echo.release_all()
        assert await one.until_ended(reply["id"]) == await two.until_ended(reply["id"]) == echo_text(10)
        assert (await one.next("session_updated"))["session"]["title"] == "count"


async def test_a_resend_is_answered_with_the_same_pair(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        frame = {"type": "chat_message", "client_id": str(uuid.uuid4()), "message": "once"}
        await tab.send(frame)
        first = await tab.next("message_created")
        await echo.release(2)
        await tab.next("ai_chunk")
        await tab.send(frame)
        again = await tab.next("message_created")
        assert (again["message"]["id"], again["reply"]["id"]) == (first["message"]["id"], first["reply"]["id"])
        assert again["client_id"] == frame["client_id"]
        assert again["reply"]["content"].startswith("word1")
        assert await Message.objects.acount() == 2


async def test_a_late_tab_gets_the_text_so_far(user: User, chat: ChatSession, echo: EchoLLM) -> None:
    sent = await actions.submit_message(user, chat.pk, content="count")
    assert sent.reply
    await echo.release(4)
    async with Socket.chat(user, chat.pk) as tab:
        state = await tab.next("session_state")
        assert state["live"] == [{"message_id": sent.reply.pk, "text": echo_text(4), "status": "streaming"}]
        await tab.send({"type": "resync", "message_id": sent.reply.pk})
        assert (await tab.next("ai_snapshot"))["text"] == echo_text(4)
        await echo.release_all()
        assert await tab.until_ended(sent.reply.pk) == echo_text(10)
        assert tab.n_resyncs == 0
        await tab.send({"type": "resync", "message_id": sent.reply.pk})
        assert (await tab.next("ai_snapshot"))["status"] == "complete"


async def test_nobody_connected_the_reply_goes_on(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        reply = (await tab.next("message_created"))["reply"]
    await echo.release_all()
    assert await turns.wait(reply["id"], timeout_s=5)
    assert (await Message.objects.aget(pk=reply["id"])).content == echo_text(10)


async def test_an_outsider_sees_what_a_missing_session_shows(user: User, outsider: User, chat: ChatSession) -> None:
    for session_id in (chat.pk, 10**6, 2**63, 10**29, 0):
        async with Socket.chat(outsider, session_id) as tab:
            assert await tab.close_code() == 4404
            assert tab.frames == []


@pytest.mark.parametrize("path", ["/ws/chat/{}/", "/ws/events/"])
async def test_a_login_that_ended_while_its_socket_opened_is_told_nothing(
    user: User, chat: ChatSession, path: str
) -> None:
    async with Socket(user, path.format(chat.pk), login_is_alive=lambda: False) as tab:
        assert await tab.close_code() == 4401
    assert tab.frames == []


@pytest.mark.parametrize("code", [4401, 4403])
async def test_a_refused_visitor_is_accepted_and_closed(user: User, chat: ChatSession, code: int) -> None:
    for path in (f"/ws/chat/{chat.pk}/", "/ws/events/"):
        async with Socket(user, path, close_code=code) as tab:
            assert await tab.close_code() == code
            assert tab.frames == []


async def test_foreign_ids_in_frames_are_not_found(
    user: User, outsider: User, chat: ChatSession, echo: EchoLLM, turns: Turns
) -> None:
    sent = await actions.submit_message(user, chat.pk, content="mine")
    assert sent.reply
    await echo.release(2)
    own = await actions.create_session(outsider)
    other = await actions.create_session(user)
    for who, session in ((outsider, own), (user, other)):
        async with Socket.chat(who, session.pk) as tab:
            await tab.next("session_state")
            for message_id in (sent.reply.pk, sent.user_message.pk, 999_999):
                for frame in (
                    {"type": "stop"},
                    {"type": "regenerate"},
                    {"type": "continue"},
                    {"type": "resync"},
                    {"type": "edit", "client_id": str(uuid.uuid4()), "message": "x"},
                ):
                    await tab.send({**frame, "message_id": message_id})
                    error = await tab.next("error")
                    assert error["code"] == "not_found", frame
                    assert error["message_id"] == message_id
                await tab.ask("x", parent_id=message_id)
                assert (await tab.next("error"))["code"] == "not_found"
                await tab.send({"type": "ack", "message_id": message_id, "offset": 3})
                await tab.settle()
    assert await Message.objects.acount() == 2
    assert (await Message.objects.aget(pk=sent.reply.pk)).status in Message.LIVE


BAD_FRAMES = [
    "", "{", "nonsense", "[]", "[1,2]", "null", "1", '"ping"', "NaN", '{"type":NaN}', "[" * 100_000, '{"a":' * 5_000,
    '{"type":"stop","message_id":' + "9" * 5_000 + "}", '{"type":"stop","message_id":1e999}', '{"type":"stop"}',
    '{"type":"stop","message_id":9223372036854775808}', '{"type":"nothing"}', '{"type":["ping"]}', '{"type":"ping","x":1}',
    json.dumps({"type": "chat_message", "client_id": str(uuid.uuid4()), "message": "a\x00b"}),
    json.dumps({"type": "chat_message", "client_id": str(uuid.uuid4()), "message": "\ud800"}),
    json.dumps({"type": "chat_message", "client_id": "\udfff", "message": "x"}),
]  # fmt: skip


async def test_bad_frames_are_answered_and_the_socket_lives(user: User, chat: ChatSession) -> None:
    for n, bad in enumerate(BAD_FRAMES):
        async with Socket.chat(user, chat.pk) as tab:
            await tab.next("session_state")
            await tab.send_raw(bad)
            assert (await tab.next("error"))["code"] == "bad_input", n
            await tab.settle()
    async with Socket.chat(user, chat.pk) as tab:
        await tab.next("session_state")
        await tab.send_raw(data=b"\x00\xff")
        assert (await tab.next("error"))["code"] == "bad_input"
        await tab.ask("x" * 200_001)
        too_large = await tab.next("error")
        assert (too_large["code"], "client_id" in too_large) == ("too_large", True)
        await tab.settle()
    assert await Message.objects.acount() == 0


async def test_an_oversize_frame_closes_with_4413(user: User, chat: ChatSession) -> None:
    for big in ("x" * (256 * 1024 + 1), "가" * (256 * 1024 // 3 + 1)):
        async with Socket.chat(user, chat.pk) as tab:
            await tab.send_raw(big)
            assert await tab.close_code() == 4413


async def test_a_flood_is_refused_and_the_socket_lives(user: User, chat: ChatSession) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        await tab.next("session_state")
        for _ in range(45):
            await tab.send({"type": "ping"})
        answers = [(await tab.next())["type"] for _ in range(41)]
        assert answers == ["pong"] * 40 + ["error"]
        assert tab.frames[-1]["code"] == "too_many_requests"
        assert tab.frames[-1]["retry_after_s"] == 1


async def test_errors_speak_the_readers_language(user: User, chat: ChatSession) -> None:
    async with Socket.chat(user, chat.pk, language="ko") as tab:
        await tab.next("session_state")
        await tab.send({"type": "stop", "message_id": 999})
        assert (await tab.next("error"))["detail"] == "찾을 수 없습니다."


async def test_the_end_of_the_login_closes_its_sockets(user: User, chat: ChatSession) -> None:
    async with Socket.chat(user, chat.pk) as tab, Socket.chat(user, chat.pk, login_id="t:other") as other:
        await tab.next("session_state")
        await other.next("session_state")
        await announce_ended(user.pk, ["t:mine"])
        assert await tab.close_code() == 4401
        await other.settle()
        await announce_ended(user.pk, None)
        assert await other.close_code() == 4401


async def test_a_token_that_expires_closes_the_socket(user: User, chat: ChatSession) -> None:
    for left in (timedelta(seconds=-1), timedelta(milliseconds=50)):
        async with Socket.chat(user, chat.pk, login_expires_at=clock.now() + left) as tab:
            assert await tab.close_code() == 4401


async def test_typing_and_presence_reach_the_other_tab_only(user: User, chat: ChatSession) -> None:
    async with Socket.chat(user, chat.pk) as one:
        state = await one.next("session_state")
        assert state["presence"] == [{"user": "minji", "connections": 1}]
        async with Socket.chat(user, chat.pk) as two:
            await two.next("session_state")
            assert (await one.next("presence"))["online"] == [{"user": "minji", "connections": 2}]
            await two.send({"type": "typing", "is_typing": True})
            assert await one.next("typing") == {"type": "typing", "user": "minji", "is_typing": True}
            await two.settle()
            assert "typing" not in [frame["type"] for frame in two.frames]
        assert (await one.next("presence"))["online"] == [{"user": "minji", "connections": 1}]


async def test_a_deleted_session_closes_its_sockets_and_ends_its_reply(
    user: User, chat: ChatSession, echo: EchoLLM
) -> None:
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        await echo.release(1)
        await tab.next("ai_chunk")
        await actions.delete_session(user, chat.pk)
        assert await tab.close_code() == 4404
        assert tab.frames[-1]["type"] == "session_deleted"
        await echo.wait_idle()


async def test_lagging_readers_are_told_everything_anew(
    user: User, chat: ChatSession, echo: EchoLLM, layer: str
) -> None:
    if layer != "local":
        pytest.skip("redis drops without a word; offsets heal that")
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("count")
        reply = (await tab.next("message_created"))["reply"]
        await echo.release(5)
        for box in get_channel_layer().groups[f"session.{chat.pk}"].values():
            box.clear()
            box.mark_lagging()
        while True:
            state = await tab.next("session_state")
            if state["live"]:
                break
        assert state["live"][0]["message_id"] == reply["id"]
        await echo.release_all()
        assert await tab.until_ended(reply["id"]) == echo_text(10)


async def test_a_lagging_reader_is_told_when_the_database_is_back(
    user: User, chat: ChatSession, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if layer != "local":
        pytest.skip("redis drops without a word; offsets heal that")

    def away(*args: Any) -> Any:
        raise Unavailable

    async with Socket.chat(user, chat.pk) as tab:
        await tab.next("session_state")
        for ending in ("session_state", "close"):
            with monkeypatch.context() as patch:
                patch.setattr(snapshot, "session_view", away)
                for box in get_channel_layer().groups[f"session.{chat.pk}"].values():
                    box.mark_lagging()
                assert (await tab.next("error"))["code"] == "unavailable"
            if ending == "close":
                await chat.adelete()  # its event may be what was lost
            await tab.send({"type": "ping"})
            if ending == "session_state":
                await tab.next("session_state")
        assert await tab.close_code() == 4404


async def test_the_account_socket_hears_of_sessions_and_replies(
    user: User, outsider: User, chat: ChatSession, echo: EchoLLM
) -> None:
    async with Socket(user, "/ws/events/") as tab, Socket(outsider, "/ws/events/") as stranger:
        assert (await tab.next())["type"] == "presence"
        await stranger.next("presence")
        made = await actions.create_session(user, title="Hanok")
        assert (await tab.next())["session"]["title"] == "Hanok"
        sent = await actions.submit_message(user, made.pk, content="count")
        assert sent.reply
        assert (await tab.next())["type"] == "session_updated"
        await echo.release_all()
        finished = await tab.next("reply_finished")
        assert (finished["message_id"], finished["status"]) == (sent.reply.pk, "complete")
        await actions.update_session(user, made.pk, pinned=True)
        assert (await tab.next("session_updated"))["session"]["pinned"] is True
        await actions.delete_session(user, made.pk)
        assert await tab.next() == {"type": "session_deleted", "session_id": made.pk}
        await tab.send({"type": "typing", "is_typing": True})
        assert (await tab.next("error"))["code"] == "bad_input"
        await tab.settle()
        await stranger.settle()
        assert [frame["type"] for frame in stranger.frames] == ["presence", "pong"]
