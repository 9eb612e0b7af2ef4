"""What a process leaves behind, and what the next one makes of it."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from backend.accounts.models import User
from backend.chat import actions, search
from backend.chat.errors import Restarting
from backend.chat.events import session_group
from backend.chat.leases import LEASE_S, MAX_RESUMES, RESUME, Doubt, is_surely_dead, process_name
from backend.chat.models import ChatSession, Comparison, Message
from backend.chat.orphan_rows import interrupt_orphans, take_up
from backend.chat.tests.ears import Listener
from backend.chat.turns import Turns, use_turns
from backend.lib import clock
from backend.lib.storage import in_db
from backend.llm.echo import EchoLLM, echo_text
from backend.llm.types import EngineStats

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def left_behind(chat: ChatSession, *, text: str = "", owner: str = "gone.1.x", **more: Any) -> Message:
    """A live reply as a process leaves it that was killed."""
    question = await Message.objects.acreate(
        session=chat, role="user", content="count", parent=more.pop("parent", None)
    )
    row = {
        "status": "streaming" if text else "queued",
        "owner": owner,
        "lease_expires_at": clock.now() + timedelta(hours=1),
    }
    return await Message.objects.acreate(session=chat, parent=question, role="assistant", content=text, **row | more)


async def test_it_works(chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    orphan = await left_behind(chat, text=echo_text(4))
    await echo.release_all()
    async with Listener(session_group(chat.pk)) as ear:
        await turns.recover()
        assert (await ear.next("message_updated"))["message"]["status"] == "interrupted"
        queued = (await ear.next("message_updated"))["message"]
        assert (queued["status"], queued["content"]) == ("queued", echo_text(4))
        assert (await ear.next("ai_chunk"))["offset"] == len(echo_text(4))
        assert (await ear.next("ai_complete"))["message"]["content"] == echo_text(10)
    reply = await Message.objects.aget(pk=orphan.pk)
    assert (reply.status, reply.n_resumes, reply.owner) == ("complete", 1, "")


async def test_it_waits_for_the_engine_and_marks_meanwhile(chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    class Starting(EchoLLM):
        state: Any = "starting"

        async def stats(self) -> EngineStats:
            return EngineStats(engine="echo", state=self.state)

    engine = Starting(n_tokens=10, rate=0)
    turns._llm = lambda: engine
    orphan = await left_behind(chat, text="word1")
    await turns.recover()
    reply = await Message.objects.aget(pk=orphan.pk)
    assert (reply.status, reply.owner) == ("interrupted", RESUME)
    engine.state = "ready"
    async with Listener(session_group(chat.pk)) as ear:
        assert (await ear.next("ai_complete"))["message"]["content"] == echo_text(10)


async def test_queued_replies_start_in_their_order(chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    first = await left_behind(chat, text="word1")
    second = await left_behind(chat, parent=first)
    await echo.release_all()
    async with Listener(session_group(chat.pk)) as ear:
        await turns.recover()
        assert (await ear.next("ai_complete"))["message"]["id"] == first.pk
        assert (await ear.next("ai_complete"))["message"]["id"] == second.pk
    assert [request.request_id for request in echo.requests] == [str(first.pk), str(second.pk)]


async def test_a_reply_is_taken_up_so_many_times_and_then_waits_for_a_click(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    orphan = await left_behind(chat, text="word1", n_resumes=MAX_RESUMES)
    await turns.recover()
    assert (await Message.objects.aget(pk=orphan.pk)).status == "interrupted"
    assert [hit.message_id for hit in await in_db(search.find, user, "word1")] == [orphan.pk]
    await echo.release_all()
    await actions.continue_reply(user, orphan.pk)
    assert await turns.wait(orphan.pk, timeout_s=5)
    assert (await Message.objects.aget(pk=orphan.pk)).content == echo_text(10)


async def test_beside_others_only_expired_leases_and_dead_owners_count(chat: ChatSession, echo: EchoLLM) -> None:
    now = clock.now()
    machine = process_name().rsplit(".", 2)[0]
    living = await left_behind(chat, text="a", owner="elsewhere.1.x")
    neighbour = await left_behind(chat, text="a", owner=f"{machine}.{os.getppid()}.x")
    expired = await left_behind(chat, text="a", lease_expires_at=now - timedelta(seconds=1))
    dead = await left_behind(chat, text="a", owner=f"{machine}.4194999.x")
    turns = Turns(is_alone=False)
    await turns.recover()
    statuses = {m.pk: m.status async for m in Message.objects.filter(role="assistant")}
    assert statuses[living.pk] == statuses[neighbour.pk] == "streaming"
    assert statuses[expired.pk] != "streaming"
    assert statuses[dead.pk] != "streaming"
    await turns.close()


async def test_leases_tell_nothing_right_after_everybody_stood_still(chat: ChatSession) -> None:
    now = clock.now()
    machine = process_name().rsplit(".", 2)[0]
    doubt = Doubt(look_s=2.5)
    assert [doubt.is_there(now + timedelta(seconds=s)) for s in (0, 2, 6, 10)] == [False] * 4
    assert doubt.is_there(now + timedelta(seconds=60)), "the machine was suspended"
    living = await left_behind(chat, text="a", owner="elsewhere.1.x", lease_expires_at=now - timedelta(seconds=1))
    dead = await left_behind(chat, text="a", owner=f"{machine}.4194999.x", lease_expires_at=now)
    found = await in_db(partial(interrupt_orphans, "me", list, is_alone=False, is_in_doubt=True))
    assert [row["id"] for row in found] == [dead.pk], "who is surely dead needs no lease to tell it"
    found = await in_db(partial(interrupt_orphans, "me", list, is_alone=False))
    assert [row["id"] for row in found] == [living.pk]


async def test_doubt_ends() -> None:
    now, doubt = clock.now(), Doubt(look_s=2.5)
    doubt.begin(now)
    looks = [doubt.is_there(now + timedelta(seconds=s)) for s in range(0, 20, 2)]
    assert looks == [s < LEASE_S for s in range(0, 20, 2)]
    assert not doubt.is_there(now - timedelta(hours=1)), "a clock that was put back"


async def test_another_answer_asked_for_meanwhile_wins(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    orphan = await left_behind(chat, text="word1", status="interrupted", owner=RESUME)
    await actions.regenerate(user, orphan.pk)
    await turns.recover()
    await echo.wait_running(1)
    assert (await Message.objects.aget(pk=orphan.pk)).status == "interrupted"


async def test_both_sides_of_a_comparison_are_taken_up_at_once(chat: ChatSession, turns: Turns) -> None:
    compared = await Comparison.objects.acreate(session=chat, is_blind=False, model_a="jay", model_b="owl")
    cut = {"status": "interrupted", "owner": RESUME, "comparison": compared}
    a = await left_behind(chat, text="word1", side="a", **cut)
    b = await Message.objects.acreate(session=chat, parent_id=a.parent_id, role="assistant", side="b", **cut)
    assert [row["id"] for row in await in_db(take_up, turns.claim())] == [a.pk, b.pk]


async def test_replies_of_a_deleted_chat_wait_until_it_is_restored(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    orphan = await left_behind(chat, text="word1", status="interrupted", owner=RESUME)
    await actions.delete_session(user, chat.pk)
    assert await in_db(take_up, turns.claim()) == []
    await actions.restore_session(user, chat.pk)
    assert [row["id"] for row in await in_db(take_up, turns.claim())] == [orphan.pk]


async def test_drain_lets_replies_end(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    reply = (await actions.submit_message(user, chat.pk, content="count")).reply
    assert reply
    await echo.release(3)
    await echo.release_all()
    await turns.drain(5)
    assert (await Message.objects.aget(pk=reply.pk)).content == echo_text(10)
    with pytest.raises(Restarting):
        await actions.submit_message(user, chat.pk, content="too late")


async def test_drain_stores_what_is_left_and_the_next_process_goes_on(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    first = (await actions.submit_message(user, chat.pk, content="count")).reply
    second = (await actions.submit_message(user, chat.pk, content="and again")).reply
    assert first
    assert second
    await echo.release(3)
    async with Listener(session_group(chat.pk)) as ear:
        await turns.drain(0.01)
        rows = [(await ear.next("ai_complete"))["message"] for _ in range(2)]
    assert {row["id"]: row["content"] for row in rows} == {first.pk: echo_text(3), second.pk: ""}
    assert {row["status"] for row in rows} == {"interrupted"}
    assert not [m async for m in Message.objects.filter(status__in=Message.LIVE)]
    await echo.wait_idle()
    await echo.release_all()
    successor = Turns()
    use_turns(successor)
    await successor.recover()
    async with Listener(session_group(chat.pk)) as ear:
        while (await ear.next("ai_complete"))["message"]["id"] != second.pk:
            continue
    assert (await Message.objects.aget(pk=first.pk)).content == echo_text(10)
    await successor.close()


async def test_our_own_reply_that_nobody_started_is_taken_up_when_its_lease_is_over(
    chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    fresh = await left_behind(chat, owner=turns.owner)
    forgotten = await left_behind(chat, owner=turns.owner, lease_expires_at=clock.now() - timedelta(seconds=1))
    await echo.release_all()
    async with Listener(session_group(chat.pk)) as ear:
        await turns.recover()
        assert (await ear.next("ai_complete"))["message"]["id"] == forgotten.pk
    assert (await Message.objects.aget(pk=fresh.pk)).status == "queued"


async def test_names_of_processes_tell_the_dead() -> None:
    me, other = process_name(), process_name()
    assert me != other
    assert len(me) <= 64
    assert not is_surely_dead(me, me)
    assert is_surely_dead(other, me), "our number, but not us: it was used before"
    for unknown in ("", "x", "elsewhere.1.abc", "a.b.c.d", RESUME):
        assert not is_surely_dead(unknown, me)


async def test_one_that_was_killed_and_is_not_buried_is_dead() -> None:
    me = process_name()
    child = subprocess.Popen(["sleep", "60"])  # noqa: ASYNC220
    owner = me.replace(f".{os.getpid()}.", f".{child.pid}.")
    assert not is_surely_dead(owner, me)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222
    assert is_surely_dead(owner, me)
    child.wait()
