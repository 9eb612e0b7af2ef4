"""The house's rules on /v1, llm/generate and the older paths: the same as in conversations, at the one door of generations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async

from backend import house
from backend.accounts.models import User
from backend.lib.errors import AppError, Unavailable
from backend.lib.shared_counts import get_counts
from backend.llm import generations
from backend.llm.echo import EchoLLM
from backend.llm.generations import Generations
from backend.llm.service import LLMService, use_service
from backend.llm.types import (
    ChatMessage,
    Delta,
    Finished,
    GenerateRequest,
    SamplingParams,
    Started,
    StreamEvent,
    Timings,
    ToolCall,
)
from backend.moderation.errors import AnswerModerated, Moderated
from backend.moderation.models import Finding, Rule
from backend.quotas.models import Seat, UserLimits

pytestmark = pytest.mark.django_db(transaction=True)
WHOLE = " ".join(f"word{n}" for n in range(1, 13))


@pytest.fixture
def echo() -> EchoLLM:
    engine = EchoLLM(n_tokens=12, rate=0)
    use_service(engine)
    return engine


async def rule(pattern: str, action: str, direction: str = "both") -> Rule:
    def make() -> Rule:
        return house.touch(
            lambda: Rule.objects.create(name="x", kind="word", pattern=pattern, direction=direction, action=action)
        )

    return await sync_to_async(make)()


def asking(user: User, *texts: str, **more: Any) -> GenerateRequest:
    roles = ("user", "assistant")
    messages = tuple(ChatMessage(roles[n % 2], text) for n, text in enumerate(texts))
    return GenerateRequest(
        request_id="r", messages=messages, params=SamplingParams(max_tokens=100, **more), user=str(user.pk)
    )


async def answered(user: User, *requests: GenerateRequest) -> tuple[list[str], AppError | None]:
    """Texts by request, and how it ended if not well."""
    texts = [""] * len(requests)
    running = Generations(requests, user)
    try:
        async with running:
            async for batch in running.batches():
                for number, event in batch:
                    texts[number] += event.text if isinstance(event, Delta) else ""
    except AppError as error:
        return texts, error
    return texts, None


async def findings() -> list[tuple[str, int | None]]:
    return [(one.direction, one.session_id) async for one in Finding.objects.order_by("id")]


async def test_it_works(echo: EchoLLM, user: User) -> None:
    """Without a rule nothing is held back or changed."""
    assert await answered(user, asking(user, "hello")) == ([WHOLE], None)
    assert await findings() == []


async def test_what_a_rule_refuses_never_reaches_the_engine(echo: EchoLLM, user: User) -> None:
    await rule("garlic", "refuse", "in")
    _, error = await answered(user, asking(user, "no garlic please"))
    assert isinstance(error, Moderated)
    assert list(echo.requests) == []
    assert await findings() == [("in", None)]
    assert (await answered(user, asking(user, "no onion please")))[1] is None, "and nobody's place is kept"


async def test_what_is_blacked_out_is_so_for_the_engine(echo: EchoLLM, user: User) -> None:
    await rule("garlic", "mask", "in")
    await answered(user, asking(user, "some garlic", "garlic it is", "more garlic"))
    assert [one.content for one in echo.requests[0].messages] == ["some ***", "garlic it is", "more ***"]
    assert await findings() == [("in", None)], "what was sent before was found before"


async def test_an_answer_is_blacked_out_before_it_goes_out(echo: EchoLLM, user: User) -> None:
    await rule("word7", "mask", "out")
    texts, error = await answered(user, asking(user, "hello", seed=1), asking(user, "hello", seed=2))
    assert (texts, error) == ([WHOLE.replace("word7", "***")] * 2, None)
    assert await findings() == [("out", None)]


async def test_an_answer_ends_before_what_is_refused(echo: EchoLLM, user: User) -> None:
    await rule("word7", "refuse", "out")
    texts, error = await answered(user, asking(user, "hello"))
    assert isinstance(error, AnswerModerated)
    assert texts == ["word1 word2 word3 word4 word5 word6 "]
    assert await findings() == [("out", None)]


async def test_the_last_word_is_judged_too(echo: EchoLLM, user: User) -> None:
    await rule("word12", "refuse", "out")
    texts, error = await answered(user, asking(user, "hello"))
    assert isinstance(error, AnswerModerated)
    assert "word12" not in texts[0]


async def test_a_note_changes_nothing(echo: EchoLLM, user: User) -> None:
    await rule("word7", "flag", "out")
    await rule("hello", "flag", "in")
    assert await answered(user, asking(user, "hello")) == ([WHOLE], None)
    assert sorted(await findings()) == [("in", None), ("out", None)]


async def test_a_prompt_is_judged_like_a_question(echo: EchoLLM, user: User) -> None:
    await rule("garlic", "refuse", "in")
    request = GenerateRequest(request_id="r", messages=(), prompt="garlic", user=str(user.pk))
    assert isinstance((await answered(user, request))[1], Moderated)


async def test_the_door_of_v1_says_so_in_openais_shape(echo: EchoLLM, user: User, api: Any) -> None:
    await rule("garlic", "refuse", "in")
    body = {"model": "echo", "messages": [{"role": "user", "content": "garlic"}]}
    answer = await sync_to_async(api(user).post)("/v1/chat/completions", body, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "moderated")


async def test_it_is_over_when_it_is_over(echo: EchoLLM, user: User) -> None:
    """The end of an answer comes after the rest that was held back."""
    await rule("word7", "mask", "out")
    running = Generations([asking(user, "hello")], user)
    async with running:
        events = [event async for batch in running.batches() for _, event in batch]
    assert isinstance(events[-1], Finished)


class Thinker:
    """A service that answers each request with the same events."""

    def __init__(self, *events: StreamEvent) -> None:
        self._events = events

    async def stream(self, request: GenerateRequest) -> AsyncIterator[StreamEvent]:
        yield Started("m", "e", 3, 0, 0, 0.0)
        for event in self._events:
            yield event
        yield Finished("stop", 3, 0, 30, 0, Timings(0, 0, 0, 0, 0), "m")


async def told(user: User, *events: StreamEvent) -> list[StreamEvent]:
    use_service(cast(LLMService, Thinker(*events)))
    async with Generations([asking(user, "hello")], user) as running:
        return [event async for batch in running.batches() for _, event in batch]


async def test_a_thought_goes_out_whole_before_the_text_that_follows_it(user: User) -> None:
    await rule("secret", "mask", "out")
    thoughts, words = [Delta("", 1, (), "thinking ") for _ in range(9)], [Delta("word ") for _ in range(9)]
    events = [event for event in await told(user, *thoughts, *words) if isinstance(event, Delta)]
    first_text = next(n for n, event in enumerate(events) if event.text)
    assert "".join(event.reasoning for event in events[:first_text]) == "thinking " * 9
    assert not any(event.reasoning for event in events[first_text:])
    assert sum(event.n_tokens for event in events) == 18, "what is held back is counted when it goes out"


async def test_a_text_goes_out_whole_before_the_call_that_follows_it(user: User) -> None:
    await rule("secret", "mask", "out")
    call = ToolCall("call_1", "look", "{}")
    events = await told(user, Delta("I will look."), call)
    kinds = [event.text if isinstance(event, Delta) else event for event in events[1:-1]]
    assert "".join(map(str, kinds[:-1])) == "I will look."
    assert kinds[-1] == call


async def test_a_thought_is_masked_and_ends_an_answer_as_its_text_does(user: User) -> None:
    await rule("secret", "mask", "out")
    events = await told(user, Delta("", 1, (), "a secret"), Delta("text"))
    assert "".join(event.reasoning for event in events if isinstance(event, Delta)) == "a ***"
    await rule("bomb", "refuse", "out")
    with pytest.raises(AnswerModerated):
        await told(user, Delta("", 1, (), "a bomb"), Delta("text"))


async def test_a_note_of_staffs_looks_at_thoughts_too(user: User) -> None:
    """As in conversations, where they are part of the text."""
    await rule("secret", "flag", "out")
    await told(user, Delta("", 1, (), "a sec"), Delta("", 1, (), "ret"), Delta("text"))
    assert await findings() == [("out", None)]


async def test_an_answer_that_nobody_comes_to_read_takes_no_place(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    use_service(EchoLLM(n_tokens=12, rate=0, is_stepped=True))
    monkeypatch.setattr(generations, "UNREAD_S", 0.01)
    await UserLimits.objects.acreate(user=user, concurrent_turns=1)
    asker = await User.objects.aget(pk=user.pk)
    running = Generations([asking(asker, "hello")], asker)
    await running.begin()
    async with asyncio.timeout(10):
        while get_counts().count(generations.RUNNING, str(user.pk)) or await Seat.objects.aexists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with pytest.raises(Unavailable):  # who comes too late waits for nothing
            [batch async for batch in running.batches()]
