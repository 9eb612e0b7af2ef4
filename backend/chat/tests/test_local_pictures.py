"""Images of a conversation before a model of this machine that has a projector: the real engine looks at them."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.accounts.models import User
from backend.chat.models import ChatSession
from backend.chat.tests.test_pictures import answered, given, png
from backend.chat.turns import Turns
from backend.llm import tiny_gguf, tiny_projector_gguf
from backend.llm.fixtures import SpawnLLM
from backend.llm.model_settings import HouseSettings, ModelSettings, write_house
from backend.llm.service import use_service

pytestmark = [pytest.mark.asyncio, pytest.mark.engine, pytest.mark.django_db(transaction=True)]

IMAGE_TOKENS = 16


async def test_a_local_model_sees_what_was_attached_and_sees_it_still_in_the_next_turn(
    user: User, chat: ChatSession, turns: Turns, spawn_llm: SpawnLLM, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    tiny_gguf.build(models / "sees.gguf")
    tiny_projector_gguf.build(models / "mmproj-sees.gguf")
    write_house(tmp_path / "engine-0", HouseSettings(models={"sees": ModelSettings(projector="mmproj-sees")}))
    llm = await spawn_llm(model_path=models / "sees.gguf", models_dir=models)
    await llm.count_tokens([""])
    use_service(llm)
    images = [await given(user), await given(user, png("blue"), "sky.png")]
    first = await answered(user, chat, turns, attachments=images)
    assert (first.status, first.metadata.dropped_images) == ("complete", 0)
    assert first.metadata.rendered_prompt.count("<__media__>") == 2
    second = await answered(user, chat, turns, "And its colour?")
    assert (second.status, second.metadata.rendered_prompt.count("<__media__>")) == ("complete", 2)
    assert second.metadata.cached_tokens > 2 * IMAGE_TOKENS
    await turns.close()
