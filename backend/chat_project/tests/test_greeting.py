"""What the terminal says at the start."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.chat_project import greeting
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service
from backend.llm.types import ModelCard


class WithModels(EchoLLM):
    """EchoLLM that names other models."""

    def __init__(self, *cards: ModelCard) -> None:
        super().__init__()
        self.cards = list(cards)

    async def models(self) -> list[ModelCard]:
        return self.cards


def card(name: str, *, is_starter: bool = False) -> ModelCard:
    return ModelCard(id=name, engine="local", n_ctx=4096, is_loaded=False, is_default=True, is_starter=is_starter)


@pytest.fixture
def speaking(settings: Any) -> Any:
    def speak(**changes: Any) -> None:
        settings.MARU = dataclasses.replace(settings.MARU, **changes)

    speak(terminal_language="en", host="127.0.0.1", trusted_proxies=())
    return speak


@pytest.mark.django_db(transaction=True)
async def test_it_works(speaking: Any) -> None:
    use_service(WithModels(card("qwen")))
    assert await greeting.lines([("127.0.0.1", 8000)]) == ["Maru is open at http://127.0.0.1:8000/", "Model: qwen"]


@pytest.mark.django_db(transaction=True)
async def test_without_a_model_it_says_what_to_do(speaking: Any) -> None:
    use_service(WithModels())
    assert ".gguf" in (await greeting.lines([("127.0.0.1", 8000)]))[-1]
    speaking(terminal_language="ko")
    assert "아직 언어 모델이 없습니다" in (await greeting.lines([("127.0.0.1", 8000)]))[-1]


@pytest.mark.django_db(transaction=True)
async def test_with_the_built_in_model_it_says_how_to_get_a_better_one(speaking: Any) -> None:
    use_service(WithModels(card("starter", is_starter=True)))
    assert "better" in (await greeting.lines([("127.0.0.1", 8000)]))[-1]


@pytest.mark.django_db(transaction=True)
async def test_the_setup_code_is_printed_only_where_strangers_can_come_and_nobody_is_there_yet(speaking: Any) -> None:
    use_service(WithModels(card("qwen")))
    speaking(host="0.0.0.0")
    assert "Setup code" in (await greeting.lines([("0.0.0.0", 8000)]))[-1]
    await sync_to_async(User.objects.create_user)("first", "first@example.org", "마루 위의 고양이 7")
    assert "Setup code" not in "".join(await greeting.lines([("0.0.0.0", 8000)]))


@pytest.mark.django_db(transaction=True)
async def test_listening_everywhere_it_names_an_address_to_click_on(speaking: Any) -> None:
    use_service(WithModels(card("qwen")))
    said = await greeting.lines([("0.0.0.0", 8000)])
    assert said[0] == "Maru is open at http://127.0.0.1:8000/"
    assert "0.0.0.0" not in "".join(said)


@pytest.mark.django_db(transaction=True)
async def test_an_ipv6_address_can_be_clicked_on(speaking: Any) -> None:
    use_service(WithModels(card("qwen")))
    assert (await greeting.lines([("::1", 8000)]))[0] == "Maru is open at http://[::1]:8000/"


def test_every_sentence_exists_in_both_languages() -> None:
    assert greeting.TEXTS["en"].keys() == greeting.TEXTS["ko"].keys()
