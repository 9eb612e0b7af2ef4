"""Images of a conversation on their way to a model that sees: a real HTTP server of vLLM's kind hears them."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from PIL import Image

from backend.accounts.models import User
from backend.chat import actions, pictures, titling, uploads
from backend.chat.models import ChatSession, Message, Upload
from backend.chat.pictures import Picture, chosen
from backend.chat.prompt import Entry, build, system_message
from backend.chat.tests.replies import asked, row
from backend.chat.turns import Turns
from backend.lib.errors import BadInput, TooLarge
from backend.llm.engine_spec import EngineSpec
from backend.llm.errors import ImagesNotTaken
from backend.llm.remote import RemoteLLM
from backend.llm.service import use_service
from backend.llm.tests.fake_servers import FakeServer
from backend.llm.types import ChatMessage, GenerateRequest
from backend.llm.types import Image as Shown

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


def png(color: str = "red") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (3, 2), color).save(held, "PNG")
    return held.getvalue()


def url_of(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


async def given(user: User, content: bytes | None = None, name: str = "floor.png") -> dict[str, Any]:
    upload = await sync_to_async(uploads.store)(user, name, content or png())
    return {"kind": "image", "id": upload.pk, "name": upload.name}


def heard(server: FakeServer, n: int = -1) -> list[Any]:
    """The messages of a question that the engine got, its title's left out, behind the system's."""
    asked = [body for body in server.completions if "title" not in str(body["messages"][-1]["content"])]
    return list(asked[n]["messages"][1:])


@dataclass
class Engine(FakeServer):
    """Whose model sees, until the house is told something else."""

    services: list[RemoteLLM] = field(default_factory=list)

    def sees_images(self, told: bool | None) -> None:
        self.services.append(RemoteLLM(EngineSpec("far", self.url, may_be_private=True, sees_images=told)))
        use_service(self.services[-1])


@pytest_asyncio.fixture
async def engine(turns: Turns) -> AsyncIterator[Engine]:
    """Instead of the echo."""
    server = Engine("vllm", "sees", n_words=3)
    await server.start()
    server.sees_images(True)
    yield server
    await turns.close()
    for service in server.services:
        await service.stop()
    await server.kill()


async def answered(user: User, chat: ChatSession, turns: Turns, text: str = "What is it?", **more: Any) -> Message:
    reply = await asked(user, chat, text, **more)
    assert await turns.wait(reply.pk, timeout_s=10)
    return await row(reply)


async def test_it_works(user: User, chat: ChatSession, turns: Turns, engine: Engine) -> None:
    """Its bytes, before the words; in later turns it is still there."""
    reply = await answered(user, chat, turns, attachments=[await given(user)])
    assert (reply.status, reply.metadata.dropped_images) == ("complete", 0)
    picture = {"type": "image_url", "image_url": {"url": url_of(png())}}
    [question] = heard(engine)
    assert question["content"] == [picture, {"type": "text", "text": "What is it?"}]
    await answered(user, chat, turns, "And its colour?")
    assert heard(engine)[0] == question
    assert heard(engine)[-1]["content"] == "And its colour?"


async def test_a_model_that_is_known_not_to_see_gets_no_such_message(
    user: User, chat: ChatSession, turns: Turns, engine: Engine
) -> None:
    engine.sees_images(False)
    image = await given(user)
    with pytest.raises(ImagesNotTaken) as error:
        await asked(user, chat, attachments=[image])
    assert (error.value.code, error.value.http_status) == ("unsupported_content", 400)
    assert not await Message.objects.aexists()
    assert (await Upload.objects.aget()).session_id is None, "it can still be sent, to another model"


async def test_the_sessions_model_decides_and_one_that_nobody_knows_is_tried(
    user: User, chat: ChatSession, turns: Turns, engine: Engine
) -> None:
    engine.sees_images(None)
    reply = await answered(user, chat, turns, attachments=[await given(user)])
    assert reply.status == "complete"
    assert len(heard(engine)[0]["content"]) == 2


async def test_after_a_change_of_model_a_mark_stands_for_what_it_cannot_see(
    user: User, chat: ChatSession, turns: Turns, engine: Engine
) -> None:
    await answered(user, chat, turns, attachments=[await given(user)])
    engine.sees_images(False)
    reply = await answered(user, chat, turns, "And now?")
    assert reply.metadata.dropped_images == 1
    assert heard(engine)[0]["content"] == "[Image “floor.png” is left out here.]\nWhat is it?"


async def test_an_edit_keeps_its_images(user: User, chat: ChatSession, turns: Turns, engine: Engine) -> None:
    reply = await answered(user, chat, turns, attachments=[await given(user)])
    edited = await actions.edit_message(user, reply.parent_id, content="What else is it?")
    assert edited.reply is not None
    assert await turns.wait(edited.reply.pk, timeout_s=10)
    [question] = heard(engine)
    assert [part["type"] for part in question["content"]] == ["image_url", "text"]
    assert question["content"][1]["text"] == "What else is it?"


async def test_an_image_of_another_session_or_user_is_never_sent(
    user: User, outsider: User, chat: ChatSession, turns: Turns, engine: Engine
) -> None:
    theirs = await given(outsider)
    with pytest.raises(BadInput):
        await asked(user, chat, attachments=[theirs])
    reply = await answered(user, chat, turns, "first")
    # As a row of an older house, or a hostile import, may name it.
    await Message.objects.filter(pk=reply.parent_id).aupdate(attachments=[theirs])
    later = await answered(user, chat, turns, "And now?")
    assert later.metadata.dropped_images == 1
    assert "left out" in heard(engine)[0]["content"]


async def test_images_of_one_message_have_a_limit_together(
    user: User, chat: ChatSession, turns: Turns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_IMAGE_BYTES", len(png()))
    with pytest.raises(TooLarge) as error:
        await asked(user, chat, attachments=[await given(user), await given(user)])
    assert "attachments" in error.value.fields
    assert not await Message.objects.aexists()


def picture(n: int, n_bytes: int = 1, *, message: int | None = None) -> Picture:
    return Picture(message or n, f"{n}.png", n, n_bytes)


async def test_the_newest_are_shown_and_older_ones_leave_in_steps() -> None:
    kept = [len(chosen([picture(n) for n in range(1, total + 1)], total, sees=True)) for total in range(14, 25)]
    assert kept == [14, 15, 16, 13, 14, 15, 16, 13, 14, 15, 16]
    assert [each.upload for each in chosen([picture(n) for n in range(1, 21)], 20, sees=True)] == list(range(5, 21))


async def test_their_bytes_are_bounded_but_the_questions_own_always_go() -> None:
    third = pictures.MAX_IMAGE_BYTES // 3
    many = [picture(n, third) for n in range(1, 8)]
    assert [each.upload for each in chosen(many, 7, sees=True)] == [5, 6, 7]
    own = [picture(n, third, message=9) for n in range(1, 4)]
    assert chosen([*many, *own], 9, sees=True) == own
    assert chosen(many, 7, sees=False) == []
    assert chosen([replace(many[0], upload=None)], 1, sees=True) == []


async def test_places_hold_when_messages_are_joined_and_material_comes_before() -> None:
    image = Shown("data:image/png;base64,AA==")
    history = [Entry("user", "one", 1, (image,)), Entry("user", "two", 1, (image, image))]
    built = build(system_message(), 1, history, None, beside=Entry("user", "found", 1))
    [_, asked] = built.messages
    assert [asked.content[shown.at :][:3] for shown in asked.images] == ["one", "two", "two"]
    assert "found" in asked.content


async def test_a_title_is_asked_for_in_words_alone() -> None:
    asked = GenerateRequest("1", (ChatMessage("user", "What?", images=(Shown("data:"),)),))
    assert not titling.title_request(asked, "A floor.").has_images
