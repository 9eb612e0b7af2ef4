"""Lanes, prompts, the cache, own keys, the second try: each by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import Message
from backend.chat.tests.conftest import echo as stepped_echo
from backend.chat.tests.conftest import layer, turns
from backend.chat.tests.test_screening import rule
from backend.compat import answer_cache, conversations, llm_server
from backend.compat.errors import OwnKeyNeeded, QueueOverloaded
from backend.compat.lanes import Lane
from backend.compat.prompts import composed, history_of
from backend.compat.serializers import LLMServerInput
from backend.lib.errors import NotAuthenticated, NotFound
from backend.llm.echo import EchoLLM
from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet import FleetLLM
from backend.llm.remote import RemoteLLM
from backend.llm.service import use_service
from backend.llm.tests.asking import ask
from backend.llm.tests.fake_servers import fake_server
from backend.llm.types import MODEL_DEFAULTS, ModelCard
from backend.moderation.errors import AnswerModerated
from backend.quotas.models import UserLimits

__all__ = ["layer", "turns"]
echo = stepped_echo


def given(**fields):
    serializer = LLMServerInput(data={"user_message": "hi", **fields})
    assert serializer.is_valid(), serializer.errors
    return dict(serializer.validated_data)


def test_the_system_prompt_is_composed_in_the_documented_order():
    assert composed("S", "R", ["a", " ", "b"], "I") == "S\n\nRole: R\n\nMemory:\n- a\n- b\n\nInstructions: I"
    assert composed(" ", "", [], "") == ""


def test_a_history_of_lines():
    found = history_of(["hi", "hello", "user: a", "assistant: b", "", "사용자: c", "사용자: d"])
    assert [(one.role, one.content) for one in found] == [
        ("user", "hi"), ("assistant", "hello"), ("user", "a"), ("assistant", "b"), ("user", "c\n\nd"),
    ]  # fmt: skip


async def test_a_lane_lets_in_so_many_and_refuses_who_would_wait_too_long():
    lane = Lane(1, max_wait_s=0.001)
    async with lane.place():
        await asyncio.sleep(0.01)
    assert lane.figures()["success_rate"] == 100
    inside, leave = asyncio.Event(), asyncio.Event()

    async def stay():
        async with lane.place():
            inside.set()
            await leave.wait()

    task = asyncio.create_task(stay())
    await inside.wait()
    with pytest.raises(QueueOverloaded) as caught:
        async with lane.place():
            pass
    assert caught.value.retry_after_s >= 1
    leave.set()
    await task
    assert (lane.figures()["refused"], lane.figures()["active_connections"]) == (1, 0)


async def test_who_waits_is_let_in_by_turns_and_who_leaves_the_queue_takes_no_place():
    lane, order = Lane(1), []
    leave = asyncio.Event()

    async def visit(n):
        async with lane.place():
            order.append(n)
            await leave.wait()

    tasks = [asyncio.create_task(visit(n)) for n in range(4)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[1].cancel()
    leave.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 2, 3]
    async with lane.place():
        assert lane.figures()["active_connections"] == 1


def test_the_cache_knows_everything_that_shapes_an_answer():
    card = ModelCard("m", "local", 4096, is_loaded=True, is_default=True)
    key = answer_cache.key_of(ask("hi"), card)
    assert key == answer_cache.key_of(replace(ask("hi"), request_id="other"), replace(card, is_loaded=False))
    others = [
        answer_cache.key_of(ask("hi "), card),
        answer_cache.key_of(ask("hi", user="jun"), card),
        answer_cache.key_of(ask("hi", temperature=0.1), card),
        answer_cache.key_of(ask("hi", seed=8), card),
        answer_cache.key_of(ask("hi"), replace(card, size_bytes=7)),
    ]
    assert len({key, *others}) == 6
    before = dict(answer_cache.counted)
    assert answer_cache.find(key) is None
    answer_cache.keep(key, {"response_text": "x"}, 60)
    assert answer_cache.find(key) == {"response_text": "x"}
    assert {name: n - before[name] for name, n in answer_cache.counted.items()} == {"hits": 1, "misses": 1, "stored": 1}


@pytest.mark.django_db(transaction=True)
async def test_on_a_remote_engine_the_callers_own_key_or_free_mode(user):
    async with fake_server("vllm", n_words=3) as far:
        spec = EngineSpec("far", far.url, may_be_private=True, api_key="sk-house")
        fleet = FleetLLM([spec], RemoteLLM)
        use_service(fleet)
        with pytest.raises(OwnKeyNeeded):
            await llm_server.answer(user, given())
        own = await llm_server.answer(user, given(openai_api_key="sk-own"))
        free = await llm_server.answer(user, given(free_mode=True))
        await fleet.stop()
    assert (own["api_key_source"], free["api_key_source"]) == ("user", "default")
    keys = [one.headers["authorization"] for one in far.asked if one.path.endswith("completions")]
    assert keys == ["Bearer sk-own", "Bearer sk-house"]


async def test_who_leaves_the_queue_as_a_place_falls_free_just_leaves():
    lane = Lane(1)

    async def visit():
        async with lane.place():
            pass

    async with lane.place():
        waiting = asyncio.create_task(visit())
        await asyncio.sleep(0)
        waiting.cancel()  # it has not heard of it when the place falls free
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert lane.figures()["active_connections"] == 0


@pytest.mark.django_db(transaction=True)
async def test_a_rule_of_now_counts_for_an_answer_of_before(user):
    use_service(EchoLLM(n_tokens=6, rate=0))
    asked = given(cache_ttl_s=60)
    await llm_server.answer(user, asked)
    assert (await llm_server.answer(user, asked))["is_cached"]
    await rule("word3", "refuse", "out")
    with pytest.raises(AnswerModerated):
        await llm_server.answer(user, asked)


@pytest.mark.django_db(transaction=True)
async def test_an_answer_that_was_cut_by_what_was_left_of_a_day_is_not_kept(user):
    use_service(EchoLLM(n_tokens=6, rate=0))
    asked = given(cache_ttl_s=60)
    await sync_to_async(UserLimits.objects.create)(user=user, tokens_per_day=2)
    assert (await llm_server.answer(user, asked))["output_tokens"] == 2
    await UserLimits.objects.all().aupdate(tokens_per_day=0)
    again = await llm_server.answer(await User.objects.aget(pk=user.pk), asked)
    assert (again["output_tokens"], again["is_cached"]) == (6, False)


@pytest.mark.django_db(transaction=True)
async def test_a_question_ends_with_the_key_that_asked_it(user):
    use_service(EchoLLM(n_tokens=6, is_stepped=True))

    async def ended():
        """At once."""

    with pytest.raises(NotAuthenticated):
        await llm_server.answer(user, given(), ended)


@pytest.mark.django_db(transaction=True)
async def test_what_a_question_does_not_say_is_left_to_the_model(user):
    echo = EchoLLM(n_tokens=6, rate=0)
    use_service(echo)
    await llm_server.answer(user, given())
    assert echo.requests[-1].left_open == set(MODEL_DEFAULTS) - {"temperature", "max_tokens"}


@pytest.mark.django_db(transaction=True)
async def test_a_name_whose_session_was_deleted_begins_anew(user, turns):
    first = await conversations.session_named(user, "chat", "a")
    await actions.delete_session(user, first.pk)
    second = await conversations.session_named(user, "chat", "a")
    assert second.pk != first.pk
    assert (await conversations.session_named(user, "chat", "a")).pk == second.pk
    await actions.restore_session(user, first.pk)
    assert (await conversations.session_named(user, "chat", "a")).pk == second.pk


@pytest.mark.django_db(transaction=True)
async def test_a_rule_that_ends_an_answer_before_its_first_word_is_named(user, turns):
    use_service(EchoLLM(n_tokens=6, rate=0))
    await rule("word1", "refuse", "out")
    session = await conversations.session_named(user, "chat", "a")
    with pytest.raises(AnswerModerated):
        await conversations.ask(user, session, "hello", Lane(1))


@pytest.mark.django_db(transaction=True)
async def test_a_conversation_that_is_erased_while_its_answer_is_made_is_missing(user, turns):
    session = await conversations.session_named(user, "chat", "a")
    asked = asyncio.create_task(conversations.ask(user, session, "hello", Lane(1)))
    async with asyncio.timeout(10):
        while not await Message.objects.filter(status="streaming").aexists():  # noqa: ASYNC110 - a row tells
            await asyncio.sleep(0.01)
    await actions.erase_session(session.pk, lambda: None)
    with pytest.raises(NotFound):
        await asked
