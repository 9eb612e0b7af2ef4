"""EchoLLM keeps what PROTOCOL §7 says of `echo://`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from backend.llm.echo import EchoLLM, echo_text
from backend.llm.echo_markdown import markdown_text
from backend.llm.echo_words import echo_words, told_in, told_text
from backend.llm.errors import EngineLost
from backend.llm.types import (
    ChatMessage,
    Delta,
    Finished,
    GenerateRequest,
    Queued,
    SamplingParams,
    Started,
    StreamEvent,
)


def ask(request_id: str = "1", text: str = "hello", **params: object) -> GenerateRequest:
    return GenerateRequest(request_id, (ChatMessage("user", text),), SamplingParams(**params))  # type: ignore[arg-type]


async def collect(echo: EchoLLM, request: GenerateRequest) -> list[StreamEvent]:
    return [event async for event in echo.stream(request)]


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


async def test_it_works() -> None:
    events = await collect(EchoLLM.from_url("echo://?tokens=5&rate=0"), ask())
    assert isinstance(events[0], Started)
    assert text_of(events) == "word1 word2 word3 word4 word5" == echo_text(5)
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.finish_reason, end.completion_tokens) == ("stop", 5)


async def test_max_tokens_and_stop_strings_cut() -> None:
    echo = EchoLLM(n_tokens=9, rate=0)
    events = await collect(echo, ask(max_tokens=2))
    assert text_of(events) == "word1 word2"
    assert isinstance(events[-1], Finished) and events[-1].finish_reason == "length"
    events = await collect(echo, ask(stop=("d3 wo",)))
    assert text_of(events) == "word1 word2 wor"
    assert isinstance(events[-1], Finished) and events[-1].finish_reason == "stop"


@pytest.mark.parametrize("n_cut", [0, 3, 5, 6, 29])
async def test_a_continuation_completes_the_text_exactly(n_cut: int) -> None:
    given = echo_text(5)[:n_cut]
    request = GenerateRequest("1", (ChatMessage("user", "x"), ChatMessage("assistant", given)), continue_last=True)
    assert given + text_of(await collect(EchoLLM(n_tokens=5, rate=0), request)) == echo_text(5)


async def test_markdown_is_deterministic_counts_words_and_can_be_continued() -> None:
    whole = markdown_text(5000)
    assert (len(whole.split()), whole.count("```")) == (5000, 2 * 30)
    assert text_of(await collect(EchoLLM.from_url("echo://?tokens=90&rate=0&text=markdown"), ask())) == markdown_text(
        90
    )
    given = markdown_text(90)[:101]
    request = GenerateRequest("1", (ChatMessage("user", "x"), ChatMessage("assistant", given)), continue_last=True)
    rest = text_of(await collect(EchoLLM(n_tokens=90, rate=0, text="markdown"), request))
    assert given + rest == markdown_text(90)


async def test_it_goes_by_another_name() -> None:
    [card] = await EchoLLM.from_url("echo://?model=owl").models()
    assert card.id == "owl"


async def test_a_test_can_step_it() -> None:
    echo = EchoLLM(n_tokens=4, is_stepped=True)
    seen: list[StreamEvent] = []

    async def read() -> None:
        async for event in echo.stream(ask()):
            seen.append(event)

    reader = asyncio.create_task(read())
    await echo.release(2)
    assert text_of(seen) == "word1 word2"
    await echo.release_all()
    await reader
    assert text_of(seen) == echo_text(4)


async def test_waiting_streams_hear_their_place_and_closing_frees_the_slot() -> None:
    echo = EchoLLM(n_tokens=2, n_slots=1, is_stepped=True)
    first = echo.stream(ask("1"))
    assert isinstance(await anext(first), Started)
    second = echo.stream(ask("2"))
    assert await anext(second) == Queued(position=1, eta_ms=None)
    await first.aclose()
    assert isinstance(await anext(second), Started)
    await second.aclose()
    await echo.wait_idle()


async def test_it_fails_on_demand() -> None:
    echo = EchoLLM(n_tokens=5, rate=0)
    echo.fail_next(EngineLost(), after=2)
    seen: list[StreamEvent] = []
    with pytest.raises(EngineLost):
        async for event in echo.stream(ask()):
            seen.append(event)
    assert text_of(seen) == "word1 word2"
    assert (await echo.stats()).requests_failed_total == 1


@pytest.mark.parametrize("url", ["echo://?tokens=x", "echo://?speed=1", "echo://?rate=-1", "echo://?model="])
def test_a_bad_address_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="echo://"):
        EchoLLM.from_url(url)


def test_told_is_looked_for_in_the_last_question_then_in_the_system_message():
    system = ChatMessage("system", "- Be brief.")
    asked = GenerateRequest("1", (system, ChatMessage("user", "<context>\n- The user has a cat.\n</context>\n\nWho?")))
    assert told_in(asked) == "- The user has a cat."
    assert told_in(replace(asked, messages=(system, ChatMessage("user", "Who?")))) == "- Be brief."


def test_told_reads_out_memories_and_the_first_passage():
    memories = "What you remember:\n- The user lives in Quimbra."
    system = f"You are Maru.\n\n{memories}\n\nPassages:\n[1] garage\nForty crowns.\n- a list\n[2] x\ny"
    assert told_text(system) == "The user lives in Quimbra. Forty crowns. - a list [1]"
    assert told_text("You are Maru.") == "I was told nothing."
    assert echo_words("The user", 5, "told", system)[0] == " lives"
