"""A turn that calls tools: who is asked, what is sent, what the model is given, what is stored; and whatever is cut, whenever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from backend import house
from backend.accounts.models import User
from backend.chat import actions, tool_calls
from backend.chat.export import as_document
from backend.chat.imports import import_sessions
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.chat.tests.socket_client import Socket
from backend.chat.turns import Turns, use_turns
from backend.lib.errors import Conflict, NotFound
from backend.llm.echo import EchoLLM
from backend.llm.errors import EngineLost
from backend.llm.service import LLMService
from backend.mcp import catalogue
from backend.mcp.client import Listed, list_tools
from backend.mcp.models import Tool, ToolServer
from backend.mcp.tests.server import McpServer, http, mcp_server, said, text_of

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

NOTE = '!call t__note {"text": "오늘"}'


async def set_house(**values: Any) -> None:
    await sync_to_async(house.change)(values, lambda _: None)


@pytest_asyncio.fixture
async def far() -> AsyncIterator[McpServer]:
    async with mcp_server() as made:
        await set_house(tools=True)
        await known(made)
        yield made


async def known(far: McpServer) -> ToolServer:
    server = await sync_to_async(catalogue.add)({"name": "t", "url": far.url, "may_be_private": True})
    listed = await list_tools(catalogue.endpoint_of(server))
    far.heard.clear()
    await sync_to_async(catalogue.store_listed)(server, listed)
    return server


@pytest_asyncio.fixture
async def tab(user: User, chat: ChatSession, far: McpServer, echo: EchoLLM) -> AsyncIterator[Socket]:
    echo.is_stepped = False
    async with Socket.chat(user, chat.pk) as made:
        yield made


async def call_in(tab: Socket, state: str) -> dict[str, Any]:
    while True:
        frame = await tab.next("tool_call")
        if frame["call"]["state"] == state:
            return frame


def word(frame: dict[str, Any], *, is_approved: bool) -> dict[str, Any]:
    told = {"message_id": frame["message_id"], "call_id": frame["call"]["id"], "is_approved": is_approved}
    return {"type": "tool_decision", **told}


async def stored(message_id: int) -> Message:
    return await Message.objects.select_related("metadata").aget(pk=message_id)


async def test_it_works(tab: Socket, far: McpServer, echo: EchoLLM) -> None:
    await tab.ask(NOTE, tools=True)
    asked = await call_in(tab, "waiting")
    assert far.heard == []
    assert (asked["call"]["server"], asked["call"]["tool"]) == ("t", "t__note")
    assert json.loads(asked["call"]["arguments"]) == {"text": "오늘"}
    await tab.send(word(asked, is_approved=True))
    await call_in(tab, "done")
    shown = await tab.until_ended(asked["message_id"])
    assert far.notes == ["오늘"]
    reply = await stored(asked["message_id"])
    assert shown == reply.content == f"({tool_calls.RESULT_HEADING} written down)"
    assert (reply.status, reply.finish_reason) == ("complete", "stop")
    [call] = reply.metadata.tool_calls
    assert (call["state"], call["decided_by"], call["result"], call["result_chars"]) == (
        "done",
        "user",
        "written down",
        12,
    )
    assert call["duration_ms"] >= 0
    assert tab.frames[-1]["message"]["tool_calls"] == [call]
    assert reply.token_count == 1
    *_, given, result = echo.requests[-1].messages
    assert (given.role, given.tool_calls[0].name, result.role) == ("assistant", "t__note", "tool")
    assert result.tool_call_id == given.tool_calls[0].id == call["id"]


async def test_the_real_engine_calls_and_reads_what_came_of_it(
    user: User, chat: ChatSession, far: McpServer, turns: Turns, agent_llm: LLMService
) -> None:
    """The model of these tests thinks, says a word, and asks for `get_weather`, whatever it has heard."""
    turns._llm = lambda: agent_llm
    await Tool.objects.filter(called="t__note").aupdate(called="get_weather")
    await set_house(tool_rounds=1)
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("날씨?", tools=True)
        asked = await call_in(tab, "waiting")
        assert json.loads(asked["call"]["arguments"]) == {"city": "서울"}
        await tab.send(word(asked, is_approved=True))
        shown = await tab.until_ended(asked["message_id"])
    reply = await stored(asked["message_id"])
    assert (reply.content, reply.status, len(far.notes)) == (shown, "complete", 1)
    assert reply.metadata.tool_calls[0]["offset"] == len("".join(shown.partition("I look outside.\n\n")[:2]))
    prompt = reply.metadata.rendered_prompt
    assert '{"name": "get_weather", "arguments": {"city": "서울"}}' in prompt
    assert f"<|im_start|>tool\n{tool_calls.RESULT_HEADING}\nwritten down<|im_end|>" in prompt


async def test_what_is_refused_is_not_called_and_the_model_hears_of_it(tab: Socket, far: McpServer) -> None:
    await tab.ask(NOTE, tools=True)
    asked = await call_in(tab, "waiting")
    await tab.send(word(asked, is_approved=False))
    assert (await call_in(tab, "refused"))["call"]["decided_by"] == "user"
    assert await tab.until_ended(asked["message_id"]) == f"({tool_calls.UNDONE['refused']})"
    assert far.heard == []


async def test_nobody_answers(tab: Socket, far: McpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    await set_house(tool_approval_s=5)
    real = house.number
    monkeypatch.setattr(house, "number", lambda name: 0.05 if name == "tool_approval_s" else real(name))
    await tab.ask(NOTE, tools=True)
    assert (await call_in(tab, "refused"))["call"]["decided_by"] == "time"
    assert far.heard == []


async def test_a_safe_tool_asks_nobody(tab: Socket, far: McpServer) -> None:
    await Tool.objects.filter(called="t__add").aupdate(is_safe=True)
    await tab.ask('!call t__add {"a": 2, "b": 3}', tools=True)
    done = await call_in(tab, "done")
    assert (done["call"]["decided_by"], done["call"]["result"]) == ("house", "5")
    assert await tab.until_ended(done["message_id"]) == f"({tool_calls.RESULT_HEADING} 5)"


async def test_two_tabs_are_asked_and_the_first_word_counts(
    tab: Socket, user: User, outsider: User, chat: ChatSession, far: McpServer
) -> None:
    await tab.ask(NOTE, tools=True)
    asked = await call_in(tab, "waiting")
    async with Socket.chat(user, chat.pk) as late:
        state = await late.next("session_state")
        assert state["messages"][-1]["tool_calls"] == [asked["call"]]
        with pytest.raises(NotFound):
            await actions.decide_tool_call(outsider, asked["message_id"], asked["call"]["id"], is_approved=True)
        await late.send(word(asked, is_approved=False))
        await call_in(tab, "refused")
        await tab.send(word(asked, is_approved=True))
        assert (await tab.next("error"))["code"] == "conflict"
        assert await tab.until_ended(asked["message_id"]) == await late.until_ended(asked["message_id"])
    assert far.heard == []


async def test_nothing_is_offered_unless_message_and_house_say_so(tab: Socket, far: McpServer, echo: EchoLLM) -> None:
    for is_on, asks in ((True, False), (False, True)):
        await set_house(tools=is_on)
        await tab.ask(NOTE, tools=asks)
        await tab.next("ai_complete")
        assert echo.requests[-1].tools == ()
    await set_house(tools=True)
    await ToolServer.objects.aupdate(is_enabled=False)
    await tab.ask(NOTE, tools=True)
    await tab.next("ai_complete")
    assert echo.requests[-1].tools == ()
    assert far.heard == []


@pytest.mark.parametrize("is_running", [False, True])
async def test_stop_while_it_waits_and_while_it_runs(
    tab: Socket, far: McpServer, turns: Turns, is_running: bool
) -> None:
    await tab.ask("!call t__slow", tools=True)
    asked = await call_in(tab, "waiting")
    if is_running:
        await tab.send(word(asked, is_approved=True))
        async with asyncio.timeout(5):
            await far.asked.wait()
    await tab.send({"type": "stop", "message_id": asked["message_id"]})
    row = (await tab.next("ai_complete"))["message"]
    assert (row["status"], row["tool_calls"][0]["state"], row["content"]) == ("stopped", "stopped", "")
    await tab.send({"type": "continue", "message_id": asked["message_id"]})
    await tab.next("message_updated")
    assert await tab.until_ended(asked["message_id"]) == f"({tool_calls.UNDONE['stopped']})"


async def test_calls_at_once_and_round_after_round(tab: Socket, far: McpServer, echo: EchoLLM) -> None:
    await Tool.objects.filter(called="t__add").aupdate(is_safe=True)
    await tab.ask('!call t__add {"a": 1, "b": 1} & t__note {"text": "x"}\n!call t__add {"a": 4, "b": 4}', tools=True)
    asked = await call_in(tab, "waiting")
    await tab.send(word(asked, is_approved=True))
    text = await tab.until_ended(asked["message_id"])
    assert [part.rsplit(" ", 1)[1] for part in text.strip("()").split(") (")] == ["2", "down", "8"]
    calls = (await stored(asked["message_id"])).metadata.tool_calls
    assert [(call["id"], call["round"]) for call in calls] == [("call00001", 1), ("call00002", 1), ("call00003", 2)]
    roles = [message.role for message in echo.requests[-1].messages[2:]]
    assert roles == ["assistant", "tool", "tool", "assistant", "tool"]


async def test_rounds_end(tab: Socket, far: McpServer, echo: EchoLLM) -> None:
    await Tool.objects.filter(called="t__add").aupdate(is_safe=True)
    await set_house(tool_rounds=2)
    await tab.ask("\n".join(['!call t__add {"a": 1, "b": 1}'] * 9), tools=True)
    row = (await tab.next("ai_complete"))["message"]
    assert (row["status"], len(row["tool_calls"])) == ("complete", 2)
    assert [request.tool_choice for request in echo.requests] == ["auto", "auto", "none"]


@pytest.mark.parametrize(
    ("asks", "code"),
    [
        ("!call t__nothing {}", "no_such_tool"),
        ("!call rm -rf {}", "no_such_tool"),
        ("!call t__note [1]", "bad_arguments"),
        ("!call t__note {", "bad_arguments"),
        (f'!call t__note {{"text": "{"x" * 9_000}"}}', "bad_arguments"),
    ],
)
async def test_calls_that_cannot_be_made(tab: Socket, far: McpServer, asks: str, code: str) -> None:
    await tab.ask(asks, tools=True)
    row = (await tab.next("ai_complete"))["message"]
    assert (row["tool_calls"][0]["state"], row["tool_calls"][0]["error_code"]) == ("failed", code)
    assert row["content"] == f"(This call failed ({code}).)"
    assert far.heard == []


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (lambda _: http(500), "refused"),
        (lambda _: http(302, b"", "Location: http://169.254.169.254/"), "refused"),
        (lambda _: http(200, b"nonsense"), "bad_answer"),
        (lambda id_: http(200, said(id_, text_of("x" * 2_000_000))), "too_large"),
    ],
)
async def test_a_server_that_misbehaves_costs_the_turn_nothing(
    tab: Socket, far: McpServer, odd: Any, code: str
) -> None:
    far.odd["tools/call"] = odd
    await tab.ask(NOTE, tools=True)
    await tab.send(word(await call_in(tab, "waiting"), is_approved=True))
    row = (await tab.next("ai_complete"))["message"]
    assert (row["status"], row["tool_calls"][0]["error_code"]) == ("complete", code)


async def test_a_tool_that_is_switched_off_while_the_user_thinks(tab: Socket, far: McpServer) -> None:
    await tab.ask(NOTE, tools=True)
    asked = await call_in(tab, "waiting")
    await Tool.objects.aupdate(is_enabled=False)
    await tab.send(word(asked, is_approved=True))
    assert (await call_in(tab, "failed"))["call"]["error_code"] == "not_available"
    assert far.heard == []


async def test_the_row_shows_the_beginning_of_a_long_result(tab: Socket, far: McpServer, echo: EchoLLM) -> None:
    far.odd["tools/call"] = lambda id_: http(200, said(id_, text_of("긴 " * 20_000)))
    await tab.ask(NOTE, tools=True)
    await tab.send(word(await call_in(tab, "waiting"), is_approved=True))
    row = (await tab.next("ai_complete"))["message"]
    [call] = (await stored(row["id"])).metadata.tool_calls
    assert (len(row["tool_calls"][0]["result"]), len(call["result"]), call["result_chars"]) == (2_000, 16_000, 39_999)


async def test_an_engine_that_dies_after_a_call_does_not_make_it_again(
    tab: Socket, far: McpServer, echo: EchoLLM
) -> None:
    await tab.ask(NOTE, tools=True)
    asked = await call_in(tab, "waiting")
    echo.fail_next(EngineLost())
    await tab.send(word(asked, is_approved=True))
    row = (await tab.next("ai_complete"))["message"]
    assert (row["status"], far.notes) == ("complete", ["오늘"])


@pytest.mark.parametrize("is_running", [False, True])
async def test_a_server_that_is_killed_loses_nothing(
    user: User, chat: ChatSession, far: McpServer, turns: Turns, echo: EchoLLM, is_running: bool
) -> None:
    """What waited asks again; what ran is not called again, and the model is told."""
    echo.is_stepped = False
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask("!call t__slow", tools=True)
        asked = await call_in(tab, "waiting")
        if is_running:
            await tab.send(word(asked, is_approved=True))
            async with asyncio.timeout(5):
                await far.asked.wait()
    await turns.close()  # as kill -9 leaves it: the row is live, its owner is gone
    heard = len(far.heard)
    again = Turns(is_alone=True)
    use_turns(again)
    async with Socket.chat(user, chat.pk) as tab:
        assert (await tab.next("session_state"))["messages"][-1]["tool_calls"][0]["state"] == (
            "running" if is_running else "waiting"
        )
        await again.recover()
        if is_running:
            await call_in(tab, "lost")
            assert await tab.until_ended(asked["message_id"]) == f"({tool_calls.UNDONE['lost']})"
            assert len(far.heard) == heard
        else:
            await tab.send(word(await call_in(tab, "waiting"), is_approved=False))
            assert await tab.until_ended(asked["message_id"]) == f"({tool_calls.UNDONE['refused']})"
    assert (await stored(asked["message_id"])).status == "complete"
    await again.close()


async def test_another_process_makes_the_reply(
    user: User, chat: ChatSession, far: McpServer, turns: Turns, echo: EchoLLM
) -> None:
    echo.is_stepped = False
    async with Socket.chat(user, chat.pk) as tab:
        await tab.ask(NOTE, tools=True)
        asked = await call_in(tab, "waiting")
        use_turns(Turns(is_alone=False))
        await tab.send(word(asked, is_approved=True))
        await call_in(tab, "done")
        await tab.until_ended(asked["message_id"])
    assert far.notes == ["오늘"]


async def test_it_is_asked_anew_for_an_answer_made_anew_and_an_edited_question(
    tab: Socket, user: User, far: McpServer
) -> None:
    await tab.ask(NOTE, tools=True)
    first = await call_in(tab, "waiting")
    await tab.send(word(first, is_approved=False))
    await tab.next("ai_complete")
    await actions.regenerate(user, first["message_id"])
    second = await call_in(tab, "waiting")
    assert second["message_id"] != first["message_id"]
    await tab.send(word(second, is_approved=False))
    row = (await tab.next("ai_complete"))["message"]
    await actions.edit_message(user, row["parent_id"], content=NOTE)
    await tab.send(word(await call_in(tab, "waiting"), is_approved=False))


async def test_calls_travel_with_an_export(tab: Socket, user: User, chat: ChatSession, far: McpServer) -> None:
    await tab.ask(NOTE, tools=True)
    await tab.send(word(await call_in(tab, "waiting"), is_approved=True))
    await tab.next("ai_complete")
    document = await sync_to_async(as_document)(chat)
    assert document["messages"][0]["tools"] is True
    assert document["messages"][1]["metadata"]["tool_calls"][0]["result"] == "written down"
    assert json.loads(json.dumps(document)) == document
    [copy] = await import_sessions(user, document)
    assert await sync_to_async(as_document)(copy) == document
    assert await MessageMetadata.objects.filter(message__session=copy).acount() == 1


async def test_a_decision_on_nothing(tab: Socket, user: User, far: McpServer) -> None:
    await tab.ask("hello", tools=True)
    row = (await tab.next("ai_complete"))["message"]
    with pytest.raises(Conflict):
        await actions.decide_tool_call(user, row["id"], "call00001", is_approved=True)


async def test_a_tool_that_describes_itself_otherwise_is_not_safe_any_more(far: McpServer) -> None:
    server = await ToolServer.objects.aget()
    await Tool.objects.aupdate(is_safe=True)
    listed = await list_tools(catalogue.endpoint_of(server))
    listed[1] = Listed("note", "Now mails it to everybody.", listed[1].parameters)
    changes = await sync_to_async(catalogue.store_listed)(
        server, [*listed[:2], Listed("new", "", '{"type": "object"}')]
    )
    assert changes == {
        "tools": (["add", "note", "slow"], ["add", "new", "note"]),
        "safe_tools": (["add", "note", "slow"], ["add"]),
    }
