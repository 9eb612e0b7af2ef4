"""A session with a persona: it greets, and the model is told who it is."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.utils import translation

from backend.chat import actions, turn_job
from backend.chat.models import ChatSession, Message
from backend.lib.errors import NotFound
from backend.personas import service
from backend.personas.models import Persona

pytestmark = pytest.mark.django_db(transaction=True)


def make_persona(owner, **fields):
    return Persona.objects.create(
        **{"owner": owner, "name": "Haru", "greeting": "Hello, {{user}}.", "context": "A bookseller.", **fields}
    )


async def test_it_greets_and_is_told_to_the_model(user, turns):
    persona = await sync_to_async(make_persona)(user, sampling={"temperature": 0.9, "top_k": 7}, model="big")
    session = await actions.create_session(user, persona=persona.pk)
    await actions.update_config(user, session.pk, top_k=3, system_prompt="Be brief.")
    greeting = await Message.objects.aget(session=session)
    assert (greeting.role, greeting.content, session.active_leaf_id) == ("assistant", "Hello, minji.", greeting.pk)
    sent = await actions.submit_message(user, session.pk, content="hi")
    job = await sync_to_async(turn_job.load)(sent.reply.pk, sent.reply.owner)
    assert job.system_prompt == "You are Haru.\nA bookseller.\n\nBe brief."
    assert (job.params["temperature"], job.params["top_k"], job.model) == (0.9, 3, "big")
    assert [message.content for message in job.branch] == ["Hello, minji.", "hi"]


async def test_anothers_persona_is_missing(user, outsider, turns):
    persona = await sync_to_async(make_persona)(outsider)
    with pytest.raises(NotFound):
        await actions.create_session(user, persona=persona.pk)
    session = await actions.create_session(user)
    with pytest.raises(NotFound):
        await actions.update_session(user, session.pk, persona=persona.pk)
    assert await ChatSession.objects.filter(persona=persona).acount() == 0


async def test_a_persona_that_is_deleted_leaves_its_sessions(user, turns):
    persona = await sync_to_async(make_persona)(user)
    session = await actions.create_session(user, persona=persona.pk)
    await persona.adelete()
    await session.arefresh_from_db()
    assert session.persona_id is None


async def test_what_staff_writes_into_a_persona_it_took_back_is_told_to_nobody_else(user, staff, turns):
    persona = await sync_to_async(make_persona)(None, model="big")
    session = await actions.create_session(user, persona=persona.pk)
    taken = {"is_shared": False, "context": "Knows the salaries."}
    await sync_to_async(service.change_persona)(staff, persona, taken, "en")
    sent = await actions.submit_message(user, session.pk, content="hi")
    job = await sync_to_async(turn_job.load)(sent.reply.pk, sent.reply.owner)
    assert (job.system_prompt, job.model) == ("", "")
    own = await actions.create_session(staff, persona=persona.pk)
    sent = await actions.submit_message(staff, own.pk, content="hi")
    job = await sync_to_async(turn_job.load)(sent.reply.pk, sent.reply.owner)
    assert "Knows the salaries." in job.system_prompt


async def test_an_empty_session_may_still_take_one(user, turns):
    persona = await sync_to_async(make_persona)(user)
    session = await actions.create_session(user)
    changed = await actions.update_session(user, session.pk, persona=persona.pk)
    assert changed.active_leaf_id is not None
    again = await actions.update_session(user, session.pk, persona=None)
    assert again.persona_id is None


async def test_a_built_in_one_goes_on_in_the_language_in_which_it_greeted(user, turns):
    office = (await Persona.objects.aget_or_create(builtin="office", defaults={"name": "Office assistant"}))[0]
    with translation.override("ko"):
        session = await actions.create_session(user, persona=office.pk)
    greeting = await Message.objects.aget(session=session)
    assert greeting.content.startswith("안녕하세요")
    sent = await actions.submit_message(user, session.pk, content="hi")
    job = await sync_to_async(turn_job.load)(sent.reply.pk, sent.reply.owner)
    assert job.system_prompt.startswith("당신은 업무 도우미입니다.")
