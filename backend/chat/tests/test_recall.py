"""What is told in one chat is known in the next, until it is forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.accounts.models import User
from backend.chat import actions, remembering
from backend.chat.models import ChatSession, Message
from backend.chat.turns import Turns
from backend.lib.storage import in_db
from backend.llm.echo import EchoLLM
from backend.memory import documents, folders, memories
from backend.memory.indexer import Indexer
from backend.memory.models import Entry

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def talk(user: User, turns: Turns, echo: EchoLLM) -> Any:
    async def said(chat: ChatSession, text: str, **more: Any) -> Message:
        reply = (await actions.submit_message(user, chat.pk, content=text, **more)).reply
        assert reply is not None
        return await ended(reply)

    async def ended(reply: Message) -> Message:
        await echo.release_all()
        assert await turns.wait(reply.pk, timeout_s=10)
        return await Message.objects.select_related("metadata").aget(pk=reply.pk)

    said.ended = ended
    return said


async def texts(user: User) -> list[str]:
    return [entry.text async for entry in memories.own(user.pk).filter(kind="fact").order_by("id")]


async def test_it_works(user, chat, talk):
    await talk(chat, "My name is Torvel and I live in Quimbra.")
    assert await texts(user) == ["The user's name is Torvel.", "The user lives in Quimbra."]
    reply = await talk(await actions.create_session(user), "What is my name?")
    assert "- The user's name is Torvel." in reply.metadata.rendered_prompt
    assert "Quimbra" not in reply.metadata.rendered_prompt.replace("My name is Torvel and I live in Quimbra", "")
    assert reply.metadata.memories_used >= 1
    assert reply.metadata.recall[0]["score"] > 0.3


async def test_a_forgotten_name_is_known_nowhere(user, chat, talk):
    await talk(chat, "제 이름은 도람슬이에요.")
    await talk(await actions.create_session(user), "제 이름이 뭐예요?")
    fact = await Entry.objects.aget(kind="fact")
    await memories.forget(user, fact.pk)
    reply = await talk(await actions.create_session(user), "제 이름이 뭐예요?")
    assert "도람슬" not in reply.metadata.rendered_prompt
    assert not await Entry.objects.filter(text__contains="도람슬").aexists()


@pytest.mark.parametrize("off", ["session", "user", "temporary"])
async def test_memory_that_is_off_neither_reads_nor_writes(user, chat, talk, off):
    await talk(chat, "My name is Torvel.")
    other = await actions.create_session(user, is_temporary=off == "temporary")
    if off == "session":
        await actions.update_config(user, other.pk, memory_enabled=False)
    if off == "user":
        await User.objects.filter(pk=user.pk).aupdate(memory_enabled=False)
    n_before = await Entry.objects.acount()
    reply = await talk(other, "What is my name? I live in Quimbra.")
    assert "Torvel" not in reply.metadata.rendered_prompt
    assert await Entry.objects.acount() == n_before


async def test_again_without_this_memory(user, chat, talk):
    await talk(chat, "My name is Torvel.")
    first = await talk(await actions.create_session(user), "What is my name?")
    fact = await Entry.objects.aget(kind="fact")
    again = await actions.regenerate(user, first.pk, overrides={"without_memories": [fact.pk]})
    reply = await talk.ended(again)
    assert "Torvel" not in reply.metadata.rendered_prompt
    assert fact.pk in reply.metadata.model_params["without_memories"]


async def test_memories_stand_in_the_last_question_and_the_prompt_before_it_stays(user, chat, talk, echo):
    await talk(chat, "My name is Torvel and I play the oboe.")
    other = await actions.create_session(user)
    for text in ("What is my name?", "Which instrument do I play?"):
        await talk(other, text)
    first, second = list(echo.requests)[-2:]
    assert first.messages[0] == second.messages[0]
    assert "Torvel" in first.messages[1].content
    assert second.messages[1].content == "What is my name?"
    assert "oboe" in second.messages[-1].content
    assert second.messages[-1].content.endswith("Which instrument do I play?")


async def test_the_starter_gets_the_layout_it_was_trained_on(user, chat, talk, echo, monkeypatch):
    await talk(chat, "My name is Torvel.")
    card = replace((await echo.models())[0], is_starter=True)

    async def models() -> list[Any]:
        return [card]

    monkeypatch.setattr(echo, "models", models)
    await talk(await actions.create_session(user), "What is my name?")
    system, question = echo.requests[-1].messages
    assert "\n\nWhat you remember about the user:\n- The user's name is Torvel.\n- " in system.content
    assert question.content == "What is my name?"


async def test_a_reply_that_is_continued_or_made_again_with_its_seed_has_the_same_prompt(user, chat, talk, echo):
    await talk(chat, "My name is Torvel.")
    echo.n_tokens = 40
    other = await actions.create_session(user)
    await actions.update_config(user, other.pk, max_tokens=5)
    first = await talk(other, "What is my name?")
    asked = echo.requests[-1].messages
    assert "Torvel" in asked[-1].content
    await memories.add(user, "The user's name is spelled with a v. What name!")  # recalled, were it asked for now
    await talk.ended(await actions.continue_reply(user, first.pk))
    assert echo.requests[-1].messages[:-1] == asked
    again = await talk.ended(await actions.regenerate(user, first.pk, overrides={"seed": first.metadata.seed}))
    assert echo.requests[-1].messages == asked
    assert again.metadata.recall == first.metadata.recall
    fresh = await talk.ended(await actions.regenerate(user, first.pk))
    assert len(fresh.metadata.recall) == len(first.metadata.recall) + 1
    fact = await Entry.objects.aget(text="The user's name is Torvel.")
    await memories.forget(user, fact.pk)
    await talk.ended(await actions.regenerate(user, first.pk, overrides={"seed": first.metadata.seed}))
    assert "Torvel" not in echo.requests[-1].messages[-1].content, "what was forgotten does not come back"


async def test_a_deleted_chat_takes_its_turns_and_leaves_the_facts(user, chat, talk):
    await talk(chat, "My name is Torvel.")
    await actions.delete_session(user, chat.pk)
    assert [entry.kind async for entry in memories.own(user.pk)] == ["fact"]
    await ChatSession.with_deleted.filter(pk=chat.pk).adelete()
    assert [entry.kind async for entry in Entry.objects.all()] == ["fact"]


async def test_a_passage_of_an_attached_document_is_cited(user, chat, turns, echo, talk, monkeypatch):
    text = "# Garage\n\nA parking permit costs forty crowns a month."
    document = await documents.add(user, file_name="garage.md", content=[text.encode()], n_bytes=len(text))
    worker = Indexer("test")
    await worker.drain()
    await worker.close()
    await actions.update_config(user, chat.pk, document_ids=[document.pk])
    monkeypatch.setattr("backend.llm.echo.echo_text", lambda n: "Forty crowns [1].")
    reply = await talk(chat, "What does a parking permit cost?")
    assert "[1] garage\n# Garage" in reply.metadata.rendered_prompt
    assert reply.metadata.recall[0]["kind"] == "chunk"


async def test_another_users_document_cannot_be_attached(user, outsider, chat):
    theirs = await documents.add(outsider, file_name="a.md", content=[b"secret"], n_bytes=6)
    with pytest.raises(Exception, match="not right"):
        await actions.update_config(user, chat.pk, document_ids=[theirs.pk])
    with pytest.raises(Exception, match="not right"):
        await actions.submit_message(
            user, chat.pk, content="x", attachments=[{"kind": "document", "id": theirs.pk, "name": ""}]
        )


async def test_a_folder_of_the_session_is_what_is_in_it_when_the_answer_is_made(user, outsider, chat, talk):
    folder = await folders.add(user, "House", is_shared=False)
    await actions.update_config(user, chat.pk, collection_ids=[folder.pk])
    text = b"A parking permit costs forty crowns a month."
    document = await documents.add(
        user, file_name="garage.md", content=[text], n_bytes=len(text), collection_id=folder.pk
    )
    worker = Indexer("test")
    await worker.drain()
    await worker.close()
    reply = await talk(chat, "What does a parking permit cost?")
    [passage] = reply.metadata.recall
    assert passage["kind"] == "chunk"
    again = await actions.regenerate(user, reply.pk, overrides={"without_memories": [passage["id"]]})
    without = await talk.ended(again)
    assert without.metadata.recall == [], "again without this passage"
    await documents.delete(user, document.pk)
    theirs = await folders.add(outsider, "Theirs", is_shared=False)
    with pytest.raises(Exception, match="not right"):
        await actions.update_config(user, chat.pk, collection_ids=[theirs.pk])


async def test_of_an_answer_what_was_said_is_remembered_not_what_was_thought_before(user, chat):
    question = await Message.objects.acreate(session=chat, role="user", content="Who keeps the floor?")
    rest = {"session": chat, "parent": question, "role": "assistant", "status": "complete"}
    for content in (
        " <think>Okay, the user asks for a name.</think>\n\nDoramseul.",
        "<think>Okay, and then it was cut",
    ):
        reply = await Message.objects.acreate(content=content, **rest)
        await in_db(remembering.remember, reply, [])
    assert [turn.text async for turn in Entry.objects.filter(kind="turn")] == ["Who keeps the floor? → Doramseul."]
